"""The deconvnet against its three inverses, written out; and what makes them inverses."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
from minicnn import nn
from minicnn.interpret import Deconvnet
from minicnn.nn import functional as F
from tests.machine import cases
from tests.strategies import pairs, seeds


@cases(40)
@given(pairs(1, 4), pairs(1, 3), pairs(0, 2), pairs(0, 4), st.integers(1, 2), seeds)
def test_a_transposed_convolution_is_the_convolutions_adjoint(
    kernel: Any, stride: Any, padding: Any, more: Any, groups: int, seed: int
) -> None:
    """<conv(x), y> = <x, convT(y)>, exactly: the sums are of small integers."""
    rng = np.random.default_rng(seed)
    size = [k + m for k, m in zip(kernel, more)]
    x = rng.integers(-4, 5, (2, 2 * groups, *size)).astype(np.float64)
    weight = rng.integers(-4, 5, (3 * groups, 2, *kernel)).astype(np.float64)
    padding = tuple(min(p, k // 2) for p, k in zip(padding, kernel))
    forth = F.conv2d(x, weight, None, stride, padding, 1, groups)
    y = rng.integers(-4, 5, forth.shape).astype(np.float64)
    left_over = tuple((n + 2 * p - k) % s for n, p, k, s in zip(size, padding, kernel, stride))
    back = F.conv_transpose2d(y, weight, None, stride, padding, left_over, groups)
    assert back.shape == x.shape
    assert (forth.data * y).sum() == (x * back.data).sum()


def test_unpooling_puts_the_maxima_where_pooling_found_them() -> None:
    x = np.random.default_rng(0).permutation(2 * 3 * 6 * 8).reshape(2, 3, 6, 8).astype(np.float32)
    y, switches = F.max_pool2d(x, 2, return_indices=True)
    back = F.max_unpool2d(y, switches, 2).data
    windows = x.reshape(2, 3, 3, 2, 4, 2)
    is_maximum = (windows == windows.max(axis=(3, 5), keepdims=True)).reshape(x.shape)
    np.testing.assert_array_equal(back, np.where(is_maximum, x, 0))


def net(seed: int = 0) -> nn.Sequential:
    minicnn.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, dtype=np.float64),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 5, 3, dtype=np.float64),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(20, 3, dtype=np.float64),
    ).eval()


def image(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(1, 2, 12, 12))


def by_hand(model: nn.Sequential, x: np.ndarray, channel: int, position: Any) -> np.ndarray:
    """Unpool, rectify, filter; twice."""
    first, second = model[0], model[3]
    a, first_switches = F.max_pool2d(F.relu(first(x)), 2, return_indices=True)
    b, second_switches = F.max_pool2d(F.relu(second(a)), 2, return_indices=True)
    row, column = position or np.unravel_index(b.data[0, channel].argmax(), b.shape[2:])
    alone = np.zeros_like(b.data)
    alone[0, channel, row, column] = b.data[0, channel, row, column]
    up = F.relu(F.max_unpool2d(alone, second_switches, 2, output_size=second(a).shape))
    down = F.conv_transpose2d(up, second.weight)
    up = F.relu(F.max_unpool2d(down, first_switches, 2))
    return F.conv_transpose2d(up, first.weight, padding=1).detach().data


@cases(25)
@given(st.integers(0, 4), st.none() | st.tuples(st.integers(0, 1), st.integers(0, 1)), seeds)
def test_it_unpools_rectifies_and_filters_with_the_transposed_kernels(
    channel: int, position: Any, seed: int
) -> None:
    model, x = net(seed), image(seed)
    with minicnn.no_grad():
        expected = by_hand(model, x, channel, position)
    for layer in ("5", model[5]):
        got = Deconvnet(model, layer).attribute(x[0], channel, position)
        assert got.shape == x.shape
        np.testing.assert_allclose(got.data, expected, rtol=1e-9, atol=1e-12)


def test_what_a_unit_does_not_see_stays_empty() -> None:
    found = Deconvnet(net(), "3").attribute(image(), 2, (0, 0)).data[0]
    assert found[:, :7, :7].any()  # 3x3 of the maps of half the size, seen by 3x3 kernels
    found[:, :7, :7] = 0
    assert not found.any()


def test_mistakes_are_said_with_the_fix() -> None:
    model, x = net(), image()
    method = Deconvnet(model, "5")
    for call, message in (
        (lambda: Deconvnet(model, "9"), "the model has no layer '9'; it has 0: Conv2d, 1: ReLU"),
        (lambda: method.attribute(np.concatenate([x, x]), 0), "image must be one image, of shape"),
        (lambda: method.attribute(x[0, 0], 0), "image must be one image, of shape"),
        (lambda: method.attribute(x, 5), "channel must be from 0 to 4, for the layer gives shape"),
        (lambda: method.attribute(x, 0, (2, 0)), "position must be within the map of 2 x 2, got"),
        (lambda: method.attribute(x, 0, 3), "position must be (row, column), got 3"),
        (lambda: Deconvnet(model.train(), "5").attribute(x, 0), "call model.eval() first"),
    ):
        with pytest.raises(ValueError, match="Deconvnet: .*" + re.escape(message)):
            call()
