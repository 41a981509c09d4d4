"""Adadelta: steps in the unit of the parameters, from running means of gradients and steps."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from minicnn.optim import _adaptive
from minicnn.optim.optimizer import Optimizer, Params
from minicnn.tensor import Tensor


class Adadelta(Optimizer):
    """Adadelta; the rule is in `minicnn.optim._adaptive.adadelta`.

    Args:
        params: Tensors, or groups of them with settings of their own.
        lr: Factor of the step that the rule finds.
        rho: Which part of the running means of squared gradient and squared step stays.
        eps: Added to both means under their roots; it lets the first step begin.
        weight_decay: Factor of the L2 penalty's gradient.
        maximize: Whether to go uphill.

    Raises:
        ValueError: If a setting is negative or rho is above 1.

    Example:
        >>> p = Tensor([1.0], requires_grad=True)
        >>> optimizer = Adadelta([p], eps=0.25, rho=0.5)
        >>> (p * p).sum().backward()
        >>> optimizer.step()
        >>> p.data.round(5)  # 1 - sqrt(0 + 0.25) / sqrt(2 + 0.25) * 2
        array([0.33333], dtype=float32)
    """

    numbers: ClassVar[tuple[str, ...]] = ("lr", "rho", "eps", "weight_decay")
    entries: ClassVar[tuple[str, ...]] = ("step", "square_avg", "acc_delta")

    def __init__(
        self,
        params: Params,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = dict(lr=lr, rho=rho, eps=eps, weight_decay=weight_decay, maximize=maximize)
        super().__init__(params, defaults)

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        if not group["rho"] <= 1:
            raise ValueError(f"Adadelta: rho must be in [0, 1], got {group['rho']}")

    def _update(self, group: dict[str, Any], params: list[Tensor]) -> None:
        states = []
        for p in params:
            state = self.state.get(p)
            if state is None:
                zeros = np.zeros_like(p.data)
                state = self.state[p] = dict(step=0, square_avg=zeros, acc_delta=zeros.copy())
            state["step"] += 1
            states.append(state)
        _adaptive.adadelta(
            [p.data for p in params],
            [p.grad for p in params],  # type: ignore[misc]  # step() leaves out those without
            [state["square_avg"] for state in states],
            [state["acc_delta"] for state in states],
            lr=group["lr"],
            rho=group["rho"],
            eps=group["eps"],
            weight_decay=group["weight_decay"],
            maximize=group["maximize"],
        )
