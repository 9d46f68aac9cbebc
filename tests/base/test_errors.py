import errno
from pathlib import Path

import pytest

from panogen.base.errors import JobError, UsageError, explained, reading, writing


def test_a_refusal_of_the_system_is_one_sentence():
    for context, error, sentence in (
        (reading(Path("a.npy")), JobError, "a.npy: cannot be read: Permission denied"),
        (writing(Path("a.npy")), JobError, "a.npy: cannot be written: Permission denied"),
        (
            explained("points 'a' cannot be read", UsageError, "; copy them again"),
            UsageError,
            "points 'a' cannot be read: Permission denied; copy them again",
        ),
    ):
        with pytest.raises(error) as caught, context:
            raise PermissionError(errno.EACCES, "Permission denied", "a.npy")
        assert str(caught.value) == sentence
    with pytest.raises(JobError, match="a: cannot be read: no picture"), reading(Path("a")):
        raise OSError("no picture")


def test_other_errors_pass():
    with pytest.raises(KeyError), writing(Path("a")):
        raise KeyError
