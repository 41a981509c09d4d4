"""The logs of a run for TensorBoard."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn.training._optional import optional_import
from minicnn.training.callbacks.base import Callback

if TYPE_CHECKING:
    from minicnn.training.run import Run


class TensorBoard(Callback):
    """Writes the logs of each epoch where TensorBoard reads them, through tensorboardX.

    Training and validation of one quantity are two curves in one picture. A run that goes on writes
    over the epochs that it repeats.

    Args:
        log_dir: A folder, one for each run.
        histograms: Whether to write the distribution of each parameter too.

    Raises:
        ImportError: If tensorboardX is missing (the extra `train`).
    """

    def __init__(self, log_dir: str | os.PathLike[str], histograms: bool = False) -> None:
        self._library = optional_import("tensorboardX", "TensorBoard", "train")
        self.log_dir, self.histograms = os.fspath(log_dir), histograms
        self._writers: dict[str, Any] = {}
        self._first_epoch = 1

    def on_fit_begin(self, run: Run) -> None:
        self._first_epoch = run.epoch + 1

    def on_epoch_end(self, run: Run) -> None:
        for name, value in run.logs.items():
            if name == "epoch" or np.ndim(value) != 0:
                continue
            part = "validation" if name.startswith("val_") else "training"
            writer = self._writer(part)
            writer.add_scalar(name.removeprefix("val_"), value, run.logs["epoch"])
        if self.histograms:
            for name, p in run.model.named_parameters():
                self._writer("training").add_histogram(name, p.data, run.logs["epoch"])
        for writer in self._writers.values():
            writer.flush()

    def on_fit_end(self, run: Run) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def _writer(self, part: str) -> Any:
        if part not in self._writers:
            purge = self._first_epoch if self._first_epoch > 1 else None
            folder = os.path.join(self.log_dir, part)
            self._writers[part] = self._library.SummaryWriter(folder, purge_step=purge)
        return self._writers[part]
