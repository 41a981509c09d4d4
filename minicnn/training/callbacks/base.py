"""What all callbacks share: the events, and what it means that a number got better."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minicnn.training.run import Run


class Callback:
    """Called at the events of a run; a subclass defines those it cares about.

    One that must remember something from epoch to epoch also defines `state_dict` and
    `load_state_dict`; what they exchange becomes part of the checkpoints.

    Example:
        >>> class Patience(Callback):
        ...     def on_epoch_end(self, run):
        ...         if run.logs["loss"] < 0.01:
        ...             run.stop = "the loss is low enough"
    """

    def on_fit_begin(self, run: Run) -> None:
        """Before the first epoch; `run.epoch` is not 0 if the run goes on from a checkpoint."""

    def on_epoch_begin(self, run: Run) -> None:
        """Before an epoch's first batch; not where a run goes on in the middle of an epoch."""

    def on_batch_begin(self, run: Run) -> None:
        """When `run.x` and `run.y` are there."""

    def on_loss(self, run: Run) -> None:
        """When `run.outputs` and `run.loss` are there, before the gradients are computed."""

    def on_batch_end(self, run: Run) -> None:
        """When the batch's gradients have been computed."""

    def on_gradients(self, run: Run) -> None:
        """Before each step of the optimizer, when the gradients are complete but not clipped."""

    def on_epoch_end(self, run: Run) -> None:
        """After the validation, when `run.logs` is complete."""

    def on_fit_end(self, run: Run) -> None:
        """After the last epoch, also when an error has ended the run."""


class Best:
    """The best value so far of one of the logged numbers.

    Args:
        owner: Who asks, for the messages.
        monitor: What the number is called in the logs.
        mode: "min" if a lower one is better, "max" if a higher one is, "auto" for "max" if it is an
            accuracy, precision, recall or F1.
        min_delta: By how much a value must be better to count.

    Raises:
        ValueError: If mode is unknown or min_delta negative.
    """

    def __init__(self, owner: str, monitor: str, mode: str, min_delta: float = 0.0) -> None:
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"{owner}: mode must be 'auto', 'min' or 'max', got {mode!r}")
        if not min_delta >= 0:
            raise ValueError(f"{owner}: min_delta must not be negative, got {min_delta}")
        if mode == "auto":
            higher = monitor.endswith(("accuracy", "precision", "recall", "f1"))
            mode = "max" if higher else "min"
        self.owner, self.monitor, self.min_delta = owner, monitor, min_delta
        self.sign = 1 if mode == "max" else -1
        self.reset()

    def reset(self) -> None:
        """Forget all values."""
        self.value, self.epoch = -self.sign * math.inf, 0

    def improves(self, logs: Mapping[str, Any]) -> bool:
        """Take note of an epoch's logs; return whether its value is the best. NaN never is.

        Raises:
            KeyError: If the number is not among the logs.
        """
        if self.monitor not in logs:
            raise KeyError(
                f"{self.owner}: monitor={self.monitor!r} is not among the logs: {list(logs)}"
            )
        value = float(logs[self.monitor])
        if not self.sign * (value - self.value) > self.min_delta:
            return False
        self.value, self.epoch = value, int(logs["epoch"])
        return True

    def state_dict(self) -> dict[str, Any]:
        """Return the best value and its epoch."""
        return {"value": self.value, "epoch": self.epoch}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self.value, self.epoch = state_dict["value"], state_dict["epoch"]
