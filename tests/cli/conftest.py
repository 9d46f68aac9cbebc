from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from panogen.cli.main import main


@pytest.fixture
def panogen() -> Callable[..., Result]:
    """Run a command line in this process."""

    def run(*arguments: object) -> Result:
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run
