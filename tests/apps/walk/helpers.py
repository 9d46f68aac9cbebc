"""Videos read back by a program that did not write them, and walks that are measured quickly."""

import cv2
import numpy as np


def measure_little(patch):
    """Have the pace of even walks measured by so few small pictures that only one step of each leg is halved."""
    patch.setattr("panogen.apps.walk.film.FIRST_STEPS", 2)
    patch.setattr("panogen.apps.walk.film.STEPS_PER_LEG", 3)


def read_video(path):
    """Frames a second, and the frames (height, width, 3) as whole numbers."""
    video, frames = cv2.VideoCapture(str(path)), []
    while (frame := video.read()[1]) is not None:
        frames.append(frame[..., ::-1].astype(np.int64))
    fps = video.get(cv2.CAP_PROP_FPS)
    video.release()
    return fps, frames
