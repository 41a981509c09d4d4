"""What looks into a model asks of it: a module in eval mode, a layer by its name, one image."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minicnn.autograd import enable_grad
from minicnn.nn.hooks import Hooks
from minicnn.nn.module import Module
from minicnn.nn.tracing import label
from minicnn.tensor import as_tensor


def checked_model(op: str, model: Any) -> Module:
    """Return the model; raise TypeError if it is none."""
    if not isinstance(model, Module):
        raise TypeError(f"{op}: model must be a Module, got {type(model).__name__}")
    return model


def check_eval(op: str, model: Any) -> None:
    """Raise ValueError if the model, or a layer of it, is in training mode."""
    for name, module in checked_model(op, model).named_modules():
        if module.training:
            who = f"its layer {label(name, type(module).__name__)!r}" if name else "it"
            raise ValueError(
                f"{op}: the model must be in eval mode, but {who} is in training mode, where"
                " dropout and batch normalization make it another function at each call; call"
                " model.eval() first"
            )


def layer_of(op: str, model: Module, layer: Any) -> Module:
    """Return the layer of a model, given as the module or by its dotted name.

    Raises:
        ValueError: If the model has no such layer; the message lists those that it has.
        TypeError: If `layer` is something else.
    """
    named = list(checked_model(op, model).named_modules(remove_duplicate=False))
    for name, module in named:
        if module is layer or (isinstance(layer, str) and name == layer != ""):
            return module
    has = ", ".join(label(name, type(module).__name__) for name, module in named if name)
    if isinstance(layer, str):
        raise ValueError(f"{op}: layer: the model has no layer {layer!r}; it has {has or 'none'}")
    if isinstance(layer, Module):
        raise ValueError(
            f"{op}: layer: this {type(layer).__name__} is no part of the model, which has"
            f" {has or 'none'}"
        )
    raise TypeError(f"{op}: layer must be a module of the model or its dotted name, got {layer!r}")


def batch_of_one(op: str, name: str, image: Any) -> np.ndarray:
    """Return one image as a batch of one, shape (1, C, H, W); it is not copied."""
    x = as_tensor(image).data
    batch = x[np.newaxis] if x.ndim == 3 else x
    if batch.ndim == 4 and len(batch) == 1:
        return batch
    fix = {
        2: "; add an axis for the channel, as in image[None]",
        4: "; take one of a batch, such as x[0]",
    }
    raise ValueError(
        f"{op}: {name} must be one image, of shape (C, H, W) or (1, C, H, W), got {x.shape}"
        f"{fix.get(x.ndim, '')}"
    )


@contextmanager
def own_hooks(model: Module) -> Iterator[None]:
    """After this block, each module has the `_hooks` object that it had before, or None again.

    A module that keeps an empty one would be shut out of the fusion of layers from then on.
    """
    before = [(module, module._hooks) for module in model.modules()]
    try:
        yield
    finally:
        for module, hooks in before:
            module._hooks = hooks


@contextmanager
def examined(op: str, model: Module) -> Iterator[None]:
    """Inside this block, only the input gets a gradient, and each layer makes its own pass.

    Parameters need no gradients (so none is computed, and their `.grad` stays), and no Sequential
    fuses a layer with a ReLU, since a module that has hooks is not fused. Then all is as before.

    Raises:
        TypeError: If the model is no Module.
        ValueError: If it is in training mode.
    """
    check_eval(op, model)
    parameters = [(p, p.requires_grad) for p in model.parameters()]
    with own_hooks(model):
        try:
            for p, _ in parameters:
                p.requires_grad = False
            for module in model.modules():
                if module._hooks is None:
                    module._hooks = Hooks()
            with enable_grad():
                yield
        finally:
            for p, needed in parameters:
                p.requires_grad = needed
