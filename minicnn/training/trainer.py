"""The trainer: a training loop with its surroundings, for when a hand-written one gets long."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from minicnn.metrics import Metric
from minicnn.nn.functional import cross_entropy
from minicnn.nn.module import Module
from minicnn.nn.utils import clip_grad_norm_, clip_grad_value_
from minicnn.optim.ema import ExponentialMovingAverage
from minicnn.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from minicnn.optim.optimizer import Optimizer
from minicnn.tensor import Tensor
from minicnn.training._settings import (
    check_fit,
    check_parameters,
    check_trainer,
    checked_batch,
    checked_loss,
    detached,
    named_metrics,
)
from minicnn.training.callbacks import Callback, ProgressBar
from minicnn.training.checkpoint import CheckpointFolder
from minicnn.training.evaluation import evaluate, mode_kept, predict
from minicnn.training.history import History
from minicnn.training.run import Run


class Trainer:
    """Trains models: epochs of batches, validation, metrics, callbacks, checkpoints.

    Args:
        optimizer: Of the model's parameters, as in a hand-written loop.
        loss: Called as loss(outputs, y), gives the mean loss of a batch, a tensor of one element.
        metrics: Running metrics, by name or named by themselves.
        scheduler: Of the optimizer's learning rate.
        schedule: When the scheduler takes its step: after each "epoch" or each "step" of the
            optimizer (as OneCycleLR needs it). ReduceLROnPlateau gets the validation's loss.
        callbacks: Called at the events of a run, in this order.
        accumulate: Batches whose gradients are averaged, over all their samples, for one step.
        clip_norm: Largest norm of the gradients, see `nn.utils.clip_grad_norm_`; None for any.
        clip_value: Largest gradient, see `nn.utils.clip_grad_value_`; None for any.
        ema: Running means of the parameters, updated after each step. Validation is done with them,
            and `ModelCheckpoint` writes them; the model keeps its own until `ema.apply()`.
        progress: Whether to print a line after each epoch, and with tqdm (the extra `train`) show a
            bar within it.

    Raises:
        ValueError, TypeError: If a setting is out of range or of another type.

    Example:
        >>> import minicnn
        >>> from minicnn import nn
        >>> _ = minicnn.manual_seed(0)
        >>> x = np.eye(4, dtype=np.float32)
        >>> loader = [(x, np.array([0, 0, 1, 1]))]  # any iterable of batches
        >>> model = nn.Linear(4, 2)
        >>> optimizer = minicnn.optim.SGD(model.parameters(), lr=1.0)
        >>> history = Trainer(optimizer, progress=False).fit(model, loader, epochs=20)
        >>> history["loss"][-1] < 0.2 < history["loss"][0]
        True
    """

    def __init__(
        self,
        optimizer: Optimizer,
        loss: Callable[[Any, Any], Tensor] = cross_entropy,
        *,
        metrics: Mapping[str, Metric] | Sequence[Metric] = (),
        scheduler: LRScheduler | None = None,
        schedule: str = "epoch",
        callbacks: Iterable[Callback] = (),
        accumulate: int = 1,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        ema: ExponentialMovingAverage | None = None,
        progress: bool = True,
    ) -> None:
        self.optimizer, self.loss, self.scheduler, self.ema = optimizer, loss, scheduler, ema
        self.metrics = named_metrics(metrics)
        self.schedule, self.accumulate = schedule, accumulate
        self.clip_norm, self.clip_value = clip_norm, clip_value
        self.callbacks = [*([ProgressBar()] if progress else []), *callbacks]
        check_trainer(self)

    def fit(
        self,
        model: Module,
        loader: Iterable[Any],
        epochs: int = 1,
        validation: Iterable[Any] | None = None,
        *,
        checkpoint: str | os.PathLike[str] | None = None,
        save_every: int | None = None,
        resume: bool = False,
    ) -> History:
        """Train a model and return the log of all epochs.

        A run with a checkpoint folder can be killed at any time. Called again with the same
        arguments and resume=True, it goes on where the last checkpoint was written, in the middle
        of an epoch too, and ends with the same weights, bit for bit. For that, the loader must have
        `state_dict` and `load_state_dict` as `DataLoader` has, or give the same batches each time.
        The folder's `run.jsonl` tells what happened: each epoch's numbers, each resumption.

        Args:
            model: In training mode while it trains, and afterwards in the mode it had.
            loader: Yields batches (x, y); iterated once in each epoch.
            epochs: Epochs of the whole run, those before a resumption included.
            validation: Batches to evaluate the model with after each epoch.
            checkpoint: A folder for the checkpoints of this run, the last two of which are kept.
            save_every: Steps of the optimizer from one checkpoint to the next; there is always one
                at the end of an epoch.
            resume: Whether to go on from the last checkpoint, if there is one. One that is damaged
                is passed over, with a warning.

        Raises:
            ValueError, TypeError: If an argument is wrong.
            FileExistsError: If the folder has checkpoints and `resume` is False.
            FormatError: If no checkpoint of the folder can be read, or the newest does not fit this
                run; then the model and all else are as they were.
        """
        folder = check_fit(epochs, checkpoint, save_every, resume)
        check_parameters("Trainer.fit", model, self.optimizer)
        run = Run(self, model, loader, epochs, validation)
        found = folder.newest() if folder is not None and resume else None
        with mode_kept(model, True):
            self.optimizer.zero_grad()
            if folder is not None and found is not None:
                run.resume(*found)
                folder.tidy(found[0])  # a run killed in its last save had no time for it
            _log(folder, run, "begin" if found is None else "resume", epochs_done=run.epoch)
            try:
                self._call("on_fit_begin", run)
                while run.epoch < epochs and not run.stop:
                    self._train_epoch(run, folder, save_every)
                    self._end_epoch(run)
                    _log(folder, run, "epoch", **run.logs)
                    if folder is not None:
                        folder.save(run.step, run.state_dict())
                _log(folder, run, "end", reason=run.stop)
            finally:
                self._call("on_fit_end", run)
        return run.history

    def evaluate(self, model: Module, loader: Iterable[Any]) -> dict[str, Any]:
        """Return the mean loss and all metrics over the batches of a loader, in `eval` mode.

        Raises:
            TypeError: If the loader yields something else than (x, y).
        """
        return evaluate(model, loader, self.loss, self.metrics)

    def predict(self, model: Module, loader: Iterable[Any]) -> np.ndarray:
        """Return the model's outputs for all batches, one after another, in `eval` mode.

        Args:
            model: What predicts.
            loader: Yields x, or (x, y) of which y is not used.

        Raises:
            ValueError: If there is no batch.
        """
        return predict(model, loader)

    # -- one epoch ----------------------------------------------------------------------------

    def _train_epoch(
        self, run: Run, folder: CheckpointFolder | None, save_every: int | None
    ) -> None:
        if run.batch == 0:  # else it goes on in the middle
            run.loss_sum, run.samples, run.seconds = 0.0, 0, 0.0
            for metric in self.metrics.values():
                metric.reset()
            self._call("on_epoch_begin", run)
        started = time.perf_counter() - run.seconds
        batches = iter(run.loader)
        if not hasattr(run.loader, "load_state_dict"):
            batches = itertools.islice(batches, run.batch, None)
        gathered = batches_gathered = 0
        for batch in batches:
            gathered += self._train_batch(run, batch)
            batches_gathered += 1
            run.seconds = time.perf_counter() - started
            if batches_gathered == self.accumulate:
                self._step(run, gathered)
                gathered = batches_gathered = 0
                if folder is not None and save_every and run.step % save_every == 0:
                    folder.save(run.step, run.state_dict())
        if batches_gathered:
            self._step(run, gathered)

    def _train_batch(self, run: Run, batch: Any) -> int:
        """Add the batch's gradients to the parameters' and return how many samples it has."""
        run.x, run.y = checked_batch("Trainer.fit", batch)
        self._call("on_batch_begin", run)
        run.outputs = run.model(run.x)
        loss = checked_loss(self.loss(run.outputs, run.y))
        run.loss = loss.item()
        self._call("on_loss", run)
        n = len(run.y)
        loss.backward(np.full(loss.shape, 1 if self.accumulate == 1 else n, loss.dtype))
        run.outputs = detached(run.outputs)  # lets go of the graph before the next batch makes its
        run.loss_sum += run.loss * n
        run.samples += n
        for metric in self.metrics.values():
            metric.update(run.outputs, run.y)
        run.batch += 1
        self._call("on_batch_end", run)
        return n

    def _step(self, run: Run, samples: int) -> None:
        """Take a step with the gradients of this many samples."""
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        if self.accumulate > 1:
            for p in parameters:
                if p.grad is not None:
                    p.grad = p.grad / np.asarray(samples, p.grad.dtype)
        self._call("on_gradients", run)
        if self.clip_value is not None:
            clip_grad_value_(parameters, self.clip_value)
        if self.clip_norm is not None:
            clip_grad_norm_(parameters, self.clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        if self.scheduler is not None and self.schedule == "step":
            self.scheduler.step()
        if self.ema is not None:
            self.ema.update()
        run.step += 1

    def _end_epoch(self, run: Run) -> None:
        """Validate, log, and move on to the next epoch."""
        if run.samples == 0:
            raise ValueError("Trainer.fit: the loader is empty")
        logs: dict[str, Any] = {"epoch": run.epoch + 1, "loss": run.loss_sum / run.samples}
        logs.update((name, metric.compute()) for name, metric in self.metrics.items())
        if run.validation is not None:
            with run.averaged():
                values = self.evaluate(run.model, run.validation)
            logs.update((f"val_{name}", value) for name, value in values.items())
        logs.update(lr=run.lr, seconds=run.seconds)
        run.logs = logs
        run.history.epochs.append(logs)
        if isinstance(self.scheduler, ReduceLROnPlateau):
            self.scheduler.step(logs.get("val_loss", logs["loss"]))
        elif self.scheduler is not None and self.schedule == "epoch":
            self.scheduler.step()
        self._call("on_epoch_end", run)
        run.epoch += 1
        run.batch = 0

    def _call(self, event: str, run: Run) -> None:
        for callback in self.callbacks:
            getattr(callback, event)(run)


def _log(folder: CheckpointFolder | None, run: Run, event: str, **values: Any) -> None:
    if folder is not None:
        folder.log.write(event, **values, step=run.step)
