"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from minicnn.optim import _updates
from minicnn.optim.optimizer import Optimizer, Params
from minicnn.tensor import Tensor


class SGD(Optimizer):
    """Stochastic gradient descent; the rule is in `minicnn.optim._updates.sgd`.

    Args:
        params: Tensors, or groups of them with settings of their own.
        lr: Step size.
        momentum: Which part of the last step's direction stays, 0 for none.
        dampening: Which part of the gradient is kept out of the momentum buffer.
        weight_decay: Factor of the L2 penalty's gradient.
        nesterov: Whether to look ahead by one momentum step.
        maximize: Whether to go uphill.

    Raises:
        ValueError: If a setting is negative, or nesterov comes without momentum or with dampening.

    Example:
        >>> p = Tensor([1.0], requires_grad=True)
        >>> optimizer = SGD([p], lr=0.1)
        >>> (p * p).sum().backward()
        >>> optimizer.step()
        >>> p.data
        array([0.8], dtype=float32)
    """

    numbers: ClassVar[tuple[str, ...]] = ("lr", "momentum", "weight_decay")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = dict(
            lr=lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
            maximize=maximize,
        )
        super().__init__(params, defaults)

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError(
                "SGD: nesterov needs momentum > 0 and dampening = 0, got"
                f" momentum={group['momentum']} and dampening={group['dampening']}"
            )

    def _update(self, group: dict[str, Any], params: list[Tensor]) -> None:
        buffers: list[np.ndarray] = []
        fresh: list[bool] = []
        if group["momentum"] != 0:
            for p in params:
                state = self.state.setdefault(p, {})
                fresh.append(state.get("momentum_buffer") is None)
                if fresh[-1]:
                    state["momentum_buffer"] = np.zeros_like(p.data)
                buffers.append(state["momentum_buffer"])
        _updates.sgd(
            [p.data for p in params],
            [p.grad for p in params],  # type: ignore[misc]  # step() leaves out those without
            buffers,
            fresh,
            lr=group["lr"],
            momentum=group["momentum"],
            dampening=group["dampening"],
            weight_decay=group["weight_decay"],
            nesterov=group["nesterov"],
            maximize=group["maximize"],
        )
