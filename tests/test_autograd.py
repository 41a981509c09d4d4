"""The graph: where gradients go, how often, and what stays in memory."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

from minicnn import Tensor, enable_grad, no_grad, ops
from minicnn.autograd import Function, is_grad_enabled, nodes_before
from minicnn.optim import SGD


def leaf(values):
    return Tensor(np.array(values, np.float64), requires_grad=True)


def test_leaves_accumulate_over_backward_passes():
    x = leaf([1.0, 2.0])
    (3 * x).sum().backward()
    (x * x).sum().backward()
    assert x.grad.tolist() == [5.0, 7.0]


def test_backward_twice_through_one_graph_adds_the_same_gradient():
    x = leaf([1.0, 2.0])
    y = (x.exp() * x).sum()
    y.backward(retain_graph=True)
    once = x.grad.copy()
    y.backward()
    np.testing.assert_array_equal(x.grad, 2 * once)


def test_backward_frees_what_operations_kept_on_the_way():
    x = leaf([1.0, 2.0])
    middle = x.exp()
    kept = weakref.ref(middle)
    y = (middle * x).sum()
    del middle
    y.backward()
    assert kept() is None  # though y, which depends on it, is alive
    with pytest.raises(RuntimeError, match=r"freed what Sum had kept.*retain_graph=True"):
        y.backward()


def test_only_leaves_keep_gradients():
    x = leaf([1.0])
    y = x * 2
    z = y * 3
    z.sum().backward()
    assert y.grad is None
    assert z.grad is None
    assert x.grad.tolist() == [6.0]
    assert (x.is_leaf, y.is_leaf) == (True, False)


def test_shared_subgraphs_are_walked_once():
    calls = []

    class Counted(Function):
        def forward(self, x):
            return 2 * x

        def backward(self, grad_y):
            calls.append(grad_y.copy())
            return (2 * grad_y,)

    x = leaf([1.0])
    y = Counted()(x)
    (y * y + y + y.sum()).sum().backward()  # 4 x^2 + 4 x: slope 8 x + 4
    assert x.grad.tolist() == [12.0]
    assert len(calls) == 1


def test_two_to_the_hundredth_paths_take_a_hundred_steps():
    x = leaf(1.0)
    y = x
    for _ in range(100):
        y = y + y
    y.backward()
    assert x.grad == 2.0**100


def test_one_tensor_may_be_both_operands():
    x = leaf([3.0])
    (x * x).sum().backward()
    assert x.grad.tolist() == [6.0]
    x.grad = None
    (x - x).sum().backward()
    assert x.grad.tolist() == [0.0]


@pytest.mark.parametrize("length", [10_000, 100_000])
def test_deep_graphs_do_not_exhaust_the_recursion_limit(length):
    x = leaf(0.0)
    y = x
    for _ in range(length):
        y = y + 1.0
    y.backward()
    assert x.grad == 1.0
    assert y.item() == length
    del y  # freed without recursion, too


def test_nodes_come_before_those_that_use_them():
    x = leaf(1.0)
    a = x * 2
    b = a + x
    c = a * b
    order = nodes_before(c.creator)
    assert order == [a.creator, b.creator, c.creator]


def test_no_grad_records_nothing():
    x = leaf([1.0])
    with no_grad():
        y = x * 2
        assert not is_grad_enabled()
        with enable_grad():
            z = x * 2
    assert (y.requires_grad, y.creator) == (False, None)
    assert z.requires_grad
    assert is_grad_enabled()


def test_no_grad_ends_with_an_exception_and_works_as_a_decorator():
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert is_grad_enabled()

    @no_grad()
    def function(x):
        return x * 2

    for _ in range(2):
        assert not function(leaf([1.0])).requires_grad
    assert is_grad_enabled()


def test_no_grad_holds_for_its_own_thread_only():
    seen = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append(is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


PASSES_ON = {
    "add": lambda a, b: a + b,
    "add and reshape": lambda a, b: (a + b).reshape(2, 1),
    "reshape": lambda a, b: a.reshape(2, 1) + b.reshape(2, 1),
    "where": lambda a, b: ops.where(np.array([True, False]), a, b),
    "cat": lambda a, b: ops.cat([a, b]),
    "stack": lambda a, b: ops.stack([a, b]),
    "sum of all": lambda a, b: a.sum() + b.sum(),
    "expand": lambda a, b: a.expand(2, 2) + b.expand(2, 2),
    "flip": lambda a, b: a.flip(0) + b.flip(0),
    "maximum": ops.maximum,
    "clone": lambda a, b: a.clone() + b.clone(),
    "same dtype": lambda a, b: a.to("float64") + b,
    "slices": lambda a, b: a[:] + b[:],
    "permute": lambda a, b: a.permute(0) + b.permute(0),
}


@pytest.mark.parametrize("name", PASSES_ON)
def test_gradients_share_memory_with_nothing_else(name):
    a, b = leaf([1.0, 2.0]), leaf([1.5, 2.5])
    y = PASSES_ON[name](a, b)
    grad = np.ones(y.shape)
    y.backward(grad)
    arrays = [a.grad, b.grad, grad, a.data, b.data]
    for i, one in enumerate(arrays):
        assert one.flags.writeable
        for other in arrays[i + 1 :]:
            assert not np.shares_memory(one, other)
    before = b.grad.copy()
    a.grad += 1  # as an optimizer or gradient clipping may do
    np.testing.assert_array_equal(b.grad, before)
    np.testing.assert_array_equal(grad, np.ones(y.shape))


def test_backward_from_a_leaf_copies_what_it_is_given():
    x, grad = leaf([1.0, 2.0]), np.ones(2)
    x.backward(grad)
    grad[0] = 5
    assert x.grad.tolist() == [1.0, 1.0]


def test_gradients_are_arrays_also_of_shape_nothing():
    x, y = leaf(2.0), leaf(3.0)
    (x * y).backward()
    (x * y).backward()
    for t in (x, y):
        assert type(t.grad) is np.ndarray
        assert t.grad.shape == ()
    assert (x.grad, y.grad) == (6.0, 4.0)


HANDS_ON = {  # the gradient of its result, as it is
    "add": lambda x: x + 1.0,
    "sub": lambda x: x - 1.0,
    "remainder": lambda x: x % 1.5,
    "clone": lambda x: x.clone(),
    "expand": lambda x: x.expand(()),
    "reshape": lambda x: x.reshape(()),
}


@pytest.mark.parametrize("name", HANDS_ON)
def test_a_number_can_be_trained_whatever_hands_its_gradient_on(name):
    x = leaf(2.0)
    HANDS_ON[name](x).exp().backward()  # whose gradient of shape () is one of NumPy's numbers
    assert type(x.grad) is np.ndarray
    SGD([x], lr=1.0).step()
    assert x.data == 2.0 - x.grad


def test_only_the_gradients_asked_for_are_computed():
    x, weight = Tensor(np.ones((2, 2))), leaf(np.ones((2, 2)))
    y = x @ weight
    assert y.creator.needs_grad == (False, True)
    assert y.creator.backward(np.ones((2, 2)))[0] is None
    y.sum().backward()
    assert x.grad is None
    assert weight.grad.tolist() == [[2.0, 2.0], [2.0, 2.0]]


def test_a_graph_is_freed_without_the_cycle_collector():
    gc.collect()
    gc.disable()
    try:
        x = leaf(np.ones((4, 4)))
        y = ((x @ x).exp().sum(0).reshape(2, 2).max(1).values * 2).logsumexp(0)
        references = [weakref.ref(y)]
        node = y.creator
        while node.inputs[0].creator is not None:
            references.append(weakref.ref(node.inputs[0]))
            node = node.inputs[0].creator
        assert len(references) == 8
        y.backward()
        del y, node
        assert [r() for r in references] == [None] * 8
    finally:
        gc.enable()


def test_integers_carry_no_gradient():
    x = leaf([1.0, 2.0])
    assert not x.argmax().requires_grad
    assert not x.max(0).indices.requires_grad
    assert x.max(0).values.requires_grad


def test_warnings_of_numpy_stay_silent_in_both_passes():
    x = leaf([0.0])
    with np.errstate(all="raise"):  # would raise FloatingPointError
        y = (x.log() + 1 / x).sum()
        y.backward()
        assert np.geterr()["divide"] == "raise"  # and the caller's setting is as it was
    assert np.isnan(x.grad).all() or np.isinf(x.grad).all()


def test_errors_of_backward():
    x = leaf([1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"^backward: this tensor does not depend on any tensor"):
        Tensor([1.0]).backward()
    with pytest.raises(RuntimeError, match=r"^backward: grad may be left out only for a scalar"):
        (x * 2).backward()
    with pytest.raises(ValueError, match=r"^backward: grad must have this tensor's shape \(2,\)"):
        (x * 2).backward(np.ones(3))
    with pytest.raises(RuntimeError, match=r"^requires_grad_: only a leaf can change it"):
        (x * 2).requires_grad_(False)
    assert x.grad is None
