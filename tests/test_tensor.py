"""The tensor itself: what it takes, says and gives back."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import minicnn
from minicnn import Tensor, ops, tensor


def test_python_numbers_become_float32_and_int64():
    assert Tensor([1.5, 2]).dtype == np.float32
    assert Tensor(1.0).dtype == np.float32
    assert Tensor([1, 2]).dtype == np.int64
    assert Tensor([True]).dtype == np.bool_
    assert Tensor(3).shape == ()


def test_arrays_keep_dtype_and_memory():
    x = np.arange(3.0)
    assert Tensor(x).data is x
    assert Tensor(np.float64(1)).dtype == np.float64
    assert Tensor(Tensor(x)).data is x


def test_subclasses_of_ndarray_are_plain_arrays():
    x = Tensor(np.ones((2, 2)).view(np.recarray))
    assert type(x.data) is np.ndarray
    masked = np.ma.masked_array([1.0, 2.0], mask=[False, True])
    assert type(Tensor(masked).data) is np.ndarray


def test_tensor_copies():
    x = np.arange(3.0)
    y = tensor(x, requires_grad=True)
    x[0] = 7
    assert y.tolist() == [0.0, 1.0, 2.0]
    assert y.requires_grad
    assert tensor([1, 2], dtype=np.float32).dtype == np.float32
    assert tensor([1.0]).dtype == np.float32


def test_sizes():
    x = Tensor(np.zeros((2, 3, 4)))
    assert (x.shape, x.size(), x.size(-1), x.ndim, x.dim()) == ((2, 3, 4), (2, 3, 4), 4, 3, 3)
    assert (x.numel(), len(x)) == (24, 2)
    with pytest.raises(TypeError, match=r"^Tensor: a tensor of shape \(\) has no length"):
        len(Tensor(1.0))


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (Tensor([1.0, 2.5]), "tensor([1. , 2.5])"),
        (Tensor([1, 2]), "tensor([1, 2])"),
        (Tensor(np.float64([1])), "tensor([1.], dtype=float64)"),
        (Tensor([1.0], requires_grad=True), "tensor([1.], requires_grad=True)"),
        (Tensor([1.0], requires_grad=True) * 2, "tensor([2.], grad_fn=<Mul>)"),
        (Tensor([[1], [2]]), "tensor([[1],\n        [2]])"),
    ],
)
def test_text(x, text):
    assert repr(x) == text


def test_items_and_lists():
    assert Tensor([[2.5]]).item() == 2.5
    assert type(Tensor(3).item()) is int
    assert Tensor([[1, 2]]).tolist() == [[1, 2]]
    assert float(Tensor(2.5)) == 2.5
    assert int(Tensor([7])) == 7
    assert bool(Tensor([0.0])) is False
    with pytest.raises(ValueError, match=r"^Tensor.item: needs exactly one element, got"):
        Tensor([1, 2]).item()
    with pytest.raises(ValueError, match=r"^Tensor: the truth value of a tensor of shape"):
        bool(Tensor([1, 2]))


def test_numpy_shares_memory_unless_a_gradient_is_required():
    x = Tensor([1.0, 2.0])
    assert np.shares_memory(x.numpy(), x.data)
    assert np.shares_memory(np.asarray(x), x.data)
    x.requires_grad_()
    with pytest.raises(RuntimeError, match=r"^Tensor.numpy: this tensor requires a gradient; use"):
        x.numpy()
    assert np.shares_memory(x.detach().numpy(), x.data)
    assert not x.detach().requires_grad


def test_numpy_functions_read_tensors():
    x = Tensor([1.0, 2.0])
    assert np.array(x).tolist() == [1.0, 2.0]
    assert not np.shares_memory(np.array(x), x.data)
    assert np.asarray(x, dtype=np.float64).dtype == np.float64
    np.testing.assert_allclose(x, [1.0, 2.0])


def test_arrays_leave_operators_to_the_tensor():
    x = Tensor([1.0, 2.0], requires_grad=True)
    for y in (np.ones(2, np.float32) * x, np.ones(2, np.float32) @ x, np.float32(2) * x):
        assert isinstance(y, Tensor)
        assert y.requires_grad


def test_methods_are_the_functions_of_ops():
    x = Tensor([[0.5, 1.5], [2.5, 0.25]])
    for name in (
        "exp",
        "log",
        "sqrt",
        "sin",
        "cos",
        "tanh",
        "sigmoid",
        "neg",
        "abs",
        "sum",
        "mean",
    ):
        np.testing.assert_array_equal(getattr(x, name)().data, getattr(ops, name)(x).data)
    for name in ("sum", "mean", "var", "std", "prod", "norm", "max", "min", "argmax", "argmin"):
        np.testing.assert_array_equal(getattr(x, name)().data, getattr(ops, name)(x).data)
    for name in ("add", "sub", "mul", "div", "pow", "maximum", "minimum", "matmul"):
        got = getattr(x, name)(x.T)
        np.testing.assert_array_equal(got.data, getattr(ops, name)(x, x.T).data)
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        np.testing.assert_array_equal(getattr(x, name)(0.5).data, getattr(ops, name)(x, 0.5).data)
    assert (-x).tolist() == [[-0.5, -1.5], [-2.5, -0.25]]
    assert abs(-x).tolist() == x.tolist()
    assert (2.0**x).data[0, 0] == np.float32(2) ** np.float32(0.5)
    assert (1.0 - x).tolist() == [[0.5, -0.5], [-1.5, 0.75]]
    assert (1.0 / x).data[1, 1] == 4.0


def test_in_place_operators_make_new_tensors():
    x = y = Tensor([1.0])
    y += 1
    assert (x.tolist(), y.tolist()) == ([1.0], [2.0])


def test_tensors_have_no_other_attributes():
    with pytest.raises(AttributeError):
        Tensor([1.0]).colour = "red"
    assert not hasattr(Tensor([1.0]), "__dict__")


def test_copies_of_leaves_are_apart():
    x = Tensor([1.0], requires_grad=True)
    y = copy.deepcopy(x)
    y.data[0] = 5
    assert x.tolist() == [1.0]
    assert y.requires_grad


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: Tensor(["a"]), TypeError, "Tensor: data must be numeric, got dtype <U1"),
        (lambda: Tensor([1j]), TypeError, "Tensor: data must be numeric, got dtype complex128"),
        (lambda: Tensor([None]), TypeError, "Tensor: data must be numeric, got dtype object"),
        (
            lambda: Tensor([1], requires_grad=True),
            TypeError,
            "Tensor: only floating-point tensors can require a gradient, got dtype int64",
        ),
        (
            lambda: Tensor([1]).requires_grad_(),
            TypeError,
            "requires_grad_: needs a floating-point tensor, got dtype int64",
        ),
    ],
)
def test_errors_name_the_dtype(call, kind, text):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value) == text


def test_the_package_exports_the_tensor():
    assert minicnn.Tensor is Tensor
    assert minicnn.tensor([1.0]).tolist() == [1.0]


@pytest.mark.parametrize("dtype", [">f4", ">f8", ">i8", "<f4", "<i8"])
def test_numbers_of_either_byte_order_become_the_machines(dtype: str) -> None:
    array = np.arange(6).reshape(2, 3).astype(dtype)
    x = Tensor(array)
    assert x.dtype.isnative
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert np.shares_memory(x.data, array) == array.dtype.isnative
