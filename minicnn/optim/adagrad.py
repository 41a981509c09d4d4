"""Adagrad: steps divided by the root of the sum of all squared gradients so far."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from minicnn.optim import _adaptive
from minicnn.optim.optimizer import Optimizer, Params
from minicnn.tensor import Tensor


class Adagrad(Optimizer):
    """Adagrad; the rule is in `minicnn.optim._adaptive.adagrad`.

    Args:
        params: Tensors, or groups of them with settings of their own.
        lr: Step size.
        lr_decay: How fast the step size falls: lr / (1 + (t - 1) * lr_decay) at step t.
        weight_decay: Factor of the L2 penalty's gradient.
        initial_accumulator_value: What the sums of squared gradients begin with.
        eps: Added to the denominator.
        maximize: Whether to go uphill.

    Raises:
        ValueError: If a setting is negative.

    Example:
        >>> p = Tensor([1.0], requires_grad=True)
        >>> optimizer = Adagrad([p], lr=0.5)
        >>> (p * p).sum().backward()
        >>> optimizer.step()
        >>> p.data.round(5)
        array([0.5], dtype=float32)
    """

    numbers: ClassVar[tuple[str, ...]] = (
        "lr",
        "lr_decay",
        "weight_decay",
        "initial_accumulator_value",
        "eps",
    )
    entries: ClassVar[tuple[str, ...]] = ("step", "sum")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = dict(
            lr=lr,
            lr_decay=lr_decay,
            eps=eps,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            maximize=maximize,
        )
        super().__init__(params, defaults)

    def _update(self, group: dict[str, Any], params: list[Tensor]) -> None:
        states = []
        for p in params:
            state = self.state.get(p)
            if state is None:
                start = np.full_like(p.data, group["initial_accumulator_value"])
                state = self.state[p] = dict(step=0, sum=start)
            state["step"] += 1
            states.append(state)
        _adaptive.adagrad(
            [p.data for p in params],
            [p.grad for p in params],  # type: ignore[misc]  # step() leaves out those without
            [state["sum"] for state in states],
            [state["step"] for state in states],
            lr=group["lr"],
            lr_decay=group["lr_decay"],
            eps=group["eps"],
            weight_decay=group["weight_decay"],
            maximize=group["maximize"],
        )
