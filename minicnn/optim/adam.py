"""Adam, and AdamW, whose weight decay does not pass through the running means."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from minicnn.optim import _updates
from minicnn.optim.optimizer import Optimizer, Params
from minicnn.tensor import Tensor


class Adam(Optimizer):
    """Adam; the rule is in `minicnn.optim._updates.adam`.

    Args:
        params: Tensors, or groups of them with settings of their own.
        lr: Step size.
        betas: Which part of the running means of gradient and squared gradient stays at each step.
        eps: Added to the denominator.
        weight_decay: Factor of the L2 penalty's gradient.
        amsgrad: Whether to divide by the largest mean square so far.
        maximize: Whether to go uphill.
        decoupled_weight_decay: Whether p *= 1 - lr * weight_decay takes the penalty's place, as in
            `AdamW`.

    Raises:
        ValueError: If a setting is negative or a beta is not in [0, 1).

    Example:
        >>> p = Tensor([1.0], requires_grad=True)
        >>> optimizer = Adam([p], lr=0.5)
        >>> (p * p).sum().backward()
        >>> optimizer.step()
        >>> p.data.round(5)
        array([0.5], dtype=float32)
    """

    numbers: ClassVar[tuple[str, ...]] = ("lr", "eps", "weight_decay")
    entries: ClassVar[tuple[str, ...]] = ("step", "exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        defaults = dict(
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            amsgrad=amsgrad,
            maximize=maximize,
            decoupled_weight_decay=decoupled_weight_decay,
        )
        super().__init__(params, defaults)

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        check_betas(type(self).__name__, group["betas"])

    def _update(self, group: dict[str, Any], params: list[Tensor]) -> None:
        states = []
        for p in params:
            state = self.state.get(p)
            if state is None:
                zeros = np.zeros_like(p.data)
                state = self.state[p] = dict(step=0, exp_avg=zeros, exp_avg_sq=zeros.copy())
            if group["amsgrad"] and "max_exp_avg_sq" not in state:
                state["max_exp_avg_sq"] = np.zeros_like(p.data)
            state["step"] += 1
            states.append(state)
        beta1, beta2 = group["betas"]
        _updates.adam(
            [p.data for p in params],
            [p.grad for p in params],  # type: ignore[misc]  # step() leaves out those without
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [state["max_exp_avg_sq"] for state in states] if group["amsgrad"] else [],
            [state["step"] for state in states],
            lr=group["lr"],
            beta1=beta1,
            beta2=beta2,
            eps=group["eps"],
            weight_decay=group["weight_decay"],
            decoupled=group["decoupled_weight_decay"],
            maximize=group["maximize"],
        )


class AdamW(Adam):
    """Adam with decoupled weight decay: p *= 1 - lr * weight_decay before each step.

    The arguments are those of `Adam`; weight_decay is 0.01 if left out.
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            decoupled_weight_decay=True,
        )


def check_betas(name: str, betas: tuple[float, float]) -> None:
    """Raise ValueError, in the name of an optimizer, unless both betas are in [0, 1)."""
    for i, beta in enumerate(betas):
        if not 0 <= beta < 1:
            raise ValueError(f"{name}: betas[{i}] must be in [0, 1), got {beta}")
