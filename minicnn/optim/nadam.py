"""NAdam: Adam that looks ahead by one step of its momentum, as Nesterov's method does."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from minicnn.optim import _adaptive
from minicnn.optim.adam import check_betas
from minicnn.optim.optimizer import Optimizer, Params
from minicnn.tensor import Tensor


class NAdam(Optimizer):
    """NAdam; the rule is in `minicnn.optim._adaptive.nadam`.

    The momentum grows towards betas[0]: mu_t = betas[0] * (1 - 0.96**(t * momentum_decay) / 2).

    Args:
        params: Tensors, or groups of them with settings of their own.
        lr: Step size.
        betas: Which part of the running means of gradient and squared gradient stays at each step.
        eps: Added to the denominator.
        weight_decay: Factor of the L2 penalty's gradient.
        momentum_decay: How fast the momentum grows, see above.
        decoupled_weight_decay: Whether p *= 1 - lr * weight_decay takes the penalty's place.
        maximize: Whether to go uphill.

    Raises:
        ValueError: If a setting is negative or a beta is not in [0, 1).

    Example:
        >>> p = Tensor([1.0], requires_grad=True)
        >>> optimizer = NAdam([p], lr=0.5, betas=(0.0, 0.999))
        >>> (p * p).sum().backward()
        >>> optimizer.step()
        >>> p.data.round(5)
        array([0.5], dtype=float32)
    """

    numbers: ClassVar[tuple[str, ...]] = ("lr", "eps", "weight_decay", "momentum_decay")
    entries: ClassVar[tuple[str, ...]] = ("step", "mu_product", "exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = dict(
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            momentum_decay=momentum_decay,
            decoupled_weight_decay=decoupled_weight_decay,
            maximize=maximize,
        )
        super().__init__(params, defaults)

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        check_betas("NAdam", group["betas"])

    def _update(self, group: dict[str, Any], params: list[Tensor]) -> None:
        beta1, beta2 = group["betas"]
        states, mus = [], []
        for p in params:
            state = self.state.get(p)
            if state is None:
                zeros = np.zeros_like(p.data)
                state = dict(step=0, mu_product=1.0, exp_avg=zeros, exp_avg_sq=zeros.copy())
                self.state[p] = state
            state["step"] += 1
            mu, mu_next = (
                beta1 * (1 - 0.5 * 0.96 ** (t * group["momentum_decay"]))
                for t in (state["step"], state["step"] + 1)
            )
            state["mu_product"] *= mu
            states.append(state)
            mus.append((mu, mu_next, state["mu_product"]))
        _adaptive.nadam(
            [p.data for p in params],
            [p.grad for p in params],  # type: ignore[misc]  # step() leaves out those without
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            mus,
            [state["step"] for state in states],
            lr=group["lr"],
            beta1=beta1,
            beta2=beta2,
            eps=group["eps"],
            weight_decay=group["weight_decay"],
            decoupled=group["decoupled_weight_decay"],
            maximize=group["maximize"],
        )
