"""What layers of a network give for a batch of images, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from minicnn.nn.inspection import check_eval, layer_of, own_hooks
from minicnn.nn.module import Module
from minicnn.tensor import Tensor, as_tensor, no_grad


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
            or if the model is in training mode.

    Example:
        >>> from minicnn import nn
        >>> model = nn.Sequential(nn.Conv2d(1, 6, 3), nn.ReLU()).eval()
        >>> activations(model, np.zeros((2, 1, 8, 8), np.float32), ["1"])["1"].shape
        (2, 6, 6, 6)
    """
    check_eval("activations", model)
    seen: dict[str, np.ndarray] = {}
    with own_hooks(model), ExitStack() as handles:
        for name in layers:
            layer = layer_of("activations", model, name)
            handles.enter_context(layer.register_forward_hook(_keep(seen, name)))
        with no_grad():
            model(as_tensor(x))
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
