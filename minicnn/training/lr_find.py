"""Which learning rate to take: a short run whose rate grows until the loss does."""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from minicnn import random
from minicnn._checks import integer
from minicnn.nn.functional import cross_entropy
from minicnn.nn.module import Module
from minicnn.optim.optimizer import Optimizer
from minicnn.tensor import Tensor
from minicnn.training._optional import optional_import
from minicnn.training._settings import check_parameters, checked_batch, checked_loss
from minicnn.training.evaluation import mode_kept


class LRFindResult(NamedTuple):
    """What `lr_find` returns.

    Attributes:
        rates: The learning rates of the steps.
        losses: The smoothed losses before these steps.
        suggestion: The rate at which the loss falls fastest.
    """

    rates: np.ndarray
    losses: np.ndarray
    suggestion: float

    def plot(self, path: str | os.PathLike[str]) -> None:
        """Draw the losses over the rates into a picture (needs matplotlib: the extra `train`)."""
        optional_import("matplotlib", "LRFindResult.plot", "train")
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7, 4.2), layout="constrained")
        axes = figure.subplots()
        axes.plot(self.rates, self.losses, color="#2a6fbb", linewidth=2)
        axes.axvline(self.suggestion, color="#d9822b", linestyle="--")
        axes.set_xscale("log")
        axes.set_title(f"The loss falls fastest at {self.suggestion:.2g}", loc="left")
        axes.set_xlabel("learning rate (log scale)")
        axes.set_ylabel("smoothed loss")
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, dpi=150)


def lr_find(
    model: Module,
    optimizer: Optimizer,
    loader: Iterable[Any],
    loss: Callable[[Any, Any], Tensor] = cross_entropy,
    *,
    start: float = 1e-6,
    end: float = 10.0,
    steps: int = 100,
    smoothing: float = 0.9,
    diverged: float = 4.0,
) -> LRFindResult:
    """Train for some steps with a growing learning rate, and see at which the loss falls fastest.

    Afterwards model, optimizer, loader and random numbers are as they were before.

    Args:
        model: What is trained.
        optimizer: Of its parameters.
        loader: Yields batches (x, y); begun again when it ends.
        loss: Called as loss(outputs, y).
        start: The first rate.
        end: The last rate; each is the one before times (end / start) ** (1 / (steps - 1)).
        steps: Steps to take.
        smoothing: Which part of the running mean of the losses stays at each step, in [0, 1).
        diverged: The search ends when the smoothed loss is this many times the lowest one.

    Raises:
        ValueError: If a setting is out of range, the optimizer is of another model, or the loader
            is empty.
        FloatingPointError: If the loss is no number from the beginning.

    Source: Smith, "Cyclical learning rates for training neural networks", arXiv:1506.01186,
    section 3.3.
    """
    _check(start, end, steps, smoothing, diverged)
    check_parameters("lr_find", model, optimizer)
    rates: list[float] = []
    losses: list[float] = []
    mean = 0.0
    with _everything_restored(model, optimizer, loader):
        for i, (x, y) in zip(range(steps), _endless(loader)):
            value_of = checked_loss(loss(model(x), y))
            mean = smoothing * mean + (1 - smoothing) * value_of.item()
            smoothed = mean / (1 - smoothing ** (i + 1))  # the mean began with a 0
            if not math.isfinite(smoothed) or (losses and smoothed > diverged * min(losses)):
                break
            rates.append(start * (end / start) ** (i / (steps - 1)))
            losses.append(smoothed)
            for group in optimizer.param_groups:
                group["lr"] = rates[-1]
            optimizer.zero_grad()
            value_of.backward()
            optimizer.step()
    if len(losses) < 2:
        raise FloatingPointError(
            f"lr_find: the loss is {smoothed} after {len(losses)} steps: start={start} is too high,"
            " or the model does not give numbers"
        )
    slopes = np.gradient(np.array(losses), np.log(rates))
    suggestion = rates[int(np.argmin(slopes))]
    return LRFindResult(np.array(rates), np.array(losses), suggestion)


def _check(start: float, end: float, steps: int, smoothing: float, diverged: float) -> None:
    if not 0 < start < end < math.inf:
        raise ValueError(f"lr_find: must have 0 < start < end, got start={start} and end={end}")
    if integer("lr_find", "steps", steps) < 2:
        raise ValueError(f"lr_find: steps must be at least 2, got {steps}")
    if not 0 <= smoothing < 1:
        raise ValueError(f"lr_find: smoothing must be in [0, 1), got {smoothing}")
    if not diverged > 1:
        raise ValueError(f"lr_find: diverged must be above 1, got {diverged}")


def _endless(loader: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    while True:
        empty = True
        for batch in loader:
            empty = False
            yield checked_batch("lr_find", batch)
        if empty:
            raise ValueError("lr_find: the loader is empty")


@contextmanager
def _everything_restored(model: Module, optimizer: Optimizer, loader: Any) -> Iterator[None]:
    """Put model, optimizer, loader and random numbers back at the end of this block."""
    weights = {name: np.array(value.data) for name, value in model.state_dict().items()}
    grads = [(p, p.grad) for p in model.parameters()]
    optimizer_state = copy.deepcopy(optimizer.state_dict())
    loader_state = loader.state_dict() if hasattr(loader, "load_state_dict") else None
    random_state = random.default_generator.bit_generator.state
    try:
        with mode_kept(model, True):
            yield
    finally:
        model.load_state_dict(weights)
        for p, grad in grads:
            p.grad = grad
        optimizer.load_state_dict(optimizer_state)
        if loader_state is not None:
            loader.load_state_dict(loader_state)
        random.default_generator.bit_generator.state = random_state
