"""Schedulers made of others: one after another, such as a warm-up, or all at every epoch."""

from __future__ import annotations

import copy
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from minicnn.optim.lr_scheduler.base import LRScheduler
from minicnn.optim.lr_scheduler.plateau import ReduceLROnPlateau
from minicnn.optim.optimizer import Optimizer


class Several(LRScheduler):
    """Saves and loads the states of several schedulers with its own."""

    not_saved = frozenset({"optimizer", "_schedulers"})
    _schedulers: list[LRScheduler]

    def state_dict(self) -> dict[str, Any]:
        """Return the attributes, and the states of the schedulers as "_schedulers"."""
        states = [scheduler.state_dict() for scheduler in self._schedulers]
        return {**super().state_dict(), "_schedulers": states}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` of the same schedulers returned."""
        rest = dict(state_dict)
        states = rest.pop("_schedulers", [])
        if len(states) != len(self._schedulers):
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: there are {len(self._schedulers)}"
                f" schedulers here, {len(states)} in state_dict"
            )
        for scheduler, state in zip(self._schedulers, states):
            scheduler.load_state_dict(copy.deepcopy(state))
        super().load_state_dict(rest)


class SequentialLR(Several):
    """Lets one scheduler after another set the rates; each begins with its own epoch 0.

    Args:
        optimizer: Whose rates are set.
        schedulers: Schedulers of that optimizer.
        milestones: The epochs at which the second, third, ... scheduler begins, in order.
        last_epoch: See `LRScheduler`.

    Raises:
        ValueError: If there is no scheduler, one is of another optimizer or of a kind that cannot
            be part of a sequence, or the milestones do not fit.

    Example:
        >>> from minicnn.optim import SGD
        >>> from minicnn.optim.lr_scheduler import ExponentialLR, LinearLR
        >>> from minicnn.tensor import Tensor
        >>> sgd = SGD([Tensor([1.0], requires_grad=True)], lr=1.0)
        >>> parts = [LinearLR(sgd, 0.5, total_iters=2), ExponentialLR(sgd, 0.9)]
        >>> scheduler = SequentialLR(sgd, parts, milestones=[2])
        >>> for _ in range(4):
        ...     print(round(sgd.param_groups[0]["lr"], 6))
        ...     scheduler.step()
        0.5
        0.75
        1.0
        0.9
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        _check(optimizer, schedulers, milestones)
        self.optimizer = optimizer
        self._schedulers, self._milestones = list(schedulers), list(milestones)
        self.last_epoch = last_epoch + 1
        for group in optimizer.param_groups:  # as if only the first scheduler had been made
            group["lr"] = group["initial_lr"]
        for scheduler in self._schedulers:
            scheduler.last_epoch -= 1
        self._schedulers[0]._begin()
        self._last_lr = self._schedulers[0].get_last_lr()

    def step(self) -> None:  # type: ignore[override]  # its epochs come one by one
        """Begin the next epoch and set its rates."""
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        begins = i > 0 and self._milestones[i - 1] == self.last_epoch
        self._schedulers[i].step(0 if begins else None)
        self._last_lr = self._schedulers[i].get_last_lr()


class ChainedScheduler(Several):
    """Lets several schedulers change the rates one after another at every epoch.

    Args:
        schedulers: Schedulers of one optimizer.
        optimizer: That optimizer, if it is to be checked that it is theirs.

    Raises:
        ValueError: If there is no scheduler, or they belong to different optimizers.

    Example:
        >>> from minicnn.optim import SGD
        >>> from minicnn.optim.lr_scheduler import ConstantLR, ExponentialLR
        >>> from minicnn.tensor import Tensor
        >>> sgd = SGD([Tensor([1.0], requires_grad=True)], lr=1.0)
        >>> scheduler = ChainedScheduler([ConstantLR(sgd, 0.5, 2), ExponentialLR(sgd, 0.5)])
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [0.25]
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        if not schedulers:
            raise ValueError("ChainedScheduler: schedulers is empty")
        self.optimizer = optimizer or schedulers[0].optimizer
        for i, scheduler in enumerate(schedulers):
            if scheduler.optimizer is not self.optimizer:
                raise ValueError(f"ChainedScheduler: schedulers[{i}] belongs to another optimizer")
        self._schedulers = list(schedulers)
        self._last_lr = self._lrs()

    def step(self) -> None:  # type: ignore[override]  # its epochs come one by one
        """Begin the next epoch of every scheduler, in order."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._lrs()


def _check(
    optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int]
) -> None:
    if not schedulers:
        raise ValueError("SequentialLR: schedulers is empty")
    for i, scheduler in enumerate(schedulers):
        if isinstance(scheduler, (ReduceLROnPlateau, Several)):
            raise ValueError(
                f"SequentialLR: schedulers[{i}] is a {type(scheduler).__name__}, which cannot be"
                " part of a sequence"
            )
        if scheduler.optimizer is not optimizer:
            raise ValueError(f"SequentialLR: schedulers[{i}] belongs to another optimizer")
    if len(milestones) != len(schedulers) - 1:
        raise ValueError(
            f"SequentialLR: {len(schedulers)} schedulers need {len(schedulers) - 1} milestones,"
            f" got {len(milestones)}"
        )
    if list(milestones) != sorted(milestones):
        raise ValueError(f"SequentialLR: milestones must be in order, got {list(milestones)}")
