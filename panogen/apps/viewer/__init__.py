"""A live page on this computer: look around a place while it is rendered."""

from panogen.apps.viewer.server import DEFAULT_PORT, check_installed, serve

__all__ = ["DEFAULT_PORT", "check_installed", "serve"]
