"""Keeping the weights of the best epoch in a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minicnn.serialization import save
from minicnn.training.callbacks.base import Best, Callback

if TYPE_CHECKING:
    from minicnn.training.run import Run


class ModelCheckpoint(Callback):
    """Writes the model's weights to a safetensors file after each epoch, or each better one.

    These are weights to use; what a run needs to go on is saved by `Trainer.fit(checkpoint=...)`.

    Args:
        path: The file; "{epoch}" in it stands for the epoch's number, "{val_loss:.3f}" for that
            number of its logs.
        monitor: What the number is called in the logs.
        mode: "min" or "max", whichever is better; "auto" decides by the name.
        save_best_only: Whether to write only when the number is the best so far.

    Attributes:
        best: The best value so far; `best.epoch` says when, counted from 1.

    Raises:
        ValueError: If mode is unknown.
        KeyError: During the run, if a number is not among the logs.
        OSError: During the run, if the file cannot be written; then the old one is still there.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        monitor: str = "val_loss",
        mode: str = "auto",
        save_best_only: bool = True,
    ) -> None:
        self.path = os.fspath(path)
        self.best = Best("ModelCheckpoint", monitor, mode)
        self.save_best_only = save_best_only

    def on_fit_begin(self, run: Run) -> None:
        if run.step == 0:  # else the run goes on
            self.best.reset()

    def on_epoch_end(self, run: Run) -> None:
        if self.save_best_only and not self.best.improves(run.logs):
            return
        path = Path(self.path.format(**run.logs))
        path.parent.mkdir(parents=True, exist_ok=True)
        with run.averaged():
            save(run.model.state_dict(), path, metadata={"epoch": str(run.logs["epoch"])})

    def state_dict(self) -> dict[str, Any]:
        """Return the best value."""
        return {"best": self.best.state_dict()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self.best.load_state_dict(state_dict["best"])
