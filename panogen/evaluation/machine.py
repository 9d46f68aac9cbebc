"""The machine that speeds are stated for."""

import platform
import sys
from pathlib import Path

from panogen.base.runtime import default_workers


def describe() -> str:
    """Name the machine and what of it torch uses, in a line."""
    import torch

    return (
        f"{processor()}, {default_workers()} cores, {torch.backends.cpu.get_cpu_capability()}; "
        f"torch {torch.__version__}, {torch.get_num_threads()} threads"
    )


def processor() -> str:
    """Its name."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def peak_memory_mb() -> float:
    """Return the most memory this process has held, in MB."""
    import resource  # Unix's

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
