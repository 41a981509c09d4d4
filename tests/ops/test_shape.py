"""Shape operations, moving and joining: values against NumPy, gradients against differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Tensor, ops
from tests.machine import cases
from tests.reference_gradient import assert_gradients_equal_numeric

X = np.arange(24.0).reshape(2, 3, 4)

CASES = {
    "reshape": (lambda x: x.reshape(4, -1), lambda x: x.reshape(4, -1)),
    "reshape by a tuple": (lambda x: x.reshape((6, 4)), lambda x: x.reshape(6, 4)),
    "reshape to one axis": (lambda x: x.reshape(-1), lambda x: x.reshape(-1)),
    "view": (lambda x: x.view(2, 12), lambda x: x.reshape(2, 12)),
    "view of a transposed one": (lambda x: x.T.view(-1), lambda x: x.T.reshape(-1)),
    "permute": (lambda x: x.permute(2, 0, 1), lambda x: x.transpose(2, 0, 1)),
    "permute by a tuple": (lambda x: x.permute((-1, 0, 1)), lambda x: x.transpose(2, 0, 1)),
    "transpose": (lambda x: x.transpose(0, -1), lambda x: x.swapaxes(0, 2)),
    "T": (lambda x: x.T, lambda x: x.T),
    "mT": (lambda x: x.mT, lambda x: x.swapaxes(1, 2)),
    "t": (lambda x: x[0].t(), lambda x: x[0].T),
    "flatten": (lambda x: x.flatten(), lambda x: x.reshape(24)),
    "flatten all but the batch": (lambda x: x.flatten(1), lambda x: x.reshape(2, 12)),
    "flatten the first": (lambda x: x.flatten(0, 1), lambda x: x.reshape(6, 4)),
    "unflatten": (lambda x: x.unflatten(-1, (2, -1)), lambda x: x.reshape(2, 3, 2, 2)),
    "unsqueeze": (lambda x: x.unsqueeze(1), lambda x: x[:, None]),
    "unsqueeze at the end": (lambda x: x.unsqueeze(-1), lambda x: x[..., None]),
    "squeeze one": (lambda x: x[:1, :, :1].squeeze(0), lambda x: x[0, :, :1]),
    "squeeze all": (lambda x: x[:1, :, :1].squeeze(), lambda x: x[0, :, 0]),
    "squeeze what is larger": (lambda x: x.squeeze(1), lambda x: x),
    "squeeze none": (lambda x: x[:1].squeeze(()), lambda x: x[:1]),
    "squeeze two": (lambda x: x[:1, :, :1].squeeze((0, 2)), lambda x: x[0, :, 0]),
    "expand": (lambda x: x[:, :1].expand(-1, 5, 4), lambda x: np.repeat(x[:, :1], 5, 1)),
    "expand in front": (lambda x: x.expand(3, -1, -1, -1), lambda x: np.stack([x] * 3)),
    "repeat": (lambda x: x.repeat(2, 1, 3), lambda x: np.tile(x, (2, 1, 3))),
    "repeat in front": (lambda x: x.repeat(2, 1, 1, 2), lambda x: np.tile(x, (2, 1, 1, 2))),
    "flip": (lambda x: x.flip(0, -1), lambda x: x[::-1, :, ::-1]),
    "flip none": (lambda x: x.flip(()), lambda x: x),
    "roll": (lambda x: x.roll(3), lambda x: np.roll(x, 3)),
    "roll axes": (lambda x: x.roll((1, -2), (0, 2)), lambda x: np.roll(x, (1, -2), (0, 2))),
    "cat": (
        lambda x: ops.cat([x, 2 * x[:, :1]], 1),
        lambda x: np.concatenate([x, 2 * x[:, :1]], 1),
    ),
    "cat of the same": (lambda x: ops.cat((x, x), -1), lambda x: np.concatenate([x, x], -1)),
    "stack": (lambda x: ops.stack([x, 3 * x], 1), lambda x: np.stack([x, 3 * x], 1)),
    "stack at the end": (lambda x: ops.stack([x, 3 * x], -1), lambda x: np.stack([x, 3 * x], -1)),
    "split": (lambda x: x.split(3, 2)[0] * x.split(1, 2)[3], lambda x: x[..., :3] * x[..., 3:]),
    "split by sizes": (lambda x: x.split([1, 0, 2], 1)[2], lambda x: x[:, 1:]),
    "chunk": (lambda x: x.chunk(2, 1)[1], lambda x: x[:, 2:]),
}


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_equal_reference(name):
    assert_gradients_equal_numeric(*CASES[name], [X])


@cases(50)
@given(n=st.integers(0, 12), chunks=st.integers(1, 15), size=st.integers(1, 15))
def test_parts_put_together_are_the_whole(n, chunks, size):
    x = np.arange(n)
    for parts in (ops.chunk(x, chunks), ops.split(x, size)):
        np.testing.assert_array_equal(np.concatenate([p.data for p in parts]), x)
    assert len(ops.chunk(x, chunks)) <= chunks
    assert all(len(p) == size for p in ops.split(x, size)[:-1])


def test_numbers_become_vectors_and_back():
    x = Tensor(np.array(3.0), requires_grad=True)
    assert x.flatten().shape == (1,)
    assert x.reshape(1, 1).shape == (1, 1)
    assert x.unsqueeze(0).shape == (1,)
    assert x.squeeze().shape == ()
    assert x.reshape(1).reshape(()).shape == ()
    x.expand(2, 2).sum().backward()
    assert x.grad == 4.0


def test_views_share_memory():
    x = Tensor(X)
    for y in (x.view(-1), x.T, x.unsqueeze(0), x.permute(1, 0, 2), x.expand(2, 2, 3, 4)):
        assert np.shares_memory(y.data, X)
    assert not np.shares_memory(x.repeat(1, 1, 1).data, X)


def test_dtypes_are_joined_like_those_of_add():
    parts = [np.ones(1, np.float32), np.arange(2)]
    assert ops.cat(parts).dtype == np.float32
    assert ops.cat([np.arange(2), [True]]).dtype == np.int64
    assert ops.stack([np.float32([1]), np.float64([1])]).dtype == np.float64


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: ops.reshape(X, (5, -1)),
            "reshape: x of shape (2, 3, 4) has 24 elements and cannot become (5, -1): 24 is not a"
            " multiple of 5",
        ),
        (
            lambda: ops.view(X, (5, 5)),
            "view: x of shape (2, 3, 4) has 24 elements and cannot become (5, 5), which has 25",
        ),
        (
            lambda: ops.reshape(X, (-1, -1)),
            "reshape: sizes must be >= 0, and one may be -1, got (-1, -1)",
        ),
        (
            lambda: ops.reshape(X[:0], (0, -1)),
            "reshape: x of shape (0, 3, 4) has 0 elements and cannot become (0, -1): with a size of"
            " 0, any size would do for -1",
        ),
        (lambda: ops.flatten(X, 2, 1), "flatten: start_dim 2 comes after end_dim 1"),
        (lambda: ops.flatten(X, 3), "flatten: start_dim must be from -3 to 2, got 3"),
        (
            lambda: ops.permute(X, (0, 1, 1)),
            "permute: dims must name each of 3 axes once, got (0, 1, 1)",
        ),
        (lambda: ops.transpose(X, 0, 3), "transpose: dim1 must be from -3 to 2, got 3"),
        (lambda: ops.unsqueeze(X, 4), "unsqueeze: dim must be from -4 to 3, got 4"),
        (
            lambda: ops.expand(X, (2, 5, 4)),
            "expand: x of shape (2, 3, 4) does not broadcast to (2, 5, 4)",
        ),
        (
            lambda: ops.expand(X, (-1, 2, 3, 4)),
            "expand: x of shape (2, 3, 4) does not broadcast to (-1, 2, 3, 4)",
        ),
        (
            lambda: ops.repeat(X, (2, 2)),
            "repeat: needs a number >= 0 for each axis of x, of shape (2, 3, 4), got (2, 2)",
        ),
        (
            lambda: ops.roll(X, (1, 2), 0),
            "roll: needs one shift for each axis, got shifts (1, 2), dims (0,)",
        ),
        (
            lambda: ops.cat([X, X[:, :, :2]]),
            "cat: shapes must be equal but along dim 0, got (2, 3, 4) for tensors[0] and (2, 3, 2)"
            " for tensors[1]",
        ),
        (lambda: ops.cat([]), "cat: needs at least one tensor, got none"),
        (
            lambda: ops.stack([X, X[0]]),
            "stack: tensors must have one shape, got (2, 3, 4) for tensors[0] and (3, 4) for"
            " tensors[1]",
        ),
        (
            lambda: ops.split(X, [1, 1], 2),
            "split: sizes must be >= 0 and add up to x.shape[2] = 4, got [1, 1]",
        ),
        (lambda: ops.split(X, 0), "split: split_size_or_sections must be positive, got 0"),
        (
            lambda: ops.expand(1.0, (2**62, 4)),
            "expand: a result of shape (4611686018427387904, 4) would have 18446744073709551616"
            " elements, too many",
        ),
        (
            lambda: ops.repeat([1.0, 2.0], 2**62),
            "repeat: a result of shape (9223372036854775808,) would have 9223372036854775808"
            " elements, too many",
        ),
        (
            lambda: ops.reshape(X, (2**62, 4)),
            "reshape: x of shape (2, 3, 4) has 24 elements and cannot become"
            " (4611686018427387904, 4), which has 18446744073709551616",
        ),
        (lambda: ops.flip(X, np.int64(3)), "flip: dim must be from -3 to 2, got 3"),
        (lambda: ops.chunk(X, 0), "chunk: chunks must be positive, got 0"),
        (
            lambda: ops.unflatten(X, 1, (2, 2)),
            "unflatten: x of shape (3,) has 3 elements and cannot become (2, 2), which has 4",
        ),
    ],
)
def test_errors_say_what_does_not_fit(call, text):
    with pytest.raises(ValueError) as error:  # noqa: PT011  # the whole text is compared
        call()
    assert str(error.value) == text
