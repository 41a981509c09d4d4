"""Which convolutions Winograd's steps serve, and when "auto" takes them, a condition at a time."""

from __future__ import annotations

from typing import Any

import pytest

from minicnn import _core

WINOGRAD = {"winograd2", "winograd4"}
LAYER: dict[str, Any] = dict(
    x_shape=(4, 16, 32, 32), weight_shape=(16, 16, 3, 3),
    stride=(1, 1), padding=(1, 1), dilation=(1, 1), groups=1, dtype="float32",
)  # fmt: skip


def steps(**changed: Any) -> set[str]:
    return set(_core.conv2d_algorithms_for(**LAYER | changed))


def chosen(**changed: Any) -> str:
    name = _core.conv2d_auto_algorithm(**LAYER | changed)
    assert name in steps(**changed)
    return name


def test_the_layer_that_the_others_differ_from_is_winograds() -> None:
    assert steps() >= WINOGRAD
    assert chosen() == "winograd4"


@pytest.mark.parametrize(
    "changed",
    [
        dict(weight_shape=(16, 16, 2, 3)),
        dict(weight_shape=(16, 16, 3, 2)),
        dict(stride=(2, 1)),
        dict(stride=(1, 2)),
        dict(dilation=(2, 1)),
        dict(dilation=(1, 2)),
        dict(groups=2, weight_shape=(16, 8, 3, 3)),
        dict(padding=(3, 1)),
        dict(padding=(1, 3)),
        dict(dtype="float64"),
    ],
    ids=str,
)
def test_what_its_transforms_are_not_made_for_is_not_served(changed: dict[str, Any]) -> None:
    assert not steps(**changed) & WINOGRAD
    assert chosen(**changed) not in WINOGRAD


@pytest.mark.parametrize(
    "changed",
    [
        dict(x_shape=(4, 11, 32, 32), weight_shape=(16, 11, 3, 3)),
        dict(weight_shape=(11, 16, 3, 3)),
    ],
    ids=["in", "out"],
)
def test_few_channels_are_served_but_not_worth_it(changed: dict[str, Any]) -> None:
    assert steps(**changed) >= WINOGRAD
    assert chosen(**changed) not in WINOGRAD


@pytest.mark.parametrize(
    "changed",
    [
        dict(x_shape=(64, 16, 3, 32)),
        dict(x_shape=(64, 16, 32, 3)),
        dict(x_shape=(64, 16, 5, 32), padding=(0, 1)),
        dict(x_shape=(64, 16, 32, 5), padding=(1, 0)),
        dict(x_shape=(1, 16, 16, 16)),  # 16 tiles
    ],
    ids=str,
)
def test_tiles_of_four_want_four_rows_and_columns_and_many_of_them(changed: dict[str, Any]) -> None:
    assert chosen(**changed) == "winograd2"


@pytest.mark.parametrize("axis", [0, 1])
def test_an_axis_of_mostly_padding_gets_no_strip(axis: int) -> None:
    """A strip would hold every zero of it: (8 + 2 * 40) / 4 are more than 8 and 3 rows."""
    x, stride, padding = [4, 16, 32, 32], [1, 1], [1, 1]
    x[2 + axis], stride[axis], padding[axis] = 8, 40, 40
    changed = dict(x_shape=tuple(x), stride=tuple(stride), dtype="float64")
    assert chosen(**changed, padding=tuple(padding)) != "strip"
    assert chosen(x_shape=tuple(x), dtype="float64") == "strip"
