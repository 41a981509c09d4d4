"""Indexing and gather: values against NumPy, gradients against differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from minicnn import Tensor, ops
from tests.machine import cases
from tests.reference_gradient import assert_gradients_equal_numeric

X = np.arange(24.0).reshape(2, 3, 4)

INDICES = {
    "int": 1,
    "negative int": -1,
    "NumPy int": np.int64(1),
    "slice": slice(1, None),
    "step": (slice(None), slice(None, None, 2)),
    "backwards": (slice(None), slice(None, None, -1)),
    "None": (None, 0, slice(None), None),
    "ellipsis": (..., 0),
    "all ints": (1, 2, 3),
    "list": [1, 0],
    "list with repeats": [0, 0, 1, 0],
    "array with repeats": (slice(None), np.array([2, 2, 0])),
    "two arrays": (np.array([0, 1, 0]), np.array([2, 2, 2])),
    "arrays that broadcast": (np.array([[0], [1]]), np.array([[2, 0, 2]])),
    "array of one": (slice(None), np.array([1])),
    "arrays apart": (np.array([0, 1]), slice(None), np.array([3, 3])),
    "mask": X > 10,
    "mask of an axis": (slice(None), np.array([True, False, True])),
    "mask and array": (np.array([True, True]), np.array([1, 1])),
    "empty list": [],
    "empty slice": slice(2, 2),
    "range": range(2),
}


@pytest.mark.parametrize("name", INDICES)
def test_values_and_gradients_equal_reference(name):
    index = INDICES[name]
    numpy_index = np.arange(0) if name == "empty list" else index
    assert_gradients_equal_numeric(lambda x: x[index], lambda x: x[numpy_index], [X])


@cases(60)
@given(index=hnp.basic_indices((2, 3, 4), allow_newaxis=True))
def test_any_basic_index_is_numpys(index):
    x = Tensor(X, requires_grad=True)
    y = x[index]
    np.testing.assert_array_equal(y.data, X[index])
    y.sum().backward()
    expected = np.zeros_like(X)
    expected[index] = 1
    np.testing.assert_array_equal(x.grad, expected)


@cases(60)
@given(index=hnp.integer_array_indices((2, 3, 4)))
def test_gradients_of_repeated_elements_add_up(index):
    x = Tensor(X, requires_grad=True)
    x[index].sum().backward()
    counts = np.bincount(np.arange(24).reshape(2, 3, 4)[index].ravel(), minlength=24)
    np.testing.assert_array_equal(x.grad, counts.reshape(2, 3, 4))


def test_tensors_are_indices():
    x = Tensor(X)
    np.testing.assert_array_equal(x[x > 10].data, X[X > 10])
    np.testing.assert_array_equal(x[0, Tensor([2, 0])].data, X[0, [2, 0]])
    assert x[Tensor(1), 1, 1].item() == X[1, 1, 1]


def test_iteration_yields_the_rows():
    assert [row.tolist() for row in Tensor([[1, 2], [3, 4]])] == [[1, 2], [3, 4]]


def test_gather_equals_take_along_axis():
    rng = np.random.default_rng(0)
    for dim in (0, 1, 2, -1):
        shape = [2, 3, 4]
        shape[dim] = 5
        index = rng.integers(0, X.shape[dim], shape)
        assert_gradients_equal_numeric(
            lambda x, dim=dim, index=index: x.gather(dim, index),
            lambda x, dim=dim, index=index: np.take_along_axis(x, index, dim),
            [X],
        )


def test_gather_of_fewer_rows_and_of_one_element_a_row():
    index = np.array([[[2, 0, 1]], [[1, 1, 0]]])[:1]
    assert_gradients_equal_numeric(
        lambda x: x.gather(1, index),
        lambda x: np.take_along_axis(x[:1, :, :3], index, 1),
        [X],
    )


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: Tensor(X)[2], IndexError, "getitem: x has shape (2, 3, 4): index 2 is out of bou"),
        (lambda: Tensor(X)[0, 0, 0, 0], IndexError, "getitem: x has shape (2, 3, 4): too many ind"),
        (lambda: Tensor(X)[[0.5, 1]], IndexError, "getitem: x has shape (2, 3, 4): arrays used as"),
        (lambda: Tensor(X)["a"], IndexError, "getitem: x has shape (2, 3, 4): only integers, sli"),
        (lambda: Tensor(X)[2**63], IndexError, "getitem: x has shape (2, 3, 4): Python int too"),
        (
            lambda: ops.gather(X, 0, [[[2]]]),
            IndexError,
            "gather: index must be from 0 to x.shape[0] - 1 = 1, got 2 to 2",
        ),
        (
            lambda: ops.gather(X, 0, [[[-1]]]),
            IndexError,
            "gather: index must be from 0 to x.shape[0] - 1 = 1, got -1 to -1",
        ),
        (lambda: ops.gather(X, 0, [[[0.5]]]), TypeError, "gather: index must be of integers, got"),
        (
            lambda: ops.gather(X, 0, [0]),
            ValueError,
            "gather: index must have as many axes as x, of shape (2, 3, 4), and be no larger along",
        ),
        (
            lambda: ops.gather(X, 0, np.zeros((1, 4, 1), int)),
            ValueError,
            "gather: index must have as many axes as x, of shape (2, 3, 4), and be no larger along",
        ),
        (lambda: ops.gather(X, 3, [[[0]]]), ValueError, "gather: dim must be from -3 to 2, got 3"),
    ],
)
def test_errors_name_the_op_and_the_shape(call, kind, text):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value).startswith(text)


def test_an_int_beside_arrays_takes_its_axis_away_first() -> None:
    """As in torch; NumPy would put the array's axis in front."""
    x = np.arange(120.0).reshape(2, 3, 4, 5)
    rows = np.array([0, 2, 2])
    for index, expected in [
        ((1, slice(None), rows), x[1][:, rows]),
        ((rows[:2] // 2, slice(0, 2), 3), x[..., 3, :][rows[:2] // 2, 0:2]),
        ((rows // 2, ..., -1), x[..., -1][rows // 2]),
        ((0, None, slice(None), rows, 2), x[0, :, :, 2][None, :, rows]),
        ((x[:, :, 0, 0] % 40 < 20, 1), x[:, :, 1][x[:, :, 0, 0] % 40 < 20]),
    ]:
        t = Tensor(x, requires_grad=True)
        y = t[index]
        np.testing.assert_array_equal(y.data, expected)
        y.sum().backward()
        assert t.grad is not None
        assert t.grad.sum() == y.numel()
