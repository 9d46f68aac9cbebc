"""Features of pictures by the network of FID: Inception-v3 of 2015-12-05 (Szegedy et al. 2016, Heusel et al. 2017).

Its weights come from a file that the user has. Nothing is downloaded, and nothing is read that is not one of ``FILES``
to the last bit. Layers have the names that they have in those files, which are pytorch-fid's.

The published network differs from other Inceptions, and published figures rest on that: pictures are enlarged as
TensorFlow 1 did, its averages leave out what lies beyond the edge, and its last block takes a maximum instead of one.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from panogen.base.arguments import at_home
from panogen.base.arrays import Floats, Pixels
from panogen.base.errors import JobError, reading
from panogen.base.files import sha256
from panogen.base.tensors import read_tensors

# Known files by their SHA-256: the whole network, and what of it is to be had as safetensors.
FILES = {
    "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2": "pt_inception-2015-12-05-6726825d.pth",
    "4137cc540144eb5a740ac48fa58100297bcf61a87feea811fa70b16f51d72bee": "inception-2015-12-05-to-mixed_6e.safetensors",
}
SIDE = 299  # pixels
EPSILON = 0.001  # of its batch norms

# Branches of a block, in the order of their channels: the layers of each in turn, "+" where two take the same input. A
# block is of the first kind that its name begins with.
BLOCKS = ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c")
HALVING = ("6a", "7a")
BRANCHES = {
    "5": ("1x1", "5x5_1 5x5_2", "3x3dbl_1 3x3dbl_2 3x3dbl_3"),
    "6a": ("3x3", "3x3dbl_1 3x3dbl_2 3x3dbl_3"),
    "6": ("1x1", "7x7_1 7x7_2 7x7_3", "7x7dbl_1 7x7dbl_2 7x7dbl_3 7x7dbl_4 7x7dbl_5"),
    "7a": ("3x3_1 3x3_2", "7x7x3_1 7x7x3_2 7x7x3_3 7x7x3_4"),
    "7": ("1x1", "3x3_1 3x3_2a+3x3_2b", "3x3dbl_1 3x3dbl_2 3x3dbl_3a+3x3dbl_3b"),
}

Layers = Mapping[str, tuple[Tensor, Tensor]]  # weight and bias by name


@dataclass(frozen=True)
class Inception:
    """The network, or as much of it as its file has."""

    layers: Layers

    @classmethod
    def load(cls, path: str | Path, device: str = "cpu") -> "Inception":
        """Read one of ``FILES``, under whatever name, to a device of torch's. Raises JobError."""
        layers = folded(read_known(Path(at_home(path))))
        return cls({name: (weight.to(device), bias.to(device)) for name, (weight, bias) in layers.items()})

    @property
    def dims(self) -> int:
        """Return the number of features: 2048 of the whole network, 768 where it ends at Mixed_6e."""
        return 2048 if "Mixed_7c.branch_pool" in self.layers else 768

    def features(
        self, pictures: Pixels, *, batch: int = 8, progress: Callable[[int], None] = lambda pictures: None
    ) -> Floats:
        """Features (n, dims) of pictures (n, H, W, 3), the last map's means over space.

        ``batch`` bounds the memory; other batches change the last bits. ``progress`` is told how many more pictures are
        done. On a GPU they are those of the published network, and the same each time, within ``exact``. Raises
        ValueError.
        """
        if pictures.ndim != 4 or pictures.shape[-1] != 3 or pictures.dtype != np.uint8:
            raise ValueError(f"pictures must be (n, H, W, 3) uint8, got {pictures.shape} {pictures.dtype}")
        found = np.empty((len(pictures), self.dims), np.float32)
        weight, _ = self.layers["Conv2d_1a_3x3"]
        for start in range(0, len(pictures), batch):
            some = torch.tensor(np.ascontiguousarray(pictures[start : start + batch]), dtype=torch.uint8).to(weight)
            found[start : start + batch] = self.means(some.permute(0, 3, 1, 2)).float().cpu().numpy()
            progress(len(some))
        return found

    @torch.inference_mode()
    def means(self, pictures: Tensor) -> Tensor:
        """Features (n, dims) of pictures (n, 3, H, W) in steps of 8 bits."""
        return self.maps(enlarged(pictures)).mean((2, 3))

    def maps(self, x: Tensor) -> Tensor:
        """Return the last maps (n, dims, rows, columns) of pictures (n, 3, 299, 299)."""
        x = self.layer("Conv2d_1a_3x3", (x - 128) / 128, stride=2, padded=False)
        x = self.layer("Conv2d_2a_3x3", x, padded=False)
        x = F.max_pool2d(self.layer("Conv2d_2b_3x3", x), 3, stride=2)
        x = self.layer("Conv2d_3b_1x1", x)
        x = F.max_pool2d(self.layer("Conv2d_4a_3x3", x, padded=False), 3, stride=2)
        for name in BLOCKS if self.dims == 2048 else BLOCKS[: BLOCKS.index("6e") + 1]:
            x = self.block(name, x)
        return x

    def block(self, name: str, x: Tensor) -> Tensor:
        """Channels of all branches, and of what is pooled."""
        halving = name in HALVING
        kind = next(kind for kind in BRANCHES if name.startswith(kind))
        branches = [self.branch(f"Mixed_{name}.branch", steps.split(), x, halving) for steps in BRANCHES[kind]]
        if halving:
            return torch.cat([*branches, F.max_pool2d(x, 3, stride=2)], 1)
        if name == "7c":
            pooled = F.max_pool2d(x, 3, stride=1, padding=1)
        else:
            pooled = F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
        return torch.cat([*branches, self.layer(f"Mixed_{name}.branch_pool", pooled)], 1)

    def branch(self, prefix: str, steps: list[str], x: Tensor, halving: bool) -> Tensor:
        """Return the layers of a branch one after another; its last one halves the size where the block does."""
        for step in steps:
            last = halving and step == steps[-1]
            ends = [self.layer(prefix + end, x, stride=1 + last, padded=not last) for end in step.split("+")]
            x = torch.cat(ends, 1)
        return x

    def layer(self, name: str, x: Tensor, *, stride: int = 1, padded: bool = True) -> Tensor:
        """Return a convolution, which keeps the size if ``padded``, and a ReLU."""
        weight, bias = self.layers[name]
        rows, columns = weight.shape[2:]
        padding = (rows // 2, columns // 2) if padded else 0
        return F.relu_(F.conv2d(x, weight, bias, stride, padding))


@contextlib.contextmanager
def exact() -> Iterator[None]:
    """Keep a GPU from rounding the factors of convolutions to TF32, and from choosing their algorithm by its speed. The
    switch is the whole process's: to be thrown once, around all threads that ask for features."""
    with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
        yield


def enlarged(pictures: Tensor) -> Tensor:
    """Pictures (n, 3, H, W) as (n, 3, 299, 299), interpolated linearly as TensorFlow 1 did without align_corners.

    Pixel k comes from k H / 299, not from (k + 1/2) H / 299 - 1/2: the first pixels of both coincide, and the last ones
    of the picture are repeated. Larger pictures are not averaged.
    """
    for axis in (2, 3):
        side = pictures.shape[axis]
        place = torch.arange(SIDE, dtype=torch.float32, device=pictures.device) * (side / SIDE)
        near = place.long()
        far = (near + 1).clamp(max=side - 1)
        low, high = pictures.index_select(axis, near), pictures.index_select(axis, far)
        share = (place - near).to(pictures)
        pictures = torch.lerp(low, high, share[:, None] if axis == 2 else share)
    return pictures


def read_known(path: Path) -> dict[str, Tensor]:
    """Read the tensors of one of ``FILES``. Raises JobError for any other file."""
    with reading(path):
        digest = sha256(path)
    if digest not in FILES:
        known = " or ".join(f"{name} ({start[:8]}...)" for start, name in FILES.items())
        raise JobError(f"{path}: SHA-256 is {digest}, not that of a known Inception file; give {known}")
    if FILES[digest].endswith(".safetensors"):
        return read_tensors(path)
    # Safe under any torch: the file's content is known.
    tensors: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return tensors


def folded(tensors: Mapping[str, Tensor]) -> dict[str, tuple[Tensor, Tensor]]:
    """Weights and biases of convolutions that do their batch norm, too."""
    layers = {}
    for name in (key.removesuffix(".conv.weight") for key in tensors if key.endswith(".conv.weight")):
        weight, gain, bias, mean, variance = (
            tensors[f"{name}.{part}"].double()
            for part in ("conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var")
        )
        gain = gain / (variance + EPSILON).sqrt()
        layers[name] = (weight * gain[:, None, None, None]).float(), (bias - mean * gain).float()
    return layers
