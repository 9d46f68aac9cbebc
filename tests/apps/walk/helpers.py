"""Reading videos back, by a program that did not write them."""

import cv2
import numpy as np


def read_video(path):
    """Frames a second, and the frames (height, width, 3) as whole numbers."""
    video, frames = cv2.VideoCapture(str(path)), []
    while (frame := video.read()[1]) is not None:
        frames.append(frame[..., ::-1].astype(np.int64))
    fps = video.get(cv2.CAP_PROP_FPS)
    video.release()
    return fps, frames
