"""A walk from place to place as a film: what each frame shows, a folder that takes the frames, a file for them all."""

from panogen.apps.walk.film import Film
from panogen.apps.walk.frames import Frames
from panogen.apps.walk.request import Walk, WalkRequest
from panogen.apps.walk.video import VIDEOS, check_video, save_video

__all__ = ["VIDEOS", "Film", "Frames", "Walk", "WalkRequest", "check_video", "save_video"]
