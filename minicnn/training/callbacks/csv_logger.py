"""The logs of a run as a table in a file."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from minicnn._atomic import atomic_write
from minicnn.training.callbacks.base import Callback

if TYPE_CHECKING:
    from minicnn.training.run import Run


class CSVLogger(Callback):
    """Writes the logs of all epochs to a CSV file, a row for each, after each epoch.

    The file is replaced in one step, so it is whole at any time, and after a resumption it has each
    epoch once. What is no single number, such as a confusion matrix, is left out.

    Args:
        path: The file.
        separator: Between columns.

    Raises:
        OSError: During the run, if the file cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str], separator: str = ",") -> None:
        self.path, self.separator = Path(path), separator

    def on_epoch_end(self, run: Run) -> None:
        history = run.history
        names = [n for n in history.names() if all(np.ndim(v) == 0 for v in history[n])]
        text = io.StringIO()
        table = csv.DictWriter(
            text, names, extrasaction="ignore", delimiter=self.separator, lineterminator="\n"
        )
        table.writeheader()
        table.writerows(history)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(self.path, text.getvalue().encode())
