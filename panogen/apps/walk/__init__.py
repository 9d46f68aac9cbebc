"""A walk from place to place as a film: what each frame shows, a folder that takes the frames, a file for them all."""

from panogen.apps.walk.film import Film
from panogen.apps.walk.job import FilmOutput
from panogen.apps.walk.request import Walk, WalkRequest
from panogen.apps.walk.video import FPS, VIDEOS

__all__ = ["FPS", "VIDEOS", "Film", "FilmOutput", "Walk", "WalkRequest"]
