"""Sending batches through a model that does not train."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from minicnn.metrics import Metric
from minicnn.nn.module import Module
from minicnn.tensor import Tensor, as_tensor, no_grad
from minicnn.training._settings import checked_batch, checked_loss


@contextmanager
def mode_kept(model: Module, training: bool) -> Iterator[None]:
    """Inside this block, all of the model is in one mode; then each module has its own again."""
    modes = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def evaluate(
    model: Module,
    loader: Iterable[Any],
    loss: Callable[[Any, Any], Tensor],
    metrics: Mapping[str, Metric],
) -> dict[str, Any]:
    """Return what `Trainer.evaluate` does; the metrics themselves stay as they are."""
    counted = {name: copy.deepcopy(metric) for name, metric in metrics.items()}
    for metric in counted.values():
        metric.reset()
    loss_sum, samples = 0.0, 0
    with mode_kept(model, False):
        for batch in loader:
            x, y = checked_batch("Trainer.evaluate", batch)
            with no_grad():
                outputs = model(x)
                loss_sum += checked_loss(loss(outputs, y)).item() * len(y)
            samples += len(y)
            for metric in counted.values():
                metric.update(outputs, y)
    mean = loss_sum / samples if samples else float("nan")
    return {"loss": mean, **{name: metric.compute() for name, metric in counted.items()}}


def predict(model: Module, loader: Iterable[Any]) -> np.ndarray:
    """Return what `Trainer.predict` does."""
    outputs = []
    with mode_kept(model, False):
        for batch in loader:
            x = batch[0] if isinstance(batch, (tuple, list)) else batch
            with no_grad():
                outputs.append(as_tensor(model(x)).data)
    if not outputs:
        raise ValueError("Trainer.predict: the loader is empty")
    return np.concatenate(outputs)
