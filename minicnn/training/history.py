"""What a training run reported, epoch by epoch."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from minicnn.errors import FormatError
from minicnn.training._optional import optional_import
from minicnn.training.run_log import read_log


class History:
    """The logs of a run: one dictionary of numbers for each epoch.

    Args:
        epochs: Logs to begin with.

    Attributes:
        epochs: The logs in order: "epoch" (from 1), "loss", the metrics, the same with "val_" for
            the validation, "lr" and "seconds".

    Example:
        >>> history = History([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}])
        >>> history["loss"]
        [0.5, 0.25]
        >>> history.best("loss")["epoch"]
        2
    """

    def __init__(self, epochs: Iterable[Mapping[str, Any]] = ()) -> None:
        self.epochs: list[dict[str, Any]] = [dict(logs) for logs in epochs]

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> History:
        """Return what the log of a run tells, even while it goes on or if it was killed.

        Args:
            path: The `run.jsonl` that `Trainer.fit` keeps in its checkpoint folder. Epochs that
                were done again after a resumption count once.

        Raises:
            FormatError: If it is no log of a run.
            OSError: If it cannot be read.
        """
        history = cls()
        for record in read_log(path):
            event = record.pop("event")
            if event == "epoch":
                record.pop("step", None)
                history.epochs.append(record)
            elif event in ("begin", "resume"):
                done = record.get("epochs_done")
                if type(done) is not int or not 0 <= done <= len(history):
                    raise FormatError(
                        path, f"a run cannot go on after {done} epochs of {len(history)} logged"
                    )
                del history.epochs[done:]
        return history

    def __getitem__(self, name: str) -> list[Any]:
        """Return one number for each epoch; None where an epoch does not have it."""
        if name not in self.names():
            raise KeyError(f"History: no {name!r} was logged; there are {self.names()}")
        return [logs.get(name) for logs in self.epochs]

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.epochs)

    def names(self) -> list[str]:
        """Return what was logged, in the order of first appearance."""
        return list(dict.fromkeys(name for logs in self.epochs for name in logs))

    def best(self, name: str, mode: str = "min") -> dict[str, Any]:
        """Return the logs of the epoch with the lowest (or, mode="max", highest) value.

        Raises:
            KeyError: If it was never logged.
            ValueError: If mode is neither.
        """
        if mode not in ("min", "max"):
            raise ValueError(f"History.best: mode must be 'min' or 'max', got {mode!r}")
        self[name]
        having = [logs for logs in self.epochs if logs.get(name) is not None]
        choose = min if mode == "min" else max
        return choose(having, key=lambda logs: float(logs[name]))

    def __repr__(self) -> str:
        return f"History({len(self)} epochs of {', '.join(self.names())})"

    def plot(self, path: str | os.PathLike[str], title: str = "Training") -> None:
        """Draw each logged quantity over the epochs, with its validation, into a picture.

        Args:
            path: The file; its ending says which kind (png, svg, pdf).
            title: Stands above the curves.

        Raises:
            ImportError: If matplotlib is missing (the extra `train`).
            ValueError: If no epoch has been logged.
        """
        optional_import("matplotlib", "History.plot", "train")
        from minicnn.viz.training import learning_curves  # with the first picture only

        if not self.epochs:
            raise ValueError("History.plot: no epoch has been logged")
        learning_curves(self, title=title).savefig(path, dpi=150)
