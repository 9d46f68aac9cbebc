"""What tests of several commands need."""

import json
from pathlib import Path
from typing import Any

from click.testing import Result


def resolved(result: Result, out: Path) -> dict[str, Any]:
    """Return the request that a dry run prints of its one output."""
    assert result.exit_code == 0, result.output
    ((path, request),) = json.loads(result.stdout).items()
    assert path == str(out)
    return request
