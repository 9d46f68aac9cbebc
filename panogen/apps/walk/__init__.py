"""A walk from place to place as a film: what each frame shows, a folder that takes the frames, a file for them all."""
