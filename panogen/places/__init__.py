"""Places on disk and in pictures."""
