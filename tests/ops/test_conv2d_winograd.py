"""Winograd's steps of conv2d round more than the definition, and no more than this.

The transforms add and subtract the pixels of a whole tile before they multiply, so what bounds the
error of an output is not its own cond but `cond_tile`: the largest cond among the outputs that
share a tile with it. A tile of F(M x M, 3 x 3) has M x M outputs, so those stand within M - 1 rows
and columns. For grad_weight a tile pairs M x M values of grad_y with (M + 2) x (M + 2) pixels, as a
kernel with M - 1 more cells on each side would.

The factors are measured, not derived: over 2,000 random convolutions winograd2 stayed below 6 on
any data; winograd4 below 14 where at least 12 channels average its errors, below 26 elsewhere.
"""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.ndimage import maximum_filter

from tests import reference
from tests.machine import TARGETS, cases, running_on
from tests.ops.test_conv2d import BIG, PASSES, compute, oracle, steps_for
from tests.reference import assert_close, assert_exact
from tests.strategies import Conv2dCase, pairs, seeds

TILE = {"winograd2": 2, "winograd4": 4}  # outputs on a side of a tile
AVERAGED = {"winograd2": 8, "winograd4": 16}  # roundings, with 12 channels and 6 x 6 pixels or more
ANYWHERE = {"winograd2": 8, "winograd4": 32}


def cond_tile(step: str, name: str, case: Conv2dCase, arrays: list[np.ndarray]) -> np.ndarray:
    """The largest cond among the outputs that share a tile with each output of the pass `name`."""
    x, weight, bias, grad_y = (abs(a.astype(np.float64)) for a in arrays)
    reach = TILE[step] - 1
    if name == "grad_weight":
        K, (top, left) = 3 + 2 * reach, case.padding
        wide = reference.conv2d_grad_weight(
            grad_y,
            x,
            np.zeros((*weight.shape[:2], K, K)),
            **case.options | dict(padding=(top + reach, left + reach)),
        )
        return np.broadcast_to(wide.max(axis=(2, 3), keepdims=True), weight.shape)
    cond = reference.conv2d_all(x, weight, bias, grad_y, **case.options)[name]
    if name == "grad_bias":
        return cond
    return maximum_filter(cond, size=(1, 1, 2 * reach + 1, 2 * reach + 1))


def sizes(channels: int, pixels: int) -> st.SearchStrategy[Conv2dCase]:
    """3x3 convolutions that Winograd's steps serve, of at least so many channels and pixels."""
    return st.builds(
        Conv2dCase,
        N=st.integers(1, 3),
        C_in=st.integers(channels, channels + 30),
        C_out=st.integers(channels, channels + 30),
        image=pairs(pixels, pixels + 9),
        kernel=st.just((3, 3)),
        padding=pairs(0, 2),
        seed=seeds,
    ).filter(lambda case: min(case.out) > 0)


def check(case: Conv2dCase, kind: str, roundings: dict[str, int]) -> None:
    """Compare Winograd's steps, on each instruction set, with the oracle."""
    arrays = [a.astype(np.float32) for a in case.floats(kind)]
    expected, _ = oracle(case, arrays, np.float64)
    expected["relu"] = np.maximum(expected["y"], 0)
    for step, factor in roundings.items():
        assert step in steps_for(case, "float32")
        bound = {name: cond_tile(step, name, case, arrays) for name in PASSES}
        bound["relu"] = bound["y"]
        for target in TARGETS:
            with running_on(target):
                got = compute(case, arrays, step) | {"relu": compute(case, arrays, step, True)["y"]}
            for name, wanted in expected.items():
                label = f"{step} {target} {kind} {name}"
                assert_close(got[name], wanted, bound[name], np.float32, label, factor=factor)


@given(case=sizes(12, 6), kind=st.sampled_from(["normal", "relu"]))
@example(case=BIG, kind="normal")
@cases(40)
def test_layers_with_many_channels_round_little(case, kind):
    check(case, kind, AVERAGED)


@given(case=sizes(1, 1), kind=st.sampled_from(["normal", "relu", "scaled"]))
@cases(60)
def test_any_layer_rounds_within_bounds(case, kind):
    check(case, kind, ANYWHERE)


@given(case=sizes(1, 1))
@cases(60)
def test_zeros_stay_zeros(case):
    """Where a whole image is zero there is nothing to round."""
    x, weight, bias, grad_y = (a.astype(np.float32) for a in case.floats())
    for step in TILE:
        got = compute(case, [0 * x, weight, 0 * bias, 0 * grad_y], step)
        for name in PASSES:
            assert_exact(got[name], np.zeros(got[name].shape), np.float32, f"{step} {name}")
