"""Octaves of noise once more, point by point, in Python's own integers and float64."""

import itertools
import math

import numpy as np
from scipy.interpolate import BSpline
from scipy.optimize import fsolve

MASK = 0xFFFFFFFF


def pcg4d(*words):
    """Jarzynski and Olano 2020, listing "pcg4d"."""
    v = [(word * 1664525 + 1013904223) & MASK for word in words]
    for step in range(2):
        for target, one, other in ((0, 1, 3), (1, 2, 0), (2, 0, 1), (3, 1, 2)):
            v[target] = (v[target] + v[one] * v[other]) & MASK
        if step == 0:
            v = [word ^ (word >> 16) for word in v]
    return v


def sums():
    """t of every sum of four bytes, and how often it occurs."""
    counts = np.array([1.0])
    for _ in range(4):
        counts = np.convolve(counts, np.ones(256))
    return (np.arange(len(counts)) - 510) / math.sqrt(21845), counts / counts.sum()


def cubic():
    """The cubic of t with variance 1 and kurtosis 3."""
    t, share = sums()

    def wrong(factors):
        values = factors[0] * t + factors[1] * t**3
        return [(share * values**2).sum() - 1, (share * values**4).sum() - 3]

    return fsolve(wrong, [1.0, 0.0], xtol=1e-13)


LINEAR, CUBIC = cubic()


def number(word):
    """A normal number of a word."""
    t = (sum(word.to_bytes(4, "big")) - 510) / math.sqrt(21845)
    return LINEAR * t + CUBIC * t**3


def node_number(layout, octave, channel, node, lattice=b"octv"):
    """Of one channel of a node (x,), (x, y) or (x, y, z)."""
    group, lane = divmod(channel, 4)
    key = pcg4d(layout & MASK, octave, group, int.from_bytes(lattice, "big"))[0]
    x, y, z = (*node, 0, 0)[:3]
    return number(pcg4d(x & MASK, y & MASK, z & MASK, key)[lane])


def between_nodes(cells, periods, number_of):
    """What lies at a place (axes,) in cells, of the numbers of nodes, so many around a circle, or 0 on a line."""
    degree = 2 if len(cells) == 3 else 3
    spline = BSpline.basis_element(np.arange(degree + 2) - (degree + 1) / 2, extrapolate=False)
    taps = []
    for at, period in zip(cells, periods, strict=True):
        near = range(math.floor(at) - 2, math.floor(at) + 4)
        taps.append([(node % period if period else node, float(np.nan_to_num(spline(at - node)))) for node in near])
    total = squares = 0.0
    for one in itertools.product(*taps):
        weight = math.prod(share for _, share in one)
        if weight:
            total += weight * number_of([node for node, _ in one])
            squares += weight * weight
    return total / math.sqrt(squares)


def heard(cell, side):
    """How loud an octave is in a sample."""
    return 1.0 if side == 0 else min(1.0, max(0.0, math.log2(cell / side) + 1))


def moved(octave, staggered):
    """By how many of its cells the lattice of an octave is moved."""
    return octave * (math.sqrt(5) - 1) / 2 % 1 if staggered else 0.0


def noise(place, footprint, periods, layout, octave, channel, staggered=False):
    """Of an octave at a place (axes,) unrolled, for a sample of one footprint."""
    cell = math.pi / 2 / 2**octave
    nodes = [period * 2**octave for period in periods]
    cells = np.asarray(place) / cell + moved(octave, staggered)
    value = between_nodes(cells, nodes, lambda node: node_number(layout, octave, channel, node))
    return heard(cell, footprint) * value
