"""Flat black in panoramas: margins, poles that are missing, and what surrounds the circles of a fisheye."""

import math

import cv2
import numpy as np

from panogen.base.arrays import Colours, Pixels

BLACK = 20  # levels up to which margins are black: films begin at 16, and JPEG wavers
MARGIN_SHARE = 0.99  # of a row or column of a margin, that is black
WAVERING = 3.0  # standard deviation, in levels, within a row or column of a margin
NARROWEST_MARGIN = 0.01  # of the side
STEP = 40  # levels, in the mean, of what comes two pixels behind a margin: a dusk has no edge
FLAT = 2  # levels up to which a pixel of a surface is black, with all around it
CIRCLES = 2.0  # in place of a share: all that is shown lies in circles
FLAT_SHARE = 0.06  # of a picture; 0.4 % is the most in 143 real panoramas, of a city by night
CIRCLED_SHARE = 0.95  # of what lies outside the circles, that is black
LIT_SHARE = 0.1  # of the upper and lower quarters of the circles, that is not: by night all is dark
SEEN_ROWS = 512
AROUND = np.ones((5, 5), np.uint8)

Margins = tuple[int, ...]  # of top, right, bottom and left, in pixels, or none


def margins(pixels: Pixels) -> Margins:
    """Return how many rows and columns at the edges of a picture (H, W, 3) are black."""
    brightest = pixels.max(2)
    top, right, bottom, left = (_margin(np.rot90(brightest, turns)) for turns in range(4))
    return top, right, bottom, left


def _margin(brightest: Pixels) -> int:
    # Rows of the upper margin of a grey picture.
    edge = ((brightest <= BLACK).mean(1) >= MARGIN_SHARE) & (brightest.std(1) <= WAVERING)
    count = int(np.argmin(edge))  # 0 where all of it is black
    behind = brightest[count + 2 : count + 3]
    return count if count >= NARROWEST_MARGIN * len(edge) and behind.size and behind.mean() >= STEP else 0


def flat_share(pixels: Pixels) -> float:
    """Return which share of a picture (H, W, 3) lies in flat black."""
    black = (_reduced(pixels).max(2) <= FLAT).astype(np.uint8)
    return float(cv2.erode(black, AROUND).mean())


def circled(pixels: Pixels) -> bool:
    """Whether a picture shows nothing but one circle, or two side by side, on black."""
    seen = _reduced(pixels).max(2)
    rows, columns = seen.shape
    count = round(columns / rows)
    if count not in (1, 2) or abs(columns - count * rows) > 2 * count:
        return False
    y = (np.arange(rows) + 0.5) / rows * 2 - 1
    x = ((np.arange(columns) + 0.5) / columns * 2 * count) % 2 - 1
    outside = np.hypot(x, y[:, None]) > 1.03
    within = ~outside & (np.abs(y[:, None]) > 0.5)
    return bool((seen[outside] <= BLACK).mean() >= CIRCLED_SHARE and (seen[within] > BLACK).mean() >= LIT_SHARE)


def trimmed(pixels: Colours, edges: Margins) -> Colours:
    """Return a picture without its margins."""
    top, right, bottom, left = edges or (0, 0, 0, 0)
    return pixels[top : len(pixels) - bottom, left : pixels.shape[1] - right]


def _reduced(pixels: Pixels) -> Pixels:
    step = max(1, math.ceil(min(pixels.shape[:2]) / SEEN_ROWS))
    return pixels[::step, ::step]
