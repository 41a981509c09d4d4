"""A learning rate that is a function of the epoch and of itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from minicnn.training.callbacks.base import Callback

if TYPE_CHECKING:
    from minicnn.training.run import Run


class LearningRateScheduler(Callback):
    """Sets the learning rate at the beginning of each epoch, of all groups alike.

    The schedulers of `optim.lr_scheduler` do more; they go to the trainer as `scheduler`.

    Args:
        schedule: Called as schedule(epoch, lr) with the epoch, counted from 0, and the present
            rate; returns the new one.

    Raises:
        TypeError: If it is no function.
        ValueError: During the run, if it returns a negative number or NaN.

    Example:
        >>> callback = LearningRateScheduler(lambda epoch, lr: lr * 0.5 if epoch else lr)
    """

    def __init__(self, schedule: Callable[[int, float], float]) -> None:
        if not callable(schedule):
            raise TypeError(f"LearningRateScheduler: schedule must be callable, got {schedule!r}")
        self.schedule = schedule

    def on_epoch_begin(self, run: Run) -> None:
        lr = float(self.schedule(run.epoch, run.lr))
        if not lr >= 0:
            raise ValueError(
                f"LearningRateScheduler: schedule({run.epoch}, {run.lr}) must not be negative,"
                f" got {lr}"
            )
        for group in run.trainer.optimizer.param_groups:
            group["lr"] = lr
