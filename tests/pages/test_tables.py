import pytest

from panogen.pages.tables import text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (480_000, "480,000"),
        (0.002, "0.002"),
        (True, "yes"),
        (None, "not set"),
        ({}, "none"),
        ([[1, 2], [3]], "1, 2; 3"),
    ],
)
def test_values_in_words(value, words):
    assert text(value) == words
