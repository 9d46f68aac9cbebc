"""The CIPS authors' checkpoints: random ones, and what they paint, in float64 and without panogen."""

import numpy as np
import torch


def checkpoint(network="CIPSskip", size=16, hidden=12, style=10, mlp=3, widths=(12, 9, 5), seed=0):
    """A state dict in the authors' format: ``hidden`` wide, and ``widths`` out of each pair."""
    rng, state = np.random.default_rng(seed), {}

    def put(name, *shape, mean=0.0, spread=1.0):
        state[name] = torch.from_numpy((mean + spread * rng.standard_normal(shape)).astype(np.float32))

    def conv(name, fan_in, fan_out, spread=1.0):
        put(f"{name}.conv.weight", 1, fan_out, fan_in, 1, 1, spread=spread)
        put(f"{name}.conv.modulation.weight", fan_in, style)
        put(f"{name}.conv.modulation.bias", fan_in, mean=1.0, spread=0.3)

    def styled(name, fan_in, fan_out):
        conv(name, fan_in, fan_out)
        put(f"{name}.noise.weight", 1, spread=0.3)
        put(f"{name}.activate.bias", fan_out, spread=0.3)

    def to_rgb(name, fan_in):
        conv(name, fan_in, 3, spread=0.3)  # so that most colours can be shown
        put(f"{name}.bias", 1, 3, 1, 1, spread=0.1)

    put("lff.ffm.conv.weight", hidden, 2, 1, 1, spread=3.0)
    put("lff.ffm.conv.bias", hidden)
    put("emb.input", 1, hidden, size, size)
    for layer in range(1, mlp + 1):
        put(f"style.{layer}.weight", style, style, spread=100.0)
        put(f"style.{layer}.bias", style, spread=30.0)
    styled("conv1" if network == "CIPSskip" else "linears.0", 2 * hidden, hidden)
    fan_in = hidden
    for pair, width in enumerate(widths):
        if network == "CIPSskip":
            styled(f"linears.{2 * pair}", fan_in, width)
            styled(f"linears.{2 * pair + 1}", width, width)
            to_rgb(f"to_rgbs.{pair}", width)
        else:
            styled(f"linears.{pair + 1}.conv1", fan_in, width)
            styled(f"linears.{pair + 1}.conv2", width, width)
            if width != fan_in:
                put(f"linears.{pair + 1}.skip.0.weight", width, fan_in, 1, 1)
        fan_in = width
    if network == "CIPSres":
        to_rgb("to_rgb_last", fan_in)
    return state


def z_of(seed, dim):
    return np.random.RandomState(seed).randn(1, dim)[0]


def their_pixels(count):
    """Coordinates x and y (count^2,) of the authors' pixels, row after row, from -1 to 1 with both ends."""
    line = np.linspace(-1, 1, count)
    x, y = np.meshgrid(line, line)
    return x.ravel(), y.ravel()


def evaluate(state, z, x, y, noise=None):
    """Colours (n, 3) float64 of points x and y (n,), with the noise (layers, n) of the styled layers, if any."""
    p = {name: value.numpy().astype(np.float64) for name, value in state.items()}
    noise = None if noise is None else iter(noise)
    w = mapped(p, z)

    def conv(name, points, demodulate):
        kernel = p[f"{name}.conv.weight"][0, :, :, 0, 0]
        affine = p[f"{name}.conv.modulation.weight"] / np.sqrt(len(w))
        style = affine @ w + p[f"{name}.conv.modulation.bias"]
        kernel = kernel / np.sqrt(kernel.shape[1]) * style
        if demodulate:
            kernel = kernel / np.sqrt((kernel**2).sum(1, keepdims=True) + 1e-8)
        return np.einsum("ni,oi->no", points, kernel, optimize=True)

    def styled(name, points):
        out = conv(name, points, True)
        if noise is not None:
            out = out + p[f"{name}.noise.weight"] * next(noise)[:, None]
        return leaky(out + p[f"{name}.activate.bias"])

    def to_rgb(name, points):
        return conv(name, points, False) + p[f"{name}.bias"][0, :, 0, 0]

    phase = np.stack([x, y], 1) @ p["lff.ffm.conv.weight"][:, :, 0, 0].T + p["lff.ffm.conv.bias"]
    points = np.concatenate([np.sin(phase), bilinear(p["emb.input"][0], x, y)], 1)
    if "conv1.conv.weight" in p:
        points, rgb, pair = styled("conv1", points), 0.0, 0
        while f"to_rgbs.{pair}.bias" in p:
            points = styled(f"linears.{2 * pair + 1}", styled(f"linears.{2 * pair}", points))
            rgb = rgb + to_rgb(f"to_rgbs.{pair}", points)
            pair += 1
        return rgb
    points, block = styled("linears.0", points), 1
    while f"linears.{block}.conv1.conv.weight" in p:
        around = points
        if f"linears.{block}.skip.0.weight" in p:
            kernel = p[f"linears.{block}.skip.0.weight"][:, :, 0, 0]
            around = points @ kernel.T / np.sqrt(kernel.shape[1])
        points = styled(f"linears.{block}.conv2", styled(f"linears.{block}.conv1", points))
        points = (points + around) / np.sqrt(2)
        block += 1
    return to_rgb("to_rgb_last", points)


def mapped(p, z):
    """w of z: pixel norm, and layers whose learning rate is a hundredth."""
    w, layer = z / np.sqrt((z**2).mean() + 1e-8), 1
    while f"style.{layer}.weight" in p:
        w = leaky(p[f"style.{layer}.weight"] @ w * 0.01 / np.sqrt(len(w)) + p[f"style.{layer}.bias"] * 0.01)
        layer += 1
    return w


def leaky(x):
    return np.where(x < 0, 0.2 * x, x) * np.sqrt(2)


def bilinear(table, x, y):
    """A table (channels, rows, columns) over [-1, 1], corners not aligned, borders going on: (n, channels)."""
    rows, columns = table.shape[1:]
    column = np.clip((x + 1) / 2 * columns - 0.5, 0, columns - 1)
    row = np.clip((y + 1) / 2 * rows - 0.5, 0, rows - 1)
    left, top = np.minimum(column.astype(int), columns - 2), np.minimum(row.astype(int), rows - 2)
    across, down = column - left, row - top
    return (
        table[:, top, left] * (1 - down) * (1 - across)
        + table[:, top, left + 1] * (1 - down) * across
        + table[:, top + 1, left] * down * (1 - across)
        + table[:, top + 1, left + 1] * down * across
    ).T


def to_8_bit(rgb):
    return np.rint(np.clip(rgb, -1, 1) * 127.5 + 127.5)
