"""Charts: one file a kind, and a line in ``panogen.geometry``."""
