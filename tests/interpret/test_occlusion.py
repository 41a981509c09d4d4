"""Occlusion against loops over the windows."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
from minicnn import nn
from minicnn.interpret import Occlusion
from tests.machine import cases
from tests.strategies import seeds

SHAPE = (2, 5, 4)


def net(seed: int) -> nn.Sequential:
    minicnn.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1, dtype=np.float64),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(60, 3, dtype=np.float64),
    ).eval()


def brute_force(model, x, window, strides, baseline, target):
    """One window after another, in plain loops; a window begins while the one before has not
    reached the end."""
    total, count = np.zeros(x.shape), np.zeros(x.shape)
    starts = []
    for length, size, step in zip(SHAPE, window, strides):
        axis = [0]
        while axis[-1] + size < length:
            axis.append(axis[-1] + step)
        starts.append(axis)
    with minicnn.no_grad():
        for n, (c, h, w) in itertools.product(range(len(x)), itertools.product(*starts)):
            place = np.s_[c : c + window[0], h : h + window[1], w : w + window[2]]
            covered = x[n].copy()
            covered[place] = baseline[n][place]
            fall = model(x[n : n + 1]).data[0] - model(covered[None]).data[0]
            total[n][place] += fall[target[n]]
            count[n][place] += 1
    return total / count


@cases(25)
@given(st.data(), seeds)
def test_occlusion_is_what_a_loop_over_the_windows_finds(data: st.DataObject, seed: int) -> None:
    window = tuple(data.draw(st.integers(1, n)) for n in SHAPE)
    strides = tuple(data.draw(st.integers(1, n)) for n in window)
    rng = np.random.default_rng(seed)
    model, x, target = net(seed), rng.normal(size=(2, *SHAPE)), rng.integers(3, size=2)
    baseline = rng.normal(size=x.shape)
    got = Occlusion(model).attribute(
        x, window, strides, baseline, target, perturbations_per_eval=data.draw(st.integers(1, 9))
    )
    expected = brute_force(model, x, window, strides, baseline, target)
    np.testing.assert_allclose(got.data, expected, rtol=1e-9, atol=1e-9)


def test_one_stride_serves_the_axes_that_are_not_covered_whole() -> None:
    model, x = net(0), np.random.default_rng(0).normal(size=(1, *SHAPE))
    got = Occlusion(model).attribute(x, (2, 3, 3), 2, target=1)
    each = Occlusion(model).attribute(x, (2, 3, 3), (1, 2, 2), target=1)
    np.testing.assert_array_equal(got.data, each.data)
    expected = brute_force(model, x, (2, 3, 3), (1, 2, 2), np.zeros_like(x), [1])
    np.testing.assert_allclose(got.data, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("window", "strides", "message"),
    [
        (3, None, "sliding_window_shapes must be 3 ints for images of shape (2, 5, 4), got 3"),
        ((3, 3), None, "must be 3 ints for images of shape (2, 5, 4), got (3, 3)"),
        ((2, 6, 3), None, "must fit into an image of shape (2, 5, 4), got (2, 6, 3)"),
        ((2, 0, 3), None, "must fit into an image of shape (2, 5, 4), got (2, 0, 3)"),
        ((2, 3, 3), 4, "strides must be 3 ints from 1 to the window's (2, 3, 3)"),
        ((2, 3, 3), 0, "strides must be 3 ints from 1 to the window's (2, 3, 3)"),
        ((2, 3, 3), (1, 1), "strides must be 3 ints from 1 to the window's (2, 3, 3)"),
    ],
)
def test_windows_that_do_not_fit_are_named(window, strides, message) -> None:
    with pytest.raises(ValueError, match="Occlusion: .*" + re.escape(message)):
        Occlusion(net(0)).attribute(np.zeros((1, *SHAPE)), window, strides, target=0)
