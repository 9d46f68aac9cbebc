"""Adaptive discriminator augmentation, ADA (Karras et al. 2020, "Training GANs with limited data").

Both real and generated views pass through the same random, differentiable changes before the discriminator sees them,
each change with probability p. None of them tilts a horizon unless ``tilt`` is asked for.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

Augment = Callable[[Tensor, Tensor, torch.Generator], Tensor]  # images, which of them (B,) bool, random numbers

TILT_RAD = math.radians(10)
CUTOUT = 0.5  # of the side
SHIFT = 1 / 8  # of the width
LUMA = (0.299, 0.587, 0.114)


def mirror(images: Tensor, chosen: Tensor, random: torch.Generator) -> Tensor:
    """Left and right swapped: another place."""
    return torch.where(_wide(chosen), images.flip(3), images)


def roll(images: Tensor, chosen: Tensor, random: torch.Generator) -> Tensor:
    """Turned by an azimuth: a shift by up to an eighth of the view, mirrored at its edges."""
    width = images.shape[3]
    reach = max(1, int(width * SHIFT))
    shift = torch.randint(-reach, reach + 1, (len(images), 1), generator=random)
    position = (torch.arange(width) + shift * chosen.cpu()[:, None]).remainder(2 * width)
    position = torch.where(position < width, position, 2 * width - 1 - position)
    index = position.to(images.device)[:, None, None, :].expand_as(images)
    return images.gather(3, index)


def colour(images: Tensor, chosen: Tensor, random: torch.Generator) -> Tensor:
    """Brightness, contrast and saturation, each by a random amount."""
    brightness, contrast, saturation = (_uniform(images, random) for _ in range(3))
    luma = torch.tensor(LUMA, dtype=torch.float32, device=images.device).view(1, 3, 1, 1)
    changed = images + 0.2 * brightness
    changed = changed * torch.exp2(0.5 * contrast)
    grey = (changed * luma).sum(1, keepdim=True)
    changed = grey + (changed - grey) * torch.exp2(saturation)
    return torch.where(_wide(chosen), changed, images)


def cutout(images: Tensor, chosen: Tensor, random: torch.Generator) -> Tensor:
    """A square of half the side, anywhere, blanked."""
    height, width = images.shape[2:]
    x, y = (_uniform(images, random) for _ in range(2))
    columns = torch.linspace(-1, 1, width, dtype=torch.float32, device=images.device).view(1, 1, 1, -1)
    rows = torch.linspace(-1, 1, height, dtype=torch.float32, device=images.device).view(1, 1, -1, 1)
    inside = ((columns - x).abs() < CUTOUT * height / width) & ((rows - y).abs() < CUTOUT)
    return images.masked_fill(inside & _wide(chosen), 0.0)


def tilt(images: Tensor, chosen: Tensor, random: torch.Generator) -> Tensor:
    """Turned about the line of sight by up to ten degrees. Horizons tilt: only for data whose horizons do."""
    angle = _uniform(images, random).flatten() * TILT_RAD * chosen
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    matrix = torch.stack([cos, -sin, zero, sin, cos, zero], 1).view(-1, 2, 3)
    grid = functional.affine_grid(matrix, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False)


AUGMENTATIONS: dict[str, Augment] = {
    "mirror": mirror,
    "roll": roll,
    "colour": colour,
    "cutout": cutout,
    "tilt": tilt,
}


def augment(images: Tensor, names: tuple[str, ...], p: float, random: torch.Generator) -> Tensor:
    """Views (B, 3, H, W) after each of the named changes with probability ``p``; the very same tensor where p is 0.

    ``random`` lives on the CPU, so that every device sees the same changes.
    """
    if p <= 0:
        return images
    for name in names:
        chosen = torch.rand(len(images), dtype=torch.float32, generator=random) < p
        images = AUGMENTATIONS[name](images, chosen.to(images.device), random)
    return images


def _wide(values: Tensor) -> Tensor:
    return values.view(-1, 1, 1, 1)


def _uniform(images: Tensor, random: torch.Generator) -> Tensor:
    """Numbers in [-1, 1], (B, 1, 1, 1)."""
    return _wide(torch.rand(len(images), dtype=torch.float32, generator=random).mul_(2).sub_(1).to(images.device))
