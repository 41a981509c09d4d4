"""Crops and flips out of a dataset's array: every value where the definition has it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.ops.augment import augment
from tests.machine import THREADS, cases, using_threads


@st.composite
def calls(draw: Any) -> dict[str, Any]:
    """Arguments of augment; rectangles lie inside, outside and across the border."""
    n_all, n = draw(st.integers(1, 4)), draw(st.integers(0, 20))
    H, W, C = draw(st.integers(1, 7)), draw(st.integers(1, 7)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = rng.integers(0, 256, (n_all, H, W, C), dtype=np.uint8)
    if draw(st.booleans()):
        x = np.ascontiguousarray(x.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1)  # planes, as CIFAR
    if draw(st.booleans()):
        x = x[:, ::-1, ::2]
    lines = [
        np.stack([rng.integers(-9, 10, n), rng.choice([-1, 1], n)], axis=1).astype(np.int64)
        for _ in range(2)
    ]
    return dict(
        x=x,
        indices=rng.integers(0, n_all, n),
        rows=lines[0],
        columns=lines[1],
        size=(draw(st.integers(1, 6)), draw(st.integers(1, 6))),
        tables=rng.standard_normal((C, 256)).astype(np.float32),
        fill=draw(st.integers(0, 255)),
    )


def by_definition(
    x: Any, indices: Any, rows: Any, columns: Any, size: Any, tables: Any, fill: int
) -> np.ndarray:
    out = np.empty((len(indices), x.shape[3], *size), np.float32)
    for n, c, i, j in np.ndindex(*out.shape):
        hi, wi = rows[n, 0] + rows[n, 1] * i, columns[n, 0] + columns[n, 1] * j
        inside = 0 <= hi < x.shape[1] and 0 <= wi < x.shape[2]
        out[n, c, i, j] = tables[c, x[indices[n], hi, wi, c] if inside else fill]
    return out


@cases(60)
@given(call=calls(), threads=st.sampled_from(THREADS))
def test_every_value_is_what_the_definition_says(call: dict[str, Any], threads: int) -> None:
    with using_threads(threads):
        y = augment(**call)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, by_definition(**call))


def valid() -> dict[str, Any]:
    return dict(
        x=np.zeros((2, 4, 4, 3), np.uint8),
        indices=np.array([0, 1]),
        rows=np.array([[0, 1], [0, 1]]),
        columns=np.array([[0, 1], [3, -1]]),
        size=(4, 4),
        tables=np.zeros((3, 256), np.float32),
    )


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        (
            dict(x=np.zeros((4, 4, 3), np.uint8)),
            r"x must have shape \(N, H, W, C\), got \(4, 4, 3\)",
        ),
        (dict(indices=np.array([0, 2])), r"indices must be in \[0, 2\), got 2"),
        (dict(indices=np.array([-1, 0])), r"indices must be in \[0, 2\), got -1"),
        (dict(rows=np.array([[0, 1]])), r"rows must have shape \(2, 2\), got \(1, 2\)"),
        (dict(rows=np.array([[0, 2], [0, 1]])), "steps of 1 or -1, got 0 and 2"),
        (dict(columns=np.array([[2**62, 1], [0, 1]])), r"starts up to 2\^40"),
        (dict(size=(0, 4)), r"size must be 1 to 2\^24 pixels, got 0"),
        (dict(tables=np.zeros((1, 256), np.float32)), r"tables must have shape \(3, 256\)"),
    ],
)
def test_wrong_values_are_refused(changes: dict[str, Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        augment(**{**valid(), **changes})


@pytest.mark.parametrize("name", ["x", "indices", "rows", "columns", "tables"])
def test_wrong_types_are_refused(name: str) -> None:
    call = valid()
    call[name] = call[name].astype(np.int16)
    with pytest.raises(TypeError, match=f"augment: {name} must be an array of .*, got int16"):
        augment(**call)
