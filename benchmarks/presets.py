"""What the presets cost: operations of a training step, memory and time, computed from shapes. Nothing is trained.

    python benchmarks/presets.py

The code that trains runs a step of each stage on fake tensors, which have shapes and types and no values:

- Operations are those of matrix products and convolutions, two for each multiplication, by torch's own formulas; the
  penalty on the discriminator's gradient counts for one step in ``r1_interval``. Beside them stands how many passes
  they come to, in units of a network's forward pass by a closed formula. To be expected are, of the generator, 1
  at all points and 2 more (both gradients) at ``backward_share`` of them; of the discriminator,
  7 (a real and a generated view forward, both gradients of each, and the gradient at the generated pixels for the
  generator) and 6 more where the penalty is due (forward, the gradient at the pixels, and both gradients of each).
- Memory is the most that tensors hold at once: networks, averages, Adam's moments, gradients, and one part of the batch
  on its way. What libraries take for themselves and what an allocator leaves unused comes on top.
- Octaves of noise come as zeros: what they take is no product, and little memory.
- Time is operations over a share of the hardware's peak, both assumed below. Nothing else is counted: neither the
  memory traffic of activations, nor the data, nor messages between GPUs.
"""

import contextlib
import sys
import warnings
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import click
import numpy as np
import torch
from record import Cell, Table, recorded
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from panogen.geometry import Chart, Windows
from panogen.networks import ChartPoints, Generator, GeneratorConfig, StyleGAN2Config, generator
from panogen.networks.encodings.lattices import Noise
from panogen.networks.encodings.octaves import Octaves
from panogen.networks.encodings.planes import Planes
from panogen.networks.encodings.skyline import Skyline
from panogen.training import Stage, TrainConfig, TrainState
from panogen.training.batch import draw_part
from panogen.training.presets import PRESETS
from panogen.training.state import VIEWS, other_discriminators
from panogen.training.step import Result, apply_gradients, by_discriminator, part_gradients


@dataclass(frozen=True)
class Hardware:
    """What a preset may run on: the peak of one device in TFLOP/s of dense products, and the share that is assumed."""

    name: str
    devices: int
    peak_tflops: float
    share: float
    gpu: bool = True


CPU = Hardware("2 CPU cores, float32", 1, 0.175, 0.5, gpu=False)
# Peaks of GPUs are their maker's, without sparsity; that of the CPU is a measured one, of float32 products.
HARDWARE = {
    "cpu-small": (CPU,),
    "cpu-deep": (CPU,),
    "cpu-table": (CPU,),
    "gpu-256": (Hardware("1 A100, bfloat16", 1, 312, 0.3), Hardware("1 H100, bfloat16", 1, 989, 0.3)),
    "paper-256": (Hardware("8 A100, TF32", 8, 156, 0.3), Hardware("8 H100, TF32", 8, 494, 0.3)),
}


class Meter(TorchDispatchMode):
    """Counts operations, and the bytes of all storages that are alive."""

    def __init__(self) -> None:
        super().__init__()
        self.flop = self.bytes = self.peak_bytes = 0
        self.alive: dict[int, weakref.ref[Any]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if func._overloadpacket in flop_registry:
            self.flop += flop_registry[func._overloadpacket](*args, **(kwargs or {}), out_val=out)
        for tensor in tree_leaves(out):
            if isinstance(tensor, Tensor):
                self.see(tensor.untyped_storage())
        return out

    def see(self, storage: Any) -> None:
        """Count a storage until it dies."""
        key, size = id(storage), storage.nbytes()
        if key not in self.alive:
            self.alive[key] = weakref.ref(storage, lambda _: self.forget(key, size))
            self.bytes += size
            self.peak_bytes = max(self.peak_bytes, self.bytes)

    def forget(self, key: int, size: int) -> None:
        """A storage has died."""
        del self.alive[key]
        self.bytes -= size


class NoCrops:
    """Views of nothing: only their shapes count."""

    def batch(self, rng: np.random.Generator, windows: Windows, pixels: int, rows: int) -> Any:
        return np.zeros((len(windows.side), pixels, pixels, 3), np.uint8)

    def bands(self, rng: np.random.Generator, count: int, rows: int, columns: int) -> Any:
        return np.zeros((count, rows, columns, 3), np.uint8)


@dataclass(frozen=True)
class Cost:
    """Of a stage: operations of an image, by what takes them, and bytes on one device."""

    step_flop: float
    penalty_flop: float  # of a step in which it is due
    resting_bytes: int
    peak_bytes: int

    def flop(self, config: TrainConfig) -> float:
        """Of an image, on the average over steps."""
        return self.step_flop + self.penalty_flop / config.r1_interval


def cost(config: TrainConfig, machine: Hardware) -> Cost:
    """Cost of a recipe of one stage. A new first block of the discriminator that is still fading in is left out."""
    part = draw_part(config, 0, NoCrops(), np.random.default_rng(0), "cpu")
    parts = -(-config.batch // config.microbatch // machine.devices)
    with contextlib.ExitStack() as stack:
        if machine.gpu:  # where all points go through at once
            stack.enter_context(patch.object(generator, "CACHED_POINTS", sys.maxsize))
        stack.enter_context(FakeTensorMode(allow_non_fake_inputs=True))
        stack.enter_context(patch.object(Tensor, "item", lambda tensor: 1.0))
        stack.enter_context(patch.object(nn.Module, "to", lambda module, device: module))  # fake ones cannot move
        for kind in (Octaves, Planes, Skyline):
            stack.enter_context(patch.object(kind, "forward", no_noise))
        meter = stack.enter_context(Meter())
        state = new_state(config)
        update(state, part_gradients(state, part, False))  # Adam has its moments from here on
        resting = meter.bytes
        flop = []
        held: list[Result] = []  # the gradients of the parts that are done
        for number in range(max(2, parts)):
            del held[: max(0, len(held) + 1 - parts)]
            before = meter.flop
            held.append(part_gradients(state, part, penalised=number > 0))
            flop.append((meter.flop - before) / config.microbatch)
        update(state, held[0])
    return Cost(flop[0], flop[1] - flop[0], resting, meter.peak_bytes)


def no_noise(noise: Noise, points: ChartPoints, layouts: Sequence[int]) -> Tensor:
    """Of the shape that noise has."""
    return torch.zeros(len(layouts), len(points), noise.channels)


def new_state(config: TrainConfig) -> TrainState:
    """As TrainState.new makes it, without the copies that fake tensors do not bear."""
    g, g_ema = (Generator(config.generator_at(0), config.chart) for _ in range(2))
    views = config.discriminator.build(config.view_pixels(0))
    return TrainState._assemble(config, g, g_ema, {VIEWS: views, **other_discriminators(config)}, "cpu")


def update(state: TrainState, result: Result) -> None:
    """Move all networks."""
    for adversary, gradients in zip(state.adversaries, by_discriminator(state, result), strict=True):
        apply_gradients(adversary.network, adversary.optimizer, gradients)
    apply_gradients(state.g, state.g_optimizer, result.g_gradients)


def generator_flop(config: GeneratorConfig, chart: Chart, points: int) -> int:
    """Of a forward pass of one latent, by a closed formula: the products of the styled layers, and the colours."""
    with torch.device("meta"):
        features = sum(encoding.build(chart).channels for encoding in config.encodings)
    pairs = (config.depth - 1) // 2
    colours = 3 * config.width * (pairs if config.head == "skip" else 1)
    return 2 * points * (features * config.width + 2 * pairs * config.width**2 + colours)


def discriminator_flop(config: StyleGAN2Config, pixels: int) -> int:
    """Of a forward pass of one view, by a closed formula: its convolutions, low-passes included."""
    total, size = 3 * config.channels(pixels) * pixels**2, pixels
    while size > 4:
        wide, deep, half = config.channels(size), config.channels(size // 2), size // 2
        total += 9 * wide * (wide * size**2 + deep * half**2) + wide * deep * half**2
        total += 16 * wide * ((size + 1) ** 2 + half**2)
        size = half
    return 2 * (total + 9 * 2 * config.channels(4) ** 2 * 4**2)


@dataclass(frozen=True)
class Report:
    """Rows on a preset: of its stages, and of the hardware that it may run on."""

    stages: list[list[Cell]]
    hardware: list[list[Cell]]


def report(name: str) -> Report:
    """Of a preset."""
    config = PRESETS[name].config
    stages, found = [], []
    for stage in config.stages:
        alone = replace(config, stages=(Stage(stage.resolution, stage.images),))
        found.append(cost(alone, HARDWARE[name][0]))
        stages.append([name, *stage_row(alone, found[-1])])
    hardware: list[list[Cell]] = []
    for machine in HARDWARE[name]:
        speed = machine.devices * machine.peak_tflops * 1e12 * machine.share
        rates = [speed / one.flop(config) for one in found]
        hours = sum(stage.images / rate / 3600 for stage, rate in zip(config.stages, rates, strict=True))
        shown = ", ".join(f"{rate:.3g} at {stage.resolution}" for stage, rate in zip(config.stages, rates, strict=True))
        hardware.append([name, machine.name, machine.peak_tflops, machine.share, shown, config.total_images, hours])
    return Report(stages, hardware)


def stage_row(config: TrainConfig, found: Cost) -> list[Cell]:
    """Figures of a stage, with the passes that its operations come to."""
    pixels, share = config.view_pixels(0), config.backward_share
    assert isinstance(config.discriminator, StyleGAN2Config)
    g_flop = generator_flop(config.generator_at(0), config.chart, pixels**2)
    d_flop = discriminator_flop(config.discriminator, pixels)
    expected = g_flop * (1 + 2 * share) + d_flop * 7
    return [
        *(pixels, config.batch, config.microbatch, config.precision, share),
        *(found.flop(config) / 1e12, g_flop / 1e12, d_flop / 1e12),
        *(found.step_flop / expected, found.penalty_flop / (6 * d_flop)),
        *(found.resting_bytes / 1e9, found.peak_bytes / 1e9),
    ]


@click.command()
@click.option("--preset", "names", type=click.Choice(list(PRESETS)), multiple=True, help="All, unless named.")
@recorded
def main(names: tuple[str, ...]) -> Iterator[Table]:
    """Compute what the presets cost."""
    warnings.filterwarnings("ignore", message="Accessing the data pointer of FakeTensor")
    reports = [report(name) for name in names or PRESETS]
    yield Table(
        "Operations and memory of a training step",
        {
            "preset": "", "pixels": "d", "batch": "d", "in parts of": "d", "precision": "", "backward share": "g",
            "TFLOP an image": ".4f", "generator forward": ".4f", "discriminator forward": ".4f",
            "step, counted over expected": ".3f", "penalty, counted over expected": ".3f",
            "GB at rest": ".2f", "GB at most": ".2f",
        },
        [row for one in reports for row in one.stages],
    )  # fmt: skip
    yield Table(
        "Time, where a device reaches the given share of its peak",
        {
            "preset": "", "hardware": "", "TFLOP/s a device": "g", "share": ".0%", "images/s": "", "images": ",d",
            "hours": ".3g",
        },
        [row for one in reports for row in one.hardware],
    )  # fmt: skip


if __name__ == "__main__":
    main()
