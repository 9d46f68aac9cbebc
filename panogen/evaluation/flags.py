"""What is wrong with a panorama, in words, where its figures leave little doubt.

Each limit lies far beyond what real panoramas have, so a flag is a finding; no flag is no proof.
"""

HARD_RATIO, KINK_RATIO, TWICE_RATIO = 3.0, 4.0, 0.1
RARE_PERCENT = 99.0  # of the edges: that many change less
COPY_CORRELATION = 0.95
FLAT_POLE = 8.0


def flags(figures: dict[str, float]) -> list[str]:
    """Of a picture's figures by name, such as ``seam.ratio``; those that are missing flag nothing."""

    def of(name: str, default: float) -> float:
        return figures.get(name, default)

    rare = of("seam.percentile", 50) >= RARE_PERCENT
    kinked = of("seam.percentile_second", 50) >= RARE_PERCENT
    found = {
        "hard seam": rare and of("seam.ratio", 1) >= HARD_RATIO,
        "kink at the seam": not rare and kinked and of("seam.ratio_second", 1) >= KINK_RATIO,
        "column at the seam is there twice": of("seam.ratio", 1) <= TWICE_RATIO,
        "one half is a copy of the other": (copy := of("mirror.correlation", 0) >= COPY_CORRELATION)
        and not of("mirror.mirrored", 0),
        "one half mirrors the other": copy and bool(of("mirror.mirrored", 0)),
        "flat zenith": of("poles.spread_top", 1) >= FLAT_POLE,
        "flat nadir": of("poles.spread_bottom", 1) >= FLAT_POLE,
    }
    return [name for name, is_so in found.items() if is_so]
