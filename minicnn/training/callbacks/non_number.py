"""Ending a run at the first NaN or infinity, and saying where it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import random
from minicnn.nn.hooks import Hooks
from minicnn.nn.module import Module
from minicnn.tensor import Tensor, no_grad
from minicnn.training.callbacks.base import Callback

if TYPE_CHECKING:
    from minicnn.training.run import Run


class FailOnNonNumber(Callback):
    """Raises FloatingPointError when a loss or a gradient is NaN or infinite, before the step.

    The message names the batch and the layer: for a loss, the first layer of the forward pass whose
    output is not finite although its input is (found by a second forward pass of the batch, with
    the same random numbers); for a gradient, the parameter nearest to the loss that has one. The
    weights are those before the step.

    Raises:
        FloatingPointError: During the run.

    Example:
        >>> callback = FailOnNonNumber()  # Trainer(optimizer, callbacks=[callback])
    """

    def on_batch_begin(self, run: Run) -> None:
        self._random = random.default_generator.bit_generator.state

    def on_loss(self, run: Run) -> None:
        if not np.isfinite(run.loss):
            raise FloatingPointError(
                f"{self._place(run)}: the loss is {run.loss}; {self._why(run)}"
            )

    def on_gradients(self, run: Run) -> None:
        # The backward pass goes from the last layers to the first.
        for name, p in reversed(list(run.model.named_parameters())):
            if p.grad is not None and not np.isfinite(p.grad).all():
                raise FloatingPointError(
                    f"{self._place(run)}: the loss is {run.loss}, but the gradient of {name}"
                    f" {counted(p.grad)}"
                )

    @staticmethod
    def _place(run: Run) -> str:
        # on_gradients comes after the batch was counted
        return f"FailOnNonNumber: epoch {run.epoch + 1}, step {run.step + 1}"

    def _why(self, run: Run) -> str:
        x = np.asarray(run.x)
        if not np.isfinite(x).all():
            return f"the batch's x {counted(x)}"
        for name, p in [*run.model.named_parameters(), *run.model.named_buffers()]:
            # BatchNorm's running statistics take in this batch's: what is wrong there is a result
            if isinstance(p, Tensor) and p.requires_grad and not np.isfinite(p.data).all():
                return f"the parameter {name} {counted(p.data)} already"
        random.default_generator.bit_generator.state = self._random
        return first_non_finite(run.model, run.x) or (
            "all layers' outputs are finite: it comes from the loss function or from y"
        )


def first_non_finite(model: Module, x: Any) -> str:
    """Send a batch through a model and say which layer's output is the first that is not finite.

    Returns:
        A part of a sentence; "" if there is none.
    """
    found: list[str] = []

    def watch(name: str) -> Any:
        def hook(module: Module, args: tuple[Any, ...], y: Any) -> None:
            if found or not isinstance(y, Tensor) or np.isfinite(y.data).all():
                return
            layer = f"{name!r} ({type(module).__name__})" if name else type(module).__name__
            bad = [a for a in map(np.asarray, args) if not np.isfinite(a).all()]
            if bad and module._modules == {}:
                found.append(f"the input of layer {layer}, which no layer made, {counted(bad[0])}")
            else:
                found.append(f"the first layer with such an output is {layer}: it {counted(y)}")

        return hook

    hooks_before = [(module, module._hooks) for module in model.modules()]
    handles = []
    for name, module in model.named_modules():
        if module._hooks is None:
            module._hooks = Hooks()
        handles.append(module.register_forward_hook(watch(name)))
    try:
        with no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
        for module, hooks in hooks_before:
            module._hooks = hooks  # None again where it was: such a module can be fused
    return found[0] if found else ""


def counted(values: Any) -> str:
    """Return how many values are NaN and infinite, as a predicate."""
    array = np.asarray(values)
    nan, infinite = int(np.isnan(array).sum()), int(np.isinf(array).sum())
    return f"has {nan} NaN and {infinite} infinite values among {array.size}"
