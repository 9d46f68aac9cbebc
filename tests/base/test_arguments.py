import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from panogen.base.arguments import at_home, real, settle, told_json, truth, whole
from panogen.base.errors import UsageError


@dataclass(frozen=True)
class Order:
    count: int = 1
    weight: float | None = None
    cold: bool = False
    sizes: tuple[float, ...] = ()
    layers: tuple[int, int] | None = None
    names: tuple[str, ...] = ()
    label: str = ""

    def __post_init__(self):
        settle(self)


FOURS = [4, np.int64(4), np.uint8(4), np.array(4), torch.tensor(4), torch.tensor(4, dtype=torch.uint8)]


@pytest.mark.parametrize("four", FOURS, ids=repr)
def test_whole_numbers_of_any_library_become_pythons(four):
    assert whole(four, "n") == 4
    assert type(whole(four, "n")) is int


@pytest.mark.parametrize(
    "number",
    [*FOURS, 4.0, np.float32(4), np.float16(4), np.array(4.0), torch.tensor(4.0), Decimal(4), Fraction(8, 2)],
    ids=repr,
)
def test_numbers_of_any_library_become_pythons(number):
    assert real(number, "x") == 4
    assert type(real(number, "x")) is float


def test_single_precision_keeps_its_value():
    assert real(np.float32(0.1), "x") == float(np.float32(0.1)) != 0.1


NOWHERE = torch.ones((), device="meta")
NO_NUMBERS = [True, np.True_, torch.tensor(True), "4", b"4", None, 4j, [4], np.array([4.0]), NOWHERE]


@pytest.mark.parametrize("wrong", [*NO_NUMBERS, 4.0, np.float64(4), torch.tensor(4.0)], ids=repr)
def test_what_is_no_whole_number_is_named(wrong):
    with pytest.raises(UsageError, match=rf"^n must be a whole number, got {re.escape(repr(wrong))}$"):
        whole(wrong, "n")


@pytest.mark.parametrize("wrong", NO_NUMBERS, ids=repr)
def test_what_is_no_number_is_named(wrong):
    with pytest.raises(UsageError, match=rf"^x must be a number, got {re.escape(repr(wrong))}$"):
        real(wrong, "x")


@pytest.mark.parametrize("yes", [True, np.True_, np.array(True), torch.tensor(True)], ids=repr)
def test_truth_of_any_library_becomes_pythons(yes):
    assert truth(yes, "it") is True


@pytest.mark.parametrize("wrong", [1, "yes", None, np.array([True, False])], ids=repr)
def test_what_is_neither_true_nor_false_is_named(wrong):
    with pytest.raises(UsageError, match="it must be true or false, got"):
        truth(wrong, "it")


def test_a_long_value_is_told_by_its_type():
    with pytest.raises(UsageError, match=r"x must be a number, got ndarray$"):
        real(np.zeros((20, 20)), "x")


def test_long_json_is_told_by_its_beginning():
    assert told_json({"a": [1.5, None, True]}) == '{"a": [1.5, null, true]}'
    assert told_json("x" * 38) == f'"{"x" * 38}"'
    assert told_json("x" * 39) == f'"{"x" * 39}...'


def test_a_record_has_pythons_own_numbers():
    settled = Order(np.int32(2), np.float32(0.5), np.True_, np.array([1, 2]), [torch.tensor(3), 4], ["a"], "b")
    assert settled == Order(2, 0.5, True, (1.0, 2.0), (3, 4), ("a",), "b")
    types = [type(one) for one in (settled.count, settled.weight, settled.cold, *settled.sizes, *settled.layers)]
    assert types == [int, float, bool, float, float, int, int]
    assert Order().weight is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"count": 2.5}, "count must be a whole number, got 2.5"),
        ({"weight": "heavy"}, "weight must be a number, got 'heavy'"),
        ({"cold": 1}, "cold must be true or false, got 1"),
        ({"sizes": 3.0}, "sizes must be several values, got 3.0"),
        ({"sizes": np.zeros((2, 2))}, "sizes must be several values, got ndarray"),
        ({"sizes": (1, "2")}, "sizes must be a number, got '2'"),
        ({"names": "abc"}, "names must be several values, got 'abc'"),
    ],
)
def test_a_record_names_the_field_that_is_wrong(wrong, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        Order(**wrong)


def test_a_leading_tilde_is_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert at_home(Path("~/a.png")) == str(tmp_path / "a.png")
    assert at_home("./~/a.png") == "./~/a.png"
    assert at_home("a~") == "a~"
