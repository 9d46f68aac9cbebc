"""Discriminators: what tells real views from generated ones, one file a kind; configs are in ``networks.config``.

Each scores images (B, 3, H, W) and their position with ``forward(images, position, fade)``. One of pixels is built by
its config for views of so many rows, has their number as ``resolution`` and gives a score an image, (B,). That of
features, which stands beside it, takes views of any size and scores their places, (B, levels, n).
"""
