"""Schedulers with one simple formula: steps, lines, powers, and any function of the epoch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import FunctionType
from typing import Any

from minicnn.optim.lr_scheduler.base import LRScheduler, at_least
from minicnn.optim.optimizer import Optimizer


class LambdaLR(LRScheduler):
    """Multiplies the initial rate by a function of the epoch: lr = initial_lr * lr_lambda(epoch).

    Args:
        optimizer: Whose rates are set.
        lr_lambda: A function of the epoch, or one for each group.
        last_epoch: See `LRScheduler`.

    Raises:
        ValueError: If there is not one function for each group.

    Example:
        >>> from minicnn.optim import SGD
        >>> from minicnn.tensor import Tensor
        >>> sgd = SGD([Tensor([1.0], requires_grad=True)], lr=0.5)
        >>> LambdaLR(sgd, lambda epoch: 1 / (epoch + 1)).get_last_lr()
        [0.5]
    """

    not_saved = frozenset({"optimizer", "lr_lambdas"})

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        groups = len(optimizer.param_groups)
        self.lr_lambdas = [lr_lambda] * groups if callable(lr_lambda) else list(lr_lambda)
        if len(self.lr_lambdas) != groups:
            raise ValueError(
                f"{type(self).__name__}: lr_lambda must be one function or one for each of the"
                f" {groups} groups, got {len(self.lr_lambdas)}"
            )
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [
            base * function(self.last_epoch)
            for base, function in zip(self.base_lrs, self.lr_lambdas)
        ]

    def state_dict(self) -> dict[str, Any]:
        """Return the attributes; of a function that is an object of a class, what it holds."""
        held = [
            None if isinstance(function, FunctionType) else dict(getattr(function, "__dict__", {}))
            for function in self.lr_lambdas
        ]
        return {**super().state_dict(), "lr_lambdas": held}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned; plain functions stay those of this scheduler."""
        rest = dict(state_dict)
        held = rest.pop("lr_lambdas", [None] * len(self.lr_lambdas))
        super().load_state_dict(rest)
        for function, attributes in zip(self.lr_lambdas, held):
            if attributes:
                vars(function).update(attributes)


class MultiplicativeLR(LambdaLR):
    """Multiplies the current rate, at each epoch but the first, by a function of the epoch.

    The arguments are those of `LambdaLR`.

    Example:
        >>> from minicnn.optim import SGD
        >>> from minicnn.tensor import Tensor
        >>> scheduler = MultiplicativeLR(SGD([Tensor([1.0], True)], lr=0.5), lambda epoch: 0.5)
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [0.25]
    """

    def get_lr(self) -> list[float]:
        if self._step_count == 1:  # a run begins or goes on with the current rates
            return self._lrs()
        return [
            lr * function(self.last_epoch) for lr, function in zip(self._lrs(), self.lr_lambdas)
        ]


class StepLR(LRScheduler):
    """Multiplies the rate by gamma every step_size epochs.

    lr = initial_lr * gamma**(epoch // step_size)

    Args:
        optimizer: Whose rates are set.
        step_size: Epochs between two changes.
        gamma: The factor of one change.
        last_epoch: See `LRScheduler`.

    Raises:
        ValueError: If step_size is below 1.
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        at_least("StepLR", "step_size", step_size, 1)
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0 or self.last_epoch % self.step_size != 0:
            return self._lrs()
        return [lr * self.gamma for lr in self._lrs()]

    def closed_form(self) -> list[float]:
        return [base * self.gamma ** (self.last_epoch // self.step_size) for base in self.base_lrs]


class MultiStepLR(LRScheduler):
    """Multiplies the rate by gamma at each of some epochs.

    Args:
        optimizer: Whose rates are set.
        milestones: The epochs; one that occurs twice counts twice.
        gamma: The factor of one change.
        last_epoch: See `LRScheduler`.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        changes = self.milestones.count(self.last_epoch)
        return [lr * self.gamma**changes for lr in self._lrs()]

    def closed_form(self) -> list[float]:
        changes = bisect_right(self.milestones, self.last_epoch)
        return [base * self.gamma**changes for base in self.base_lrs]


class ConstantLR(LRScheduler):
    """Multiplies the rate by a factor until epoch total_iters.

    Args:
        optimizer: Whose rates are set.
        factor: The factor, in [0, 1].
        total_iters: The first epoch without the factor.
        last_epoch: See `LRScheduler`.

    Raises:
        ValueError: If the factor is not in [0, 1] or total_iters is below 1.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 <= factor <= 1:
            raise ValueError(f"ConstantLR: factor must be in [0, 1], got {factor}")
        at_least("ConstantLR", "total_iters", total_iters, 1)
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0:
            return [lr * self.factor for lr in self._lrs()]
        if self.last_epoch != self.total_iters:
            return self._lrs()
        return [lr / self.factor for lr in self._lrs()] if self.factor else list(self.base_lrs)

    def closed_form(self) -> list[float]:
        factor = self.factor if self.last_epoch < self.total_iters else 1.0
        return [base * factor for base in self.base_lrs]


class LinearLR(LRScheduler):
    """Moves the rate's factor from start_factor to end_factor on a line of total_iters epochs.

    Args:
        optimizer: Whose rates are set.
        start_factor: The factor of epoch 0, in (0, 1].
        end_factor: The factor from epoch total_iters on, in [0, 1].
        total_iters: Epochs from the first to the last factor.
        last_epoch: See `LRScheduler`.

    Raises:
        ValueError: If a factor is out of its range or total_iters is below 1.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise ValueError(f"LinearLR: start_factor must be in (0, 1], got {start_factor}")
        if not 0 <= end_factor <= 1:
            raise ValueError(f"LinearLR: end_factor must be in [0, 1], got {end_factor}")
        at_least("LinearLR", "total_iters", total_iters, 1)
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def _factor(self, epoch: int) -> float:
        part = min(epoch, self.total_iters) / self.total_iters
        return self.start_factor + (self.end_factor - self.start_factor) * part

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0:
            return [lr * self.start_factor for lr in self._lrs()]
        if self.last_epoch > self.total_iters:
            return self._lrs()
        change = self._factor(self.last_epoch) / self._factor(self.last_epoch - 1)
        return [lr * change for lr in self._lrs()]

    def closed_form(self) -> list[float]:
        return [base * self._factor(self.last_epoch) for base in self.base_lrs]


class ExponentialLR(LRScheduler):
    """Multiplies the rate by gamma at each epoch: initial_lr * gamma**epoch.

    Args:
        optimizer: Whose rates are set.
        gamma: The factor of one epoch.
        last_epoch: See `LRScheduler`.
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0:
            return self._lrs()
        return [lr * self.gamma for lr in self._lrs()]

    def closed_form(self) -> list[float]:
        return [base * self.gamma**self.last_epoch for base in self.base_lrs]
