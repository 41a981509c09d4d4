"""matmul and einsum: values against NumPy and integers, gradients against differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Tensor, get_num_threads, ops, set_num_threads
from tests.machine import cases
from tests.reference_gradient import assert_gradients_equal_numeric

SHAPES = [
    ((4,), (4,)),
    ((3, 4), (4,)),
    ((4,), (4, 5)),
    ((3, 4), (4, 5)),
    ((2, 3, 4), (4, 5)),
    ((2, 3, 4), (4,)),
    ((3, 4), (2, 4, 5)),
    ((4,), (2, 4, 5)),
    ((2, 3, 4), (2, 4, 5)),
    ((2, 1, 3, 4), (3, 4, 2)),
    ((1, 1), (1, 1)),
    ((2, 0, 4), (4, 5)),
    ((2, 0), (0, 3)),
    ((0, 2, 3), (0, 3, 2)),
]


@pytest.mark.parametrize(("a_shape", "b_shape"), SHAPES)
def test_values_and_gradients_equal_reference(a_shape, b_shape):
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(a_shape), rng.standard_normal(b_shape)]
    assert_gradients_equal_numeric(ops.matmul, np.matmul, arrays)


@cases(40)
@given(st.data())
def test_float32_is_exact_on_integers_whatever_the_layout(data):
    M, K, N, batch = (data.draw(st.integers(1, 40)) for _ in range(4))
    batch = batch % 4
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    lead = (batch,) if batch else ()
    a, b = rng.integers(-50, 50, (*lead, M, K)), rng.integers(-50, 50, (*lead, K, N))
    expected = a @ b
    for order in "CF":
        x, y = a.astype(np.float32, order=order), b.astype(np.float32, order=order)
        got = ops.matmul(x, y).data
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, expected)
    got = ops.matmul(a[..., ::-1].astype(">f4"), np.flip(b, -2).astype(np.float32)).data
    np.testing.assert_array_equal(got, expected)


def test_integers_stay_integers():
    a, b = np.arange(6).reshape(2, 3), np.arange(12).reshape(3, 4)
    assert ops.matmul(a, b).dtype == np.int64
    np.testing.assert_array_equal(ops.matmul(a, b).data, a @ b)


def test_operators_call_matmul():
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    for y in (Tensor(a) @ Tensor(b), Tensor(a) @ b, a @ Tensor(b), Tensor(a).matmul(b)):
        assert isinstance(y, Tensor)
        np.testing.assert_array_equal(y.data, a @ b)


@pytest.mark.parametrize("shapes", [((70, 300), (300, 90)), ((5, 70, 33), (5, 33, 9))])
def test_bits_do_not_depend_on_threads_or_layout(shapes):
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal(shape).astype(np.float32) for shape in shapes)
    before, results = get_num_threads(), set()
    try:
        for threads in (1, 2, 3):
            set_num_threads(threads)
            for x, y in ((a, b), (np.asfortranarray(a), b), (a, np.asfortranarray(b))):
                x, y = Tensor(x, requires_grad=True), Tensor(y, requires_grad=True)
                z = x @ y
                z.backward(np.asarray(z.data[..., ::-1]))
                results.add(z.data.tobytes() + x.grad.tobytes() + y.grad.tobytes())
    finally:
        set_num_threads(before)
    assert len(results) == 1


def test_errors_name_the_shapes():
    with pytest.raises(ValueError, match=r"^matmul: x has shape \(2, 3\) and other \(4, 3\): the"):
        ops.matmul(np.ones((2, 3)), np.ones((4, 3)))
    with pytest.raises(ValueError, match=r"the last axis of x, 3, must be the only axis of other"):
        ops.matmul(np.ones((2, 3)), np.ones(4))
    with pytest.raises(ValueError, match=r"^matmul: x and other must have at least 1 axis"):
        ops.matmul(np.ones((2, 3)), 2.0)
    with pytest.raises(ValueError, match=r"^matmul: shapes \(2, 0\) and \(3, 0\) do not broadcast"):
        ops.matmul(np.ones((2, 4, 4)), np.ones((3, 4, 4)))
    with pytest.raises(TypeError, match=r"^matmul: x and other must be numbers"):
        ops.matmul([[True]], [[True]])
    with pytest.raises(TypeError, match=r"^matmul: x must be float32 or float64, got float16"):
        ops.matmul(np.ones((2, 2), np.float16), np.ones((2, 2), np.float16))


EQUATIONS = {
    "ij,jk->ik": [(2, 3), (3, 4)],
    "ij,jk": [(2, 3), (3, 4)],
    "bij,bjk->bik": [(2, 2, 3), (2, 3, 4)],
    "i,j->ij": [(2,), (3,)],
    "i,i->": [(3,), (3,)],
    "ij->ji": [(2, 3)],
    "ij->": [(2, 3)],
    "ii->i": [(3, 3)],
    "ii": [(3, 3)],
    "iji->j": [(2, 3, 2)],
    "nchw,kchw->nk": [(2, 2, 2, 2), (3, 2, 2, 2)],
    "ab,cd->d": [(2, 3), (2, 3)],
    "ij,jk,kl->il": [(2, 3), (3, 2), (2, 4)],
    "i,j,k->kji": [(2,), (3,), (2,)],
    "bi,bj,bij->b": [(2, 3), (2, 2), (2, 3, 2)],
    "...ij,jk->...ik": [(2, 2, 3), (3, 2)],
    "...i,...i": [(2, 2, 3), (2, 2, 3)],
    "...i,i...->...": [(2, 3), (3, 2)],
    "ba": [(2, 3)],
    "ij,ij->ij": [(2, 3), (2, 3)],
}


@pytest.mark.parametrize("equation", EQUATIONS)
def test_einsum_equals_numpy(equation):
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape) for shape in EQUATIONS[equation]]
    assert_gradients_equal_numeric(
        lambda *xs: ops.einsum(equation, *xs), lambda *xs: np.einsum(equation, *xs), arrays
    )


def test_einsum_takes_a_list_and_numbers_of_other_kinds():
    a = np.arange(6).reshape(2, 3)
    np.testing.assert_array_equal(ops.einsum("ij,kj->ik", [a, a]).data, a @ a.T)
    assert ops.einsum("ij,kj->ik", a, a.astype(np.float32)).dtype == np.float32


def test_errors_of_einsum_name_the_operand():
    x = np.ones((2, 3))
    with pytest.raises(ValueError, match=r"^einsum: 'ij,jk' names 2 operands, but 1 were given"):
        ops.einsum("ij,jk", x)
    with pytest.raises(ValueError, match=r"^einsum: 'j' is an axis of size 3 in one place and of"):
        ops.einsum("ij,jk", x, x)
    with pytest.raises(ValueError, match=r"^einsum: operand 0 has 2 axes, but 'i->i' names 1"):
        ops.einsum("i->i", x)
    with pytest.raises(ValueError, match=r"^einsum: the result must name letters of the operands"):
        ops.einsum("ij->ik", x)
    with pytest.raises(ValueError, match=r"^einsum: letters, commas, -> and ... are allowed"):
        ops.einsum("i1->i", x)
    with pytest.raises(TypeError, match=r"^einsum: equation must be a string, got 1"):
        ops.einsum(1, x)
    with pytest.raises(ValueError, match=r"^einsum: needs at least one operand, got none"):
        ops.einsum("i")


@pytest.mark.parametrize("equation", ["ij->ji", "ij->ij", "ii->i"])
def test_einsum_of_one_operand_shares_no_memory_with_it(equation):
    x = np.arange(9.0).reshape(3, 3)
    y = ops.einsum(equation, x)
    np.testing.assert_array_equal(y.data, np.einsum(equation, x))
    assert not np.shares_memory(y.data, x)
