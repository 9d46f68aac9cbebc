"""How fast the default recipe trains, in either precision, and where a step's time goes; alone, or against a revision.

    python benchmarks/train.py
    python benchmarks/train.py --against cdff85e

Machines drift, and others use them: old and new code are measured in turn, each time in a process of its own, and the
ratio is taken pair by pair. On a machine in use even that drifts, so the ratio of processor time an image stands
beside it; it does not see what runs side by side. Each revision trains by its own default recipe; where the two differ,
that is said.
"""

import dataclasses
import io
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import click
from record import Cell, Table, recorded, spread
from tqdm import trange

import panogen
from panogen.base.runtime import default_workers, keep_large_buffers
from panogen.data import CropCache, Landscapes
from panogen.training import Stage, StepReport, TrainConfig, TrainState, training

ROOT = Path(__file__).resolve().parent.parent
PLACES = 16
PRECISIONS = ("float32", "bfloat16")  # of products; tf32 is for GPUs
WARM_UP = (3, 30)  # steps, at least and at most
WARM_DATA_SHARE = 0.05  # of a step's time, once all places are in memory


def measure(resolution: int, steps: int, precision: str = "float32") -> dict[str, Any]:
    """Images a second over ``steps`` steps, of which one in r1_interval is regularised, and where their time went.

    Runs on old revisions too: it leans on nothing but what they share.
    """
    keep_large_buffers()
    default = TrainConfig()
    rows = resolution if default.views == "crops" else default.stages[-1].resolution  # views of a band that is finer
    stages = (Stage(rows, 1_000_000),)
    config = dataclasses.replace(default, stages=stages, patch=resolution, precision=precision)
    crops = CropCache(Landscapes(count=PLACES), config.chart)
    reports = training(TrainState.new(config), crops, default_workers())
    for number in range(1, WARM_UP[1] + 1):  # a long run draws from memory
        if shares([next(reports)]).get("data", 0.0) < WARM_DATA_SHARE and number >= WARM_UP[0]:
            break
    start, start_cpu = time.perf_counter(), time.process_time()
    measured = [next(reports) for _ in range(steps)]
    elapsed, elapsed_cpu = time.perf_counter() - start, time.process_time() - start_cpu
    reports.close()
    return {
        "package": str(Path(panogen.__file__).resolve()),
        "recipe": flat(dataclasses.asdict(config)),
        "images_per_second": steps * config.batch / elapsed,
        "images_per_cpu_second": steps * config.batch / elapsed_cpu,
        "step_seconds": statistics.median(sum(report.seconds.values()) for report in measured),
        "shares": shares(measured),
    }


def shares(reports: list[StepReport]) -> dict[str, float]:
    """Shares of the steps' time by name."""
    names = {name: None for report in reports for name in report.seconds}
    total = sum(sum(report.seconds.values()) for report in reports)
    return {name: sum(report.seconds.get(name, 0.0) for report in reports) / total for name in names}


def flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested fields by dotted name."""
    found = {}
    for name, value in values.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return found


def measure_apart(tree: Path, resolution: int, steps: int) -> dict[str, Any]:
    """``measure`` of the package in a source tree, in a process of its own."""
    command = [sys.executable, __file__, "--measure", "--resolution", str(resolution), "--steps", str(steps)]
    paths = os.pathsep.join(filter(None, [str(tree), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise click.ClickException(f"the package in {tree} could not be measured, see above")
    result = json.loads(done.stdout)
    if not Path(result["package"]).is_relative_to(tree):
        raise click.ClickException(f"the package in {tree} must be measured, and {result['package']} was imported")
    return result


def check_out(revision: str, folder: Path) -> str:
    """Unpack the package of a git revision into a folder, and return its short name."""
    try:
        top = git("rev-parse", "--show-toplevel").decode().strip()
        if Path(top).resolve() != ROOT:
            raise click.ClickException(f"--against needs a git checkout of panogen, and {ROOT} is a part of {top}")
        commit = git("rev-parse", "--verify", "--short", f"{revision}^{{commit}}").decode().strip()
        with tarfile.open(fileobj=io.BytesIO(git("archive", commit, "panogen"))) as archive:
            archive.extractall(folder, filter="data")
    except FileNotFoundError:
        raise click.ClickException("--against needs git, which is not installed") from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode().strip()
        raise click.ClickException(
            f"--against needs a git checkout with the revision, got {revision!r} in {ROOT}: {reason}"
        ) from None
    return commit


def git(*arguments: str) -> bytes:
    """Output of git in the checkout."""
    return subprocess.run(["git", "-C", str(ROOT), *arguments], check=True, capture_output=True).stdout


KINDS = {"images_per_second": "images/s", "images_per_cpu_second": "images a processor second"}


def compare(revision: str, pairs: int, resolution: int, steps: int) -> Table:
    """The speeds of a revision and of the working tree, in turn, and their ratio."""
    with tempfile.TemporaryDirectory() as temporary:
        old_tree = Path(temporary).resolve()
        commit = check_out(revision, old_tree)
        found = [
            [measure_apart(tree, resolution, steps) for tree in (old_tree, ROOT)]
            for _ in trange(pairs, desc=f"{resolution} pixels", unit=" pairs")
        ]
    rows: list[list[Cell]] = []
    for kind, name in KINDS.items():
        speeds = [[one[kind] for one in pair] for pair in found]
        rows.append([name, *map(spread, zip(*speeds, strict=True)), spread(new / old for old, new in speeds)])
    waits = [[100 * one["shares"].get("data", 0.0) for one in pair] for pair in found]
    rows.append(["% of the time waiting for data", *map(spread, zip(*waits, strict=True)), None])
    return Table(
        f"{resolution} pixels, median (least to most) of {pairs} pairs of {steps} steps; old is {commit}",
        {"": "", "old": ".1f", "new": ".1f", "new over old": ".2f"},
        rows,
        list(differences(*(one["recipe"] for one in found[0]))),
    )


def differences(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Where two recipes differ: then their speeds are not those of the same work."""
    for name in {**old, **new}:
        before, after = old.get(name, "absent"), new.get(name, "absent")
        if before != after:
            yield f"The recipes differ in {name}: old {before}, new {after}."


def alone(results: dict[tuple[int, str], dict[str, Any]], steps: int) -> Table:
    """Figures by the resolution and the precision of products."""
    parts = {name: None for result in results.values() for name in result["shares"]}
    return Table(
        f"{steps} steps of the default recipe, and where their time went",
        {"pixels": "d", "products": "", "images/s": ".1f", "seconds a step": ".2f", **dict.fromkeys(parts, ".0%")},
        [
            [*key, one["images_per_second"], one["step_seconds"], *(one["shares"].get(name) for name in parts)]
            for key, one in results.items()
        ],
    )


@click.command()
@click.option("--steps", default=32, show_default=True, help="A multiple of 16, the interval of the R1 penalty.")
@click.option("--resolution", "resolutions", type=int, multiple=True, help="Of the views, in pixels.")
@click.option("--against", metavar="REVISION", help="Compare with a git revision, at 64 pixels unless told otherwise.")
@click.option("--pairs", default=3, show_default=True, help="How often both are measured.")
@click.option("--measure", "only_measures", is_flag=True, hidden=True)
@recorded
def main(
    steps: int, resolutions: tuple[int, ...], against: str | None, pairs: int, only_measures: bool
) -> Iterator[Table]:
    """Measure training."""
    if only_measures:
        click.echo(json.dumps(measure(resolutions[0], steps)))
    elif against is not None:
        for resolution in resolutions or (64,):
            yield compare(against, pairs, resolution, steps)
    else:
        cases = product(resolutions or (32, 64), PRECISIONS)
        yield alone({case: measure(case[0], steps, case[1]) for case in cases}, steps)


if __name__ == "__main__":
    main()
