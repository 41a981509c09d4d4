"""dropout: what it may return, how often, and that the gradient has the same holes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minicnn
from minicnn import Tensor, _core
from minicnn.ops.dropout import dropout, dropout2d
from tests.machine import THREADS, using_threads


def philox(key: int, counters: np.ndarray) -> np.ndarray:
    """Return (4, N) random words of N counters: ten rounds, as Salmon et al. (2011) define them."""
    low, high, word = np.uint64(2**32 - 1), np.uint64(32), np.uint64
    a, b = counters & low, counters >> high
    c = d = np.zeros_like(counters)
    keys = [key % 2**32, key >> 32]
    for _ in range(10):
        by_a, by_c = word(0xD2511F53) * a, word(0xCD9E8D57) * c
        a, b, c, d = (
            (by_c >> high) ^ b ^ word(keys[0]),
            by_c & low,
            ((by_a >> high) ^ d ^ word(keys[1])),
            by_a & low,
        )
        keys = [(keys[0] + 0x9E3779B9) % 2**32, (keys[1] + 0xBB67AE85) % 2**32]
    return np.stack([a, b, c, d])


def test_the_oracle_gives_the_published_words():
    """The first of the known answers that come with the authors' library, Random123."""
    words = philox(0, np.zeros(1, np.uint64))[:, 0]
    assert [hex(word) for word in words] == ["0x6627e8d5", "0xe169c58d", "0xbc57ac4c", "0x9b00dbd8"]


@pytest.mark.parametrize("p", [0.1, 0.5, 0.7])
def test_which_values_are_dropped_is_a_function_of_key_and_place(target, p):
    """Words of 16 counters together: 16 times word 0, then 16 times word 1, ..."""
    n, key = 40_003, 0x243F6A8885A308D3  # three tasks, and a last block that is not whole
    blocks = -(-n // 64)
    words = philox(key, np.arange(16 * blocks, dtype=np.uint64))
    in_order = words.reshape(4, blocks, 16).swapaxes(0, 1).reshape(-1)[:n]
    for threads in THREADS[:3]:
        with using_threads(threads):
            y, keep = _core.dropout_forward(np.ones(n, np.float32), key, p, 1 / (1 - p))
        np.testing.assert_array_equal(keep, in_order >= int(p * 2**32))
        np.testing.assert_array_equal(y != 0, keep == 1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(
    shape=hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=6),
    p=st.floats(0, 0.999),
    seed=st.integers(0, 2**32),
)
def test_each_value_is_zero_or_divided_by_what_is_kept(dtype, shape, p, seed):
    minicnn.manual_seed(seed)
    x = np.random.default_rng(seed).uniform(1, 2, shape).astype(dtype)
    t = Tensor(x, requires_grad=True)
    y = dropout(t, p)
    assert y.dtype == dtype
    assert y.shape == shape
    kept = y.data != 0
    np.testing.assert_allclose(y.data[kept], x[kept] / (1 - p), rtol=4 * np.finfo(dtype).eps)
    grad_y = np.full(shape, 3, dtype)
    y.backward(grad_y)
    expected = np.where(kept, 3 / (1 - p), 0)
    np.testing.assert_allclose(t.grad, expected, rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("p", [0.01, 0.25, 0.5, 0.9])
def test_zeros_are_as_frequent_as_p_says(p):
    minicnn.manual_seed(0)
    x = np.ones((200, 500), np.float32)
    zeros = dropout(x, p).data == 0
    deviation = math.sqrt(p * (1 - p) / x.size)
    assert abs(zeros.mean() - p) < 5 * deviation
    # neighbours are independent: both are zero p**2 of the time
    both = (zeros[:, 1:] & zeros[:, :-1]).mean()
    assert abs(both - p * p) < 5 * math.sqrt(p * p / x.size)


def test_a_seed_repeats_the_draw_and_the_next_draw_differs():
    x = np.ones(1000, np.float32)
    minicnn.manual_seed(7)
    first, second = dropout(x).data, dropout(x).data
    minicnn.manual_seed(7)
    np.testing.assert_array_equal(dropout(x).data, first)
    assert (first != second).any()


def test_p_of_one_gives_zeros_and_p_of_zero_or_eval_the_input():
    x = Tensor([1.0, -2.0, 3.0], requires_grad=True)
    y = dropout(x, 1)
    y.backward(np.ones(3))
    assert y.tolist() == x.grad.tolist() == [0, 0, 0]
    assert dropout(x, 0).tolist() == dropout(x, 0.9, training=False).tolist() == x.tolist()


@pytest.mark.parametrize("shape", [(30, 40, 3, 2), (30, 40, 5)])
def test_dropout2d_drops_whole_channels(shape):
    minicnn.manual_seed(0)
    t = Tensor(np.ones(shape, np.float32), requires_grad=True)
    y = dropout2d(t, 0.25)
    y.backward(np.ones(shape))
    channels = y.data.reshape(1200, -1)
    assert (channels == channels[:, :1]).all()
    assert set(channels[:, 0]) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs((channels[:, 0] == 0).mean() - 0.25) < 5 * math.sqrt(0.25 * 0.75 / 1200)
    np.testing.assert_array_equal(t.grad, y.data)
    np.testing.assert_array_equal(dropout2d(t, 0.25, training=False).data, t.data)


@pytest.mark.parametrize("op", [dropout, dropout2d])
def test_errors_name_the_argument(op):
    name, x = op.__name__, np.ones((1, 2, 3, 4), np.float32)
    for p in (-0.1, 1.5, math.nan, math.inf):
        with pytest.raises(ValueError, match=rf"^{name}: p must be in \[0, 1\], got {p}"):
            op(x, p)
    for p in ("0.5", None, True, [0.5]):
        with pytest.raises(TypeError, match=f"^{name}: p must be a number, got "):
            op(x, p)
    with pytest.raises(TypeError, match=f"^{name}: training must be True or False, got 1"):
        op(x, 0.5, 1)
    with pytest.raises(TypeError, match=f"^{name}: x must be float32 or float64, got int64"):
        op(x.astype(int))
    with pytest.raises(ValueError, match=r"^dropout2d: x must have shape \(N, C, H, W\) or"):
        dropout2d(np.ones((2, 3)))
