"""The scheduler that looks at a metric."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from minicnn.optim.lr_scheduler.base import LRScheduler
from minicnn.optim.optimizer import Optimizer


class ReduceLROnPlateau(LRScheduler):
    """Multiplies the rate by a factor once a metric has not improved for a while.

    Args:
        optimizer: Whose rates are set.
        mode: "min" if a lower metric is better, "max" if a higher one is.
        factor: The factor of one reduction, below 1.
        patience: Epochs without improvement that are tolerated.
        threshold: By how much the metric must beat its best value.
        threshold_mode: Whether `threshold` is a part of the best value ("rel") or a difference
            ("abs").
        cooldown: Epochs after a reduction in which none is counted as bad.
        min_lr: The lowest rate, or one for each group.
        eps: A rate that would fall by no more than this stays as it is.

    Attributes:
        best: The best metric so far.
        num_bad_epochs: Epochs without improvement in a row.

    Raises:
        ValueError: If the factor is not below 1, a mode is unknown, or the number of `min_lr` is
            not that of the groups.

    Example:
        >>> from minicnn.optim import SGD
        >>> from minicnn.tensor import Tensor
        >>> sgd = SGD([Tensor([1.0], requires_grad=True)], lr=0.5)
        >>> scheduler = ReduceLROnPlateau(sgd, factor=0.5, patience=0)
        >>> for loss in (3.0, 2.0, 2.0):
        ...     scheduler.step(loss)
        >>> sgd.param_groups[0]["lr"]
        0.25
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0.0,
        eps: float = 1e-8,
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"ReduceLROnPlateau: optimizer must be an Optimizer, got {optimizer!r}")
        if not factor < 1:
            raise ValueError(f"ReduceLROnPlateau: factor must be below 1, got {factor}")
        for name, value, known in (
            ("mode", mode, ("min", "max")),
            ("threshold_mode", threshold_mode, ("rel", "abs")),
        ):
            if value not in known:
                raise ValueError(f"ReduceLROnPlateau: {name} must be in {known}, got {value!r}")
        self.optimizer = optimizer
        groups = len(optimizer.param_groups)
        self.min_lrs = list(min_lr) if isinstance(min_lr, Sequence) else [min_lr] * groups
        if len(self.min_lrs) != groups:
            raise ValueError(
                f"ReduceLROnPlateau: min_lr must be one number or one for each of the {groups}"
                f" groups, got {len(self.min_lrs)}"
            )
        self.mode, self.threshold, self.threshold_mode = mode, threshold, threshold_mode
        self.factor, self.patience, self.cooldown, self.eps = factor, patience, cooldown, eps
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = self.last_epoch = 0
        self._last_lr = self._lrs()

    @property
    def in_cooldown(self) -> bool:
        """Whether the last reduction was less than `cooldown` epochs ago."""
        return self.cooldown_counter > 0

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Take note of an epoch's metric, a number or a tensor with one element."""
        value = float(metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self.is_better(value, self.best):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = self._lrs()

    def is_better(self, value: float, best: float) -> bool:
        """Return whether a metric beats another one by more than the threshold."""
        sign = -1 if self.mode == "min" else 1
        if self.threshold_mode == "rel":
            bound = best * (1 + sign * self.threshold)
        else:
            bound = best + sign * self.threshold
        return value < bound if self.mode == "min" else value > bound

    def _reduce(self) -> None:
        for group, least in zip(self.optimizer.param_groups, self.min_lrs):
            lr = max(group["lr"] * self.factor, least)
            if group["lr"] - lr > self.eps:
                group["lr"] = lr
