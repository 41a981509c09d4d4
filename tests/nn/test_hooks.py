"""Hooks see what passes, and can replace it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minicnn import nn
from minicnn.tensor import Tensor


class Scaled(nn.Module):
    def forward(self, a: Tensor, b: Any = 1.0) -> Tensor:
        return a * b


def ones(*shape: int, requires_grad: bool = False) -> Tensor:
    return Tensor(np.ones(shape, np.float32), requires_grad)


def test_forward_hooks_run_in_order_and_can_replace_input_and_output() -> None:
    module, seen = Scaled(), []
    module.register_forward_pre_hook(lambda m, args: (args[0] * 2.0, *args[1:]))
    first = module.register_forward_hook(
        lambda m, args, y: seen.append((m, args[0].item(), y.item()))
    )
    module.register_forward_hook(lambda m, args, y: y + 100.0)
    assert module(Tensor([3.0]), 5.0).item() == 130.0
    assert seen == [(module, 6.0, 30.0)]
    first.remove()
    first.remove()
    module(Tensor([3.0]))
    assert len(seen) == 1


def test_a_handle_is_a_context_manager() -> None:
    module = Scaled()
    with module.register_forward_hook(lambda m, args, y: y * 0.0):
        assert module(Tensor([1.0])).item() == 0.0
    assert module(Tensor([1.0])).item() == 1.0


def test_backward_hook_sees_the_gradients_of_input_and_output() -> None:
    module, seen = Scaled(), []
    module.register_full_backward_hook(lambda m, gx, gy: seen.append((m, gx, gy)))
    x = ones(2, requires_grad=True)
    (module(x, 3.0) * 5.0).sum().backward()
    ((owner, grad_x, grad_y),) = seen
    assert owner is module
    assert [g if g is None else g.tolist() for g in grad_x] == [[15.0, 15.0], None]
    assert [g.tolist() for g in grad_y] == [[5.0, 5.0]]
    assert x.grad is not None
    assert x.grad.tolist() == [15.0, 15.0]


def test_backward_hook_waits_for_all_inputs_and_also_fires_without_any() -> None:
    module, seen = Scaled(), []
    module.register_full_backward_hook(lambda m, gx, gy: seen.append([g is not None for g in gx]))
    module(ones(2, requires_grad=True), ones(2, requires_grad=True)).sum().backward()
    layer = nn.Sequential(module)
    layer.w = nn.Parameter([1.0])
    y = layer(Tensor([1.0]))
    assert not y.requires_grad
    assert seen == [[True, True]]


def test_backward_hook_fires_when_only_the_parameters_need_gradients() -> None:
    class Weighted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter([2.0])

        def forward(self, x: Tensor) -> Tensor:
            return x * self.w

    module, seen = Weighted(), []
    module.register_full_backward_hook(lambda m, gx, gy: seen.append((gx, gy[0].tolist())))
    module(Tensor([3.0])).sum().backward()
    assert seen == [((None,), [1.0])]
    assert module.w.grad is not None
    assert module.w.grad.tolist() == [3.0]


def test_backward_hook_can_replace_the_gradient() -> None:
    module = Scaled()
    module.register_full_backward_hook(lambda m, gx, gy: (gx[0] * 10,))
    x = ones(2, requires_grad=True)
    module(x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [10.0, 10.0]


def test_backward_hook_needs_one_tensor_as_output() -> None:
    class Two(nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return x, x

    module = Two()
    module.register_full_backward_hook(lambda *args: None)
    with pytest.raises(TypeError, match="must return one tensor, got tuple"):
        module(ones(1))
