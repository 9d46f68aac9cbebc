"""What people do with a renderer: walks, exports, a live page, inversion, a cluster. None knows another."""
