"""From pixels to a file: formats, canvases, and the way from one to the other."""
