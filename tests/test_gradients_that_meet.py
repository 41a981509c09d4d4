"""A value used twice gets two gradients, which an operation may add as it writes its own."""

from __future__ import annotations

import numpy as np

from minicnn import Tensor, ops
from minicnn.autograd import Function


def test_an_operation_may_add_what_is_known_of_its_inputs_gradient():
    known = []

    class Doubled(Function):
        takes_pending = True

        def forward(self, x):
            return 2 * x

        def backward(self, grad_y, pending=None):
            known.append(pending)
            return (2 * grad_y if pending is None else 2 * grad_y + pending,)

    x = Tensor(np.ones(1), requires_grad=True)
    (Doubled()(x) + 5 * x).sum().backward()  # to a leaf, the engine adds
    assert x.grad.tolist() == [7.0]
    assert known == [None]
    x.grad, between = None, x * 1.0
    (Doubled()(between) + 5 * between).sum().backward()
    assert x.grad.tolist() == [7.0]
    assert known[1].tolist() == [5.0]


def test_the_bits_of_a_sum_do_not_tell_that_a_convolution_added():
    rng = np.random.default_rng(0)
    images, kernels = rng.standard_normal((2, 3, 5, 5)), rng.standard_normal((3, 3, 3, 3))

    def grad_x(*terms):
        x = Tensor(images, requires_grad=True)
        between, weight = x * 1.0, Tensor(kernels, requires_grad=True)
        ops.sum(sum(term(between, weight) for term in terms)).backward()
        return x.grad

    def convolved(x, weight):
        return ops.conv2d(x, weight, padding=1)

    def cubed(x, _):
        return x * x * x

    np.testing.assert_array_equal(grad_x(convolved, cubed), grad_x(convolved) + grad_x(cubed))
