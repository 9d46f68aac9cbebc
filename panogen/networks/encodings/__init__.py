"""Encodings: what the network knows of a point, one file a kind; their configs are in ``networks.config``."""
