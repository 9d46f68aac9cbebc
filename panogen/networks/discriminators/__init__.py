"""Discriminators: what tells real views from generated ones, one file a kind; configs are in ``networks.config``.

One is built by its config for views of so many rows, has their number as ``resolution``, and scores images (B, 3, H, W)
and their position with ``forward(images, position, fade)``: (B,).
"""
