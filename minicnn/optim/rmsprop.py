"""RMSprop: steps divided by the root of the mean square of the last gradients."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from minicnn.optim import _adaptive
from minicnn.optim.optimizer import Optimizer, Params
from minicnn.tensor import Tensor


class RMSprop(Optimizer):
    """RMSprop; the rule is in `minicnn.optim._adaptive.rmsprop`.

    Args:
        params: Tensors, or groups of them with settings of their own.
        lr: Step size.
        alpha: Which part of the running means stays at each step.
        eps: Added to the denominator.
        weight_decay: Factor of the L2 penalty's gradient.
        momentum: Which part of the last step's direction stays, 0 for none.
        centered: Whether to divide by the gradient's deviation instead of its root mean square.
        maximize: Whether to go uphill.

    Raises:
        ValueError: If a setting is negative.

    Example:
        >>> p = Tensor([1.0], requires_grad=True)
        >>> optimizer = RMSprop([p], lr=0.05)
        >>> (p * p).sum().backward()
        >>> optimizer.step()
        >>> p.data.round(5)
        array([0.5], dtype=float32)
    """

    numbers: ClassVar[tuple[str, ...]] = ("lr", "alpha", "eps", "weight_decay", "momentum")
    entries: ClassVar[tuple[str, ...]] = ("step", "square_avg")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = dict(
            lr=lr,
            alpha=alpha,
            eps=eps,
            weight_decay=weight_decay,
            momentum=momentum,
            centered=centered,
            maximize=maximize,
        )
        super().__init__(params, defaults)

    def _update(self, group: dict[str, Any], params: list[Tensor]) -> None:
        centered, momentum = group["centered"], group["momentum"] > 0
        states = []
        for p in params:
            state = self.state.setdefault(p, dict(step=0))
            keys = ["square_avg", *["grad_avg"] * centered, *["momentum_buffer"] * momentum]
            for key in keys:
                if key not in state:
                    state[key] = np.zeros_like(p.data)
            state["step"] += 1
            states.append(state)
        _adaptive.rmsprop(
            [p.data for p in params],
            [p.grad for p in params],  # type: ignore[misc]  # step() leaves out those without
            [state["square_avg"] for state in states],
            [state["grad_avg"] for state in states] if centered else [],
            [state["momentum_buffer"] for state in states] if momentum else [],
            lr=group["lr"],
            alpha=group["alpha"],
            eps=group["eps"],
            weight_decay=group["weight_decay"],
            momentum=group["momentum"],
            maximize=group["maximize"],
        )
