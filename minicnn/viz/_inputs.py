"""What pictures of a network need: its layers by name, one image, a model that does not train."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.nn.module import Module
from minicnn.tensor import Tensor, as_tensor, no_grad


def find_layer(op: str, model: Module, name: str) -> Module:
    """Return the layer of a dotted name; raise ValueError with all names if there is none."""
    layers = {key: module for key, module in model.named_modules(remove_duplicate=False) if key}
    if name not in layers:
        raise ValueError(f"{op}: the model has no layer {name!r}; it has {', '.join(layers)}")
    return layers[name]


def check_eval(op: str, model: Module) -> None:
    """Raise ValueError if any part of the model is in train mode."""
    if not isinstance(model, Module):
        raise TypeError(f"{op}: model must be a Module, got {type(model).__name__}")
    training = [name or "the model itself" for name, m in model.named_modules() if m.training]
    if training:
        raise ValueError(
            f"{op}: the model is in train mode, in which Dropout and BatchNorm give other results"
            f" each time: call model.eval() first (still training: {', '.join(training[:3])}"
            f"{', ...' if len(training) > 3 else ''})"
        )


def one_image(op: str, image: Any) -> Tensor:
    """Return an image as a batch of one, shape (1, C, H, W)."""
    x = as_tensor(image)
    if x.ndim == 3:
        return as_tensor(x.data[np.newaxis])
    if x.ndim == 4 and x.shape[0] == 1:
        return as_tensor(x.data)
    fix = ""
    if x.ndim == 4:
        fix = ": pass one of them, as in images[:1]"
    elif x.ndim == 2:
        fix = ": add an axis for the channel, as in image[None]"
    raise ValueError(
        f"{op}: image must be one image, shape (C, H, W) or (1, C, H, W), got {x.shape}{fix}"
    )


def activations(model: Module, x: Any, layers: Sequence[str]) -> dict[str, np.ndarray]:
    """Return what some layers give for a batch of images.

    Args:
        model: The network, in eval mode.
        x: Its input, shape (N, ...).
        layers: Dotted names, such as "features.0"; of a layer that is called several times the
            last result counts.

    Returns:
        Arrays by name, in the order of `layers`.

    Raises:
        ValueError: If a layer does not exist (the message lists those that do) or is not called,
            or if the model is in train mode.

    Example:
        >>> from minicnn import nn
        >>> model = nn.Sequential(nn.Conv2d(1, 6, 3), nn.ReLU()).eval()
        >>> activations(model, np.zeros((2, 1, 8, 8), np.float32), ["1"])["1"].shape
        (2, 6, 6, 6)
    """
    check_eval("activations", model)
    seen: dict[str, np.ndarray] = {}
    handles = []
    before = [(module, module._hooks) for module in model.modules()]
    try:
        for name in layers:
            layer = find_layer("activations", model, name)
            handles.append(layer.register_forward_hook(_keep(seen, name)))
        with no_grad():
            model(as_tensor(x))
    finally:
        for handle in handles:
            handle.remove()
        for module, hooks in before:  # None again: a layer without hooks can be fused with others
            module._hooks = hooks
    missing = [name for name in layers if name not in seen]
    if missing:
        raise ValueError(f"activations: the model's forward did not call {', '.join(missing)}")
    return {name: seen[name] for name in layers}


def _keep(seen: dict[str, np.ndarray], name: str) -> Any:
    def hook(module: Module, args: tuple[Any, ...], y: Any) -> None:
        if not isinstance(y, Tensor):
            raise ValueError(
                f"activations: layer {name} gives a {type(y).__name__}, not one tensor"
            )
        seen[name] = np.array(y.data)

    return hook
