"""Ending a run that no longer gets better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn._checks import integer
from minicnn.training.callbacks.base import Best, Callback

if TYPE_CHECKING:
    from minicnn.training.run import Run


class EarlyStopping(Callback):
    """Ends the run when a logged number has not become better for some epochs.

    Args:
        monitor: What the number is called in the logs.
        patience: Epochs without improvement that are waited for, at least 1.
        min_delta: By how much a value must be better to count.
        mode: "min" or "max", whichever is better; "auto" decides by the name.
        restore_best_weights: Whether the model gets back the weights and buffers of the best epoch
            when the run ends, whatever ended it (with running means of the parameters, these).

    Attributes:
        best: The best value so far; `best.epoch` says when, counted from 1.
        waited: Epochs since then.

    Raises:
        ValueError: If a setting is out of range.
        KeyError: During the run, if the number is not among the logs.

    Source: Prechelt, "Early stopping - but when?", in Neural Networks: Tricks of the Trade, 1998.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        patience: int = 5,
        min_delta: float = 0.0,
        mode: str = "auto",
        restore_best_weights: bool = False,
    ) -> None:
        self.best = Best("EarlyStopping", monitor, mode, min_delta)
        self.patience = integer("EarlyStopping", "patience", patience)
        if self.patience < 1:
            raise ValueError(f"EarlyStopping: patience must be at least 1, got {patience}")
        self.restore_best_weights = restore_best_weights
        self.waited = 0
        self.weights: dict[str, np.ndarray] = {}

    def on_fit_begin(self, run: Run) -> None:
        if run.step == 0:  # else the run goes on
            self.best.reset()
            self.waited, self.weights = 0, {}

    def on_epoch_end(self, run: Run) -> None:
        if self.best.improves(run.logs):
            self.waited = 0
            if self.restore_best_weights:
                with run.averaged():
                    state = run.model.state_dict()
                    self.weights = {name: np.array(value.data) for name, value in state.items()}
            return
        self.waited += 1
        if self.waited >= self.patience:
            run.stop = (
                f"{self.best.monitor} has not become better than {self.best.value:.6g} for"
                f" {self.waited} epochs"
            )

    def on_fit_end(self, run: Run) -> None:
        if self.weights:
            run.model.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, Any]:
        """Return the best value, the epochs since then, and the kept weights."""
        return {"best": self.best.state_dict(), "waited": self.waited, "weights": self.weights}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self.best.load_state_dict(state_dict["best"])
        self.waited, self.weights = state_dict["waited"], dict(state_dict["weights"])
