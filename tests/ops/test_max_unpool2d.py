"""Max pooling undone: every value where it came from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Tensor
from minicnn.ops.max_unpool2d import max_unpool1d, max_unpool2d
from minicnn.testing import gradcheck
from tests.machine import cases
from tests.reference import assert_exact

OPS = pytest.mark.parametrize(("op", "n"), [(max_unpool1d, 1), (max_unpool2d, 2)])
F32 = np.float32


@OPS
@given(data=st.data(), seed=st.integers(0, 2**32))
@cases(80)
def test_values_go_to_their_indices_and_gradients_come_from_there(op, n, data, seed):
    rng = np.random.default_rng(seed)
    leading = data.draw(st.sampled_from([(2, 3), (0, 2), (3,)]))
    size = [data.draw(st.integers(1, 5)) for _ in range(n)]
    kernel, stride = ([data.draw(st.integers(1, 4)) for _ in range(n)] for _ in range(2))
    wide = [(a - 1) * s + k for a, k, s in zip(size, kernel, stride)]
    padding = [
        data.draw(st.integers(0, max(0, min(k // 2, (w - 1) // 2)))) for k, w in zip(kernel, wide)
    ]
    out = [w - 2 * p for w, p in zip(wide, padding)]
    if np.prod(out) < np.prod(size):
        return  # no place for each value
    x = rng.integers(-9, 10, (*leading, *size)).astype(F32)
    planes = [
        rng.permutation(int(np.prod(out)))[: int(np.prod(size))]
        for _ in range(int(np.prod(leading)))
    ]
    indices = np.array(planes, np.int64).reshape(x.shape)
    expected = np.zeros((int(np.prod(leading)), int(np.prod(out))))
    for row, places, values in zip(expected, planes, x.reshape(len(planes), int(np.prod(size)))):
        for place, value in zip(places, values):
            row[place] = value
    expected = expected.reshape(*leading, *out)
    t = Tensor(x, requires_grad=True)
    y = op(t, indices, tuple(kernel), tuple(stride), tuple(padding))
    assert_exact(y.data, expected, F32)
    grad_y = rng.integers(-9, 10, expected.shape).astype(F32)
    y.backward(grad_y)
    flat = grad_y.reshape(len(planes), int(np.prod(out)))
    gathered = [row[places] for row, places in zip(flat, planes)]
    assert_exact(t.grad, np.array(gathered, F32).reshape(x.shape), F32)


def test_output_size_chooses_among_the_possible_sizes():
    x, indices = np.ones((1, 1, 2, 2), F32), np.arange(4).reshape(1, 1, 2, 2)
    assert max_unpool2d(x, indices, 2).shape == (1, 1, 4, 4)
    assert max_unpool2d(x, indices, 2, output_size=(5, 3)).shape == (1, 1, 5, 3)
    assert max_unpool2d(x, indices, 2, output_size=(1, 1, 5, 5)).shape == (1, 1, 5, 5)


def test_gradients_agree_with_differences():
    x = Tensor(np.random.default_rng(0).normal(size=(1, 2, 2, 2)), requires_grad=True)
    indices = np.array([[[[0, 3], [8, 15]], [[5, 6], [9, 10]]]])
    assert gradcheck(lambda x: max_unpool2d(x, indices, 2), x)


X, AT = np.ones((1, 1, 2, 2), F32), np.zeros((1, 1, 2, 2), np.int64)


@pytest.mark.parametrize(
    ("x", "indices", "setting", "message"),
    [
        (X, AT[0], {}, r"indices must have x's shape \(1, 1, 2, 2\), got \(1, 2, 2\)"),
        (X, AT + 16, {}, r"indices must be from 0 to 4 \* 4 - 1 = 15, got 16 to 16"),
        (X, AT - 1, {}, r"indices must be from 0 to 4 \* 4 - 1 = 15, got -1 to -1"),
        (X[0, 0], AT[0, 0], {}, r"x must have shape \(N, C, H, W\) or \(C, H, W\), got 2"),
        (X, AT, dict(stride=0), "stride must be at least 1, got 0"),
        (X, AT, dict(padding=-1), "padding must be at least 0, got -1"),
        (
            X,
            AT,
            dict(padding=2),
            r"\(input - 1\) \* stride - 2 \* padding \+ kernel_size must be at",
        ),
        (
            X,
            AT,
            dict(output_size=(6, 4)),
            r"output_size \(6, 4\) must be within a stride of \(4, 4\) = \(input - 1\) \* stride",
        ),
        (X, AT, dict(output_size=(4,)), r"output_size must have at least 2 sizes, got \(4,\)"),
        (X, AT, dict(stride=2**62), "a result of shape .* would have"),
    ],
)
def test_errors_name_the_argument_and_the_rule(x, indices, setting, message):
    with pytest.raises(ValueError, match=f"^max_unpool2d: {message}"):
        max_unpool2d(x, indices, 2, **setting)


def test_wrong_types_are_type_errors():
    with pytest.raises(TypeError, match=r"^max_unpool2d: indices must be int64, got float32"):
        max_unpool2d(X, X, 2)
    with pytest.raises(TypeError, match=r"^max_unpool1d: x must be float32 or float64, got int64"):
        max_unpool1d(AT[0], AT[0], 2)
