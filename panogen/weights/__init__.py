"""Trained models: on disk, those of the authors, and those that come with panogen."""
