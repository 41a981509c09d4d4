"""Adamax: Adam with the largest gradient, slowly forgotten, in place of the mean square."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from minicnn.optim import _adaptive
from minicnn.optim.adam import check_betas
from minicnn.optim.optimizer import Optimizer, Params
from minicnn.tensor import Tensor


class Adamax(Optimizer):
    """Adamax; the rule is in `minicnn.optim._adaptive.adamax`.

    Args:
        params: Tensors, or groups of them with settings of their own.
        lr: Step size.
        betas: Which part of the running mean of gradients, and of their largest, stays each step.
        eps: Added to the absolute gradient, so that its maximum is not 0.
        weight_decay: Factor of the L2 penalty's gradient.
        maximize: Whether to go uphill.

    Raises:
        ValueError: If a setting is negative or a beta is not in [0, 1).

    Example:
        >>> p = Tensor([1.0], requires_grad=True)
        >>> optimizer = Adamax([p], lr=0.5)
        >>> (p * p).sum().backward()
        >>> optimizer.step()
        >>> p.data.round(5)
        array([0.5], dtype=float32)
    """

    numbers: ClassVar[tuple[str, ...]] = ("lr", "eps", "weight_decay")
    entries: ClassVar[tuple[str, ...]] = ("step", "exp_avg", "exp_inf")

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, maximize=maximize)
        super().__init__(params, defaults)

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        check_betas("Adamax", group["betas"])

    def _update(self, group: dict[str, Any], params: list[Tensor]) -> None:
        states = []
        for p in params:
            state = self.state.get(p)
            if state is None:
                zeros = np.zeros_like(p.data)
                state = self.state[p] = dict(step=0, exp_avg=zeros, exp_inf=zeros.copy())
            state["step"] += 1
            states.append(state)
        beta1, beta2 = group["betas"]
        _adaptive.adamax(
            [p.data for p in params],
            [p.grad for p in params],  # type: ignore[misc]  # step() leaves out those without
            [state["exp_avg"] for state in states],
            [state["exp_inf"] for state in states],
            [state["step"] for state in states],
            lr=group["lr"],
            beta1=beta1,
            beta2=beta2,
            eps=group["eps"],
            weight_decay=group["weight_decay"],
            maximize=group["maximize"],
        )
