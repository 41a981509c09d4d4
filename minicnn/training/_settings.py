"""Checks of what a trainer is given."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from minicnn._checks import boolean, integer
from minicnn.metrics import Metric
from minicnn.nn.module import Module
from minicnn.optim.ema import ExponentialMovingAverage
from minicnn.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from minicnn.optim.optimizer import Optimizer
from minicnn.tensor import Tensor
from minicnn.training.callbacks import Callback
from minicnn.training.checkpoint import CheckpointFolder

if TYPE_CHECKING:
    from minicnn.training.trainer import Trainer


def named_metrics(metrics: Mapping[str, Metric] | Sequence[Metric]) -> dict[str, Metric]:
    """Return metrics by name; raise TypeError or ValueError if they are none or share a name."""
    if isinstance(metrics, Mapping):
        pairs = list(metrics.items())
    elif isinstance(metrics, Sequence) and not isinstance(metrics, str):
        pairs = [(getattr(metric, "name", ""), metric) for metric in metrics]
    else:
        raise TypeError(f"Trainer: metrics must be a sequence or a dict of them, got {metrics!r}")
    for name, metric in pairs:
        if not isinstance(metric, Metric):
            raise TypeError(f"Trainer: metrics must be Metric objects, got {metric!r}")
        if name in ("epoch", "loss", "lr", "seconds", "event", "step"):
            raise ValueError(f"Trainer: a metric cannot be called {name!r}")
    named = dict(pairs)
    if len(named) < len(pairs):
        raise ValueError(
            f"Trainer: two metrics share a name: {[name for name, _ in pairs]}; give a dict"
        )
    return named


def check_trainer(trainer: Trainer) -> None:
    """Raise TypeError or ValueError if a setting of a trainer is wrong."""
    for name, value, kind in (
        ("optimizer", trainer.optimizer, Optimizer),
        ("scheduler", trainer.scheduler, LRScheduler),
        ("ema", trainer.ema, ExponentialMovingAverage),
        *(("callbacks", callback, Callback) for callback in trainer.callbacks),
    ):
        if not isinstance(value, kind) and (
            value is not None or name in ("optimizer", "callbacks")
        ):
            raise TypeError(f"Trainer: {name} must be of type {kind.__name__}, got {value!r}")
    if not callable(trainer.loss):
        raise TypeError(f"Trainer: loss must be callable, got {trainer.loss!r}")
    if trainer.schedule not in ("epoch", "step"):
        raise ValueError(f"Trainer: schedule must be 'epoch' or 'step', got {trainer.schedule!r}")
    if isinstance(trainer.scheduler, ReduceLROnPlateau) and trainer.schedule == "step":
        raise ValueError("Trainer: ReduceLROnPlateau looks at epochs: schedule must be 'epoch'")
    if trainer.scheduler is not None and trainer.scheduler.optimizer is not trainer.optimizer:
        raise ValueError("Trainer: scheduler belongs to another optimizer")
    at_least_one("Trainer", "accumulate", trainer.accumulate)
    for name, limit in (("clip_norm", trainer.clip_norm), ("clip_value", trainer.clip_value)):
        if limit is not None and not limit > 0:
            raise ValueError(f"Trainer: {name} must be positive, got {limit}")


def check_fit(
    epochs: int, checkpoint: str | os.PathLike[str] | None, save_every: int | None, resume: bool
) -> CheckpointFolder | None:
    """Return the folder of the checkpoints; raise if an argument of `fit` is wrong."""
    if integer("Trainer.fit", "epochs", epochs) < 0:
        raise ValueError(f"Trainer.fit: epochs must not be negative, got {epochs}")
    if save_every is not None:
        at_least_one("Trainer.fit", "save_every", save_every)
    if checkpoint is None:
        if boolean("Trainer.fit", "resume", resume) or save_every is not None:
            raise ValueError("Trainer.fit: resume and save_every need a checkpoint folder")
        return None
    folder = CheckpointFolder(checkpoint)
    if not boolean("Trainer.fit", "resume", resume) and folder.paths():
        raise FileExistsError(
            f"Trainer.fit: {folder.folder} has the checkpoints of an earlier run; resume=True goes"
            " on with it, and a new run needs another folder"
        )
    return folder


def check_parameters(op: str, model: Module, optimizer: Optimizer) -> None:
    """Raise ValueError if an optimizer has no parameter of the model: nothing would be trained."""
    own = set(model.parameters())
    if own and not any(p in own for group in optimizer.param_groups for p in group["params"]):
        raise ValueError(
            f"{op}: the optimizer has none of the {len(own)} parameters of the model; was it made"
            " for another one?"
        )


def at_least_one(op: str, name: str, value: Any) -> None:
    """Raise TypeError or ValueError unless `value` is an int >= 1."""
    if integer(op, name, value) < 1:
        raise ValueError(f"{op}: {name} must be at least 1, got {value}")


def checked_batch(op: str, batch: Any) -> tuple[Any, Any]:
    """Return (x, y); raise TypeError if a batch is something else."""
    if not isinstance(batch, (tuple, list)) or len(batch) != 2:
        got = type(batch).__name__
        if isinstance(batch, (tuple, list)):
            got += f" of {len(batch)}"
        raise TypeError(f"{op}: loader must yield batches (x, y), got a {got}")
    return batch[0], batch[1]


def checked_loss(loss: Any) -> Tensor:
    """Return a loss; raise TypeError or ValueError if it is no tensor of one element."""
    if not isinstance(loss, Tensor):
        raise TypeError(f"Trainer: loss must give a Tensor, got {type(loss).__name__}")
    if loss.data.size != 1:
        raise ValueError(f"Trainer: loss must give one number for a batch, got shape {loss.shape}")
    return loss


def detached(outputs: Any) -> Any:
    """Return what a model gave without the graph that it remembers."""
    if isinstance(outputs, Tensor):
        return outputs.detach()
    if type(outputs) in (tuple, list):
        return type(outputs)(detached(part) for part in outputs)
    return outputs
