"""How a run goes, for who watches it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn.training.callbacks.base import Callback

if TYPE_CHECKING:
    from minicnn.training.run import Run


class ProgressBar(Callback):
    """Prints a line after each epoch; with tqdm, shows a bar while it lasts."""

    def __init__(self) -> None:
        self._bar: Any = None
        try:
            self._tqdm: Any = importlib.import_module("tqdm").tqdm
        except ImportError:  # the lines alone are fine
            self._tqdm = None

    def on_batch_end(self, run: Run) -> None:
        if self._tqdm is None:
            return
        if self._bar is None:
            total = len(run.loader) if hasattr(run.loader, "__len__") else None
            self._bar = self._tqdm(
                total=total,
                initial=run.batch - 1,
                desc=self._title(run),
                unit="batch",
                leave=False,
                disable=None,  # unless it is a terminal
            )
        self._bar.set_postfix_str(f"loss {run.loss_sum / run.samples:.4f}", refresh=False)
        self._bar.update()

    def on_epoch_end(self, run: Run) -> None:
        self._close()
        print(f"{self._title(run)}   {described(run.logs)}", flush=True)

    def on_fit_end(self, run: Run) -> None:
        self._close()
        if run.stop:
            print(f"stopped: {run.stop}", flush=True)

    def _title(self, run: Run) -> str:
        return f"epoch {run.epoch + 1:{len(str(run.epochs))}}/{run.epochs}"

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def described(logs: dict[str, Any]) -> str:
    """Return an epoch's logs as one line."""
    parts = []
    for name, value in logs.items():
        if name == "epoch" or np.ndim(value) != 0:
            continue
        if name == "seconds":
            parts.append(f"{value:.1f} s")
        elif name.endswith(("accuracy", "precision", "recall", "f1")):
            parts.append(f"{name} {value:.2%}")
        else:
            parts.append(f"{name} {value:.4g}")
    return "   ".join(parts)
