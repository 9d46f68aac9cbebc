"""How fast the default recipe trains at 32 and 64 pixel crops, and where a step's time goes.

python benchmarks/train.py
"""

import statistics
import time

import click
from machine import describe, matrix_product_gflops

from panogen.data import CropCache, Landscapes
from panogen.rendering import default_workers
from panogen.runtime import keep_large_buffers
from panogen.training import Stage, StepReport, TrainConfig, TrainState, training


def measure(resolution: int, steps: int) -> tuple[float, list[StepReport]]:
    """Images a second over ``steps`` steps, of which one in r1_interval is regularised, and their reports."""
    config = TrainConfig(stages=(Stage(resolution, 1_000_000),))
    crops = CropCache(Landscapes(count=config.batch), config.chart)
    for index in range(config.batch):  # a long run draws from memory
        crops.band(index, resolution)
    reports = training(TrainState.new(config), crops, default_workers())
    for _ in range(3):
        next(reports)
    start = time.perf_counter()
    measured = [next(reports) for _ in range(steps)]
    elapsed = time.perf_counter() - start
    reports.close()
    return steps * config.batch / elapsed, measured


@click.command()
@click.option("--steps", default=32, show_default=True, help="A multiple of 16, the interval of the R1 penalty.")
def main(steps: int) -> None:
    """Measure training."""
    keep_large_buffers()
    click.echo(
        f"{describe()}; matrix product peak {matrix_product_gflops():.0f} GFLOP/s; {steps} steps of the default recipe"
    )
    for resolution in (32, 64):
        rate, reports = measure(resolution, steps)
        total = sum(sum(report.seconds.values()) for report in reports)
        names = {name: None for report in reports for name in report.seconds}
        shares = {name: sum(report.seconds.get(name, 0) for report in reports) / total for name in names}
        step = statistics.median(sum(report.seconds.values()) for report in reports)
        parts = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
        click.echo(f"{resolution:3} pixels: {rate:5.1f} images/s, {step:.2f} s a step: {parts}")


if __name__ == "__main__":
    main()
