"""Markdown tables of what the runs of ``variants.py`` came to."""

import statistics
from collections.abc import Iterator, Sequence
from typing import Any

Result = dict[str, Any]  # the figures of a run, or of a set of real places
Columns = Sequence[tuple[str, str, str]]  # name, key and format of each

REAL = "real"  # the variant of real places: they have seen no images, so they stand beside every budget
NEARNESS: Columns = (
    ("SWD", "swd_mean", ".1f"),
    ("spectrum, dB", "spectrum_db", ".2f"),
    ("above 0.25, dB", "spectrum_db_high", ".2f"),
    ("grid peak", "grid_peak", ".2f"),
    ("of upright stripes", "grid_peak_horizontal", ".2f"),
    ("of level stripes", "grid_peak_vertical", ".2f"),
)
VARIETY: Columns = (
    ("fixed layout", "fixed_layout_share", ".3f"),
    ("less its floor", "fixed_layout_share_unbiased", ".3f"),
    ("own-row share", "own_row_share", ".3f"),
    ("less its floor", "own_row_share_unbiased", ".3f"),
    ("spread", "azimuth_spread", ".1f"),
    ("least spread", "azimuth_spread_least", ".1f"),
    ("images/s", "images_per_second", ".1f"),
    ("images/CPU s", "images_per_cpu_second", ".1f"),
)


def tables(results: Sequence[Result], order: Sequence[str]) -> Iterator[str]:
    """Lines of Markdown for each budget, variants in an order: how near to the real places they came, at each level of
    the distance and by their spectra; and how they vary, and how fast they were."""
    trained = [result for result in results if result["variant"] != REAL]
    size = ("resolution", "crops", "panoramas")
    for budget in sorted({tuple(result[key] for key in ("images", *size)) for result in trained}):
        images, resolution, crops, panoramas = budget
        runs = [result for result in trained if tuple(result[key] for key in ("images", *size)) == budget]
        runs += [result for result in results if (REAL, *budget[1:]) == (result["variant"], *map(result.get, size))]
        runs.sort(key=lambda result: (order.index(result["variant"]), result["seed"]))
        levels = sorted({level for result in runs for level in result.get("swd", {})}, key=int, reverse=True)
        yield f"{images} images of {resolution} pixels; {crops} crops and {panoramas} panoramas measured"
        yield ""
        for columns in ([(f"SWD {level} px", f"swd.{level}", ".1f") for level in levels] + list(NEARNESS), VARIETY):
            yield f"| variant | seeds | {' | '.join(name for name, *_ in columns)} |"
            yield f"|{'---|' * (len(columns) + 2)}"
            for variant in dict.fromkeys(result["variant"] for result in runs):
                yield row([result for result in runs if result["variant"] == variant], columns)
            yield ""


def row(results: Sequence[Result], columns: Columns) -> str:
    """A variant's line."""
    whole = [result for result in results if "failed" not in result]
    failed = f", {len(results) - len(whole)} failed" if len(whole) < len(results) else ""
    cells = [spread([value for result in whole if (value := figure(result, key)) is not None], form)
             for _, key, form in columns]  # fmt: skip
    return f"| {results[0]['variant']} | {len(whole)}{failed} | {' | '.join(cells)} |"


def figure(result: Result, key: str) -> float | None:
    """A figure, which a dotted key seeks within another; None where it was not measured."""
    outer, _, inner = key.partition(".")
    found: Any = result.get(outer)
    return found.get(inner) if inner and found is not None else found


def spread(values: Sequence[float], form: str) -> str:
    """Mean ± standard deviation; of two, whose deviation says little, both."""
    if not values:
        return "-"
    mean = f"{statistics.mean(values):{form}}"
    if len(values) == 2:
        return f"{mean} ({', '.join(f'{value:{form}}' for value in values)})"
    return mean if len(values) < 2 else f"{mean} ± {statistics.stdev(values):{form}}"
