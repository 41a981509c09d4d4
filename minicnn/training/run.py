"""The state of a training run, which callbacks look at and checkpoints keep."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from minicnn import random
from minicnn.errors import FormatError
from minicnn.nn.module import Module
from minicnn.training.history import History

if TYPE_CHECKING:
    from minicnn.training.trainer import Trainer


@dataclass
class Run:
    """One call of `Trainer.fit`.

    Attributes:
        trainer: Whose run it is: has the optimizer, the scheduler, the loss, the metrics.
        model: What is trained.
        loader: The batches it is trained with.
        epochs: Epochs at whose end it is done.
        validation: The batches it is validated with, or None.
        epoch: The present epoch, from 0.
        batch: Batches of this epoch that are done.
        step: Steps of the optimizer since the beginning.
        loss_sum: Sum over this epoch's samples of their batches' losses.
        samples: Samples seen in this epoch.
        logs: At an epoch's end, its numbers.
        history: The logs of all epochs that are over.
        stop: Set it to a reason, and the run ends after this epoch.
        x, y, outputs, loss: The present batch, what the model made of it, and its loss.
    """

    trainer: Trainer
    model: Module
    loader: Any
    epochs: int
    validation: Any = None
    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    samples: int = 0
    seconds: float = 0.0
    logs: dict[str, Any] = field(default_factory=dict)
    history: History = field(default_factory=History)
    stop: str = ""
    x: Any = None
    y: Any = None
    outputs: Any = None
    loss: Any = None

    COUNTERS: ClassVar[tuple[str, ...]] = (
        "epoch",
        "batch",
        "step",
        "loss_sum",
        "samples",
        "seconds",
        "stop",
    )

    @property
    def lr(self) -> float:
        """The learning rate of the optimizer's first group."""
        return float(self.trainer.optimizer.param_groups[0]["lr"])

    def averaged(self) -> AbstractContextManager[None]:
        """Return a context in which the parameters are their running means, if there are any."""
        return nullcontext() if self.trainer.ema is None else self.trainer.ema.averaged()

    def state_dict(self) -> dict[str, Any]:
        """Return everything that a run which goes on later must know, as trees of arrays."""
        parts = self._parts()
        return {
            "counters": {name: getattr(self, name) for name in self.COUNTERS},
            "history": self.history.epochs,
            "random": random.default_generator.bit_generator.state,
            "kinds": {name: type(part).__name__ for name, part in parts.items()},
            "parts": {name: part.state_dict() for name, part in parts.items()},
        }

    def resume(self, path: str | os.PathLike[str], state: Any) -> None:
        """Take over the state that a checkpoint held.

        Raises:
            FormatError: If it is none of a run like this one: names the file and what is missing or
                wrong. Then nothing has been taken over.
        """
        before = copy.deepcopy(self.state_dict())
        try:
            self.load_state_dict(state)
        except Exception as error:  # a file can hold anything
            self.load_state_dict(before)
            missing = f"it has no {error}" if isinstance(error, KeyError) else error
            raise FormatError(path, f"does not fit this run: {missing}") from error

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` of the same kind of run returned.

        Raises:
            ValueError: If the run is made of other parts, or a counter is none.
            KeyError, TypeError: If it is no such state.
        """
        parts = self._parts()
        kinds = {name: type(part).__name__ for name, part in parts.items()}
        if kinds != state_dict["kinds"]:
            raise ValueError(
                "Trainer.fit: resume: the checkpoint is of a run with the parts"
                f" {state_dict['kinds']}, this run has {kinds}"
            )
        counters, history = state_dict["counters"], state_dict["history"]
        for name in self.COUNTERS:
            value, kind = counters[name], type(getattr(Run, name))  # what a run begins with
            if not isinstance(value, kind) or (kind is int and value < 0):
                raise ValueError(f"{name} must be a {kind.__name__} from 0, got {value!r}")
        if not isinstance(history, list) or not all(isinstance(logs, dict) for logs in history):
            raise ValueError(f"history must be a list of dictionaries, got {history!r}")
        for name, part in parts.items():
            part.load_state_dict(state_dict["parts"][name])
        for name in self.COUNTERS:
            setattr(self, name, counters[name])
        self.history.epochs[:] = history
        random.default_generator.bit_generator.state = state_dict["random"]

    def _parts(self) -> dict[str, Any]:
        """Return what has a state of its own, by name."""
        trainer = self.trainer
        callbacks = [callback for callback in trainer.callbacks if hasattr(callback, "state_dict")]
        parts = {
            "model": self.model,
            "optimizer": trainer.optimizer,
            "scheduler": trainer.scheduler,
            "ema": trainer.ema,
            "loader": self.loader,
            "validation": self.validation,
            **{f"metric {name}": metric for name, metric in trainer.metrics.items()},
            **{f"callback {i}": callback for i, callback in enumerate(callbacks)},
        }
        return {name: part for name, part in parts.items() if hasattr(part, "state_dict")}
