"""embedding and one_hot against plain indexing, with integers: exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minicnn import Tensor
from minicnn.ops.embedding import embedding, one_hot


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(
    shape=hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6),
    table=st.tuples(st.integers(1, 7), st.integers(1, 5)),
    padding=st.none() | st.integers(-1, 0),
    seed=st.integers(0, 2**32),
)
def test_rows_and_their_gradients_are_exact(dtype, shape, table, padding, seed):
    rng = np.random.default_rng(seed)
    indices, rows = rng.integers(0, table[0], shape), rng.integers(-9, 10, table)
    weight = Tensor(rows.astype(dtype), requires_grad=True)
    y = embedding(indices, weight, padding)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y.data, rows[indices])
    grad_y = rng.integers(-9, 10, y.shape)
    y.backward(grad_y)
    expected = np.zeros(table, int)
    for place in np.ndindex(*shape):
        if padding is None or indices[place] != padding % table[0]:
            expected[indices[place]] += grad_y[place]
    np.testing.assert_array_equal(weight.grad, expected)
    assert weight.grad.dtype == dtype


@given(
    labels=hnp.arrays(
        np.int64, hnp.array_shapes(min_dims=0, max_side=5), elements=st.integers(0, 6)
    ),
    classes=st.integers(7, 9) | st.just(-1),
)
def test_one_hot_has_a_single_one_at_the_label(labels, classes):
    y = one_hot(labels, classes)
    width = labels.max() + 1 if classes == -1 else classes
    assert y.dtype == np.int64
    np.testing.assert_array_equal(y.data, np.eye(width, dtype=np.int64)[labels])


def test_errors_name_the_first_bad_number():
    weight = np.zeros((5, 2), np.float32)
    with pytest.raises(
        ValueError,
        match=r"^embedding: input\[0, 1\] = 5 is not one of the 5 rows of weight, 0 to 4",
    ):
        embedding([[0, 5], [-1, 2]], weight)
    with pytest.raises(ValueError, match=r"^embedding: input = -1 is not one of the 5 rows"):
        embedding(np.int64(-1), weight)
    with pytest.raises(TypeError, match=r"^embedding: input must hold integers, got float32"):
        embedding([1.0], weight)
    with pytest.raises(
        TypeError, match=r"^embedding: weight must be float32 or float64, got int64"
    ):
        embedding([1], weight.astype(int))
    with pytest.raises(
        ValueError, match=r"^embedding: weight must have shape \(num_embeddings, emb"
    ):
        embedding([1], weight[0])
    with pytest.raises(ValueError, match=r"^embedding: padding_idx must be from -5 to 4, got 5"):
        embedding([1], weight, 5)
    with pytest.raises(ValueError, match=r"^one_hot: input\[2\] = 3 is not one of the 3 classes"):
        one_hot([0, 1, 3], 3)
    with pytest.raises(ValueError, match=r"^one_hot: input\[0\] = -2 is not one of"):
        one_hot([-2, 0])
    with pytest.raises(ValueError, match=r"^one_hot: num_classes must be positive, or -1, got 0"):
        one_hot([0], 0)
    with pytest.raises(ValueError, match=r"^one_hot: num_classes must be given where there is no"):
        one_hot(np.zeros(0, int))
    with pytest.raises(TypeError, match=r"^one_hot: input must hold integers, got bool"):
        one_hot([True], 2)
