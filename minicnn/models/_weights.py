"""Making a known network with the weights of a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from minicnn import nn
from minicnn.serialization import load
from minicnn.tensor import Tensor

Model = TypeVar("Model", bound=nn.Module)
Weights = str | os.PathLike[str] | None


def with_weights(make: Callable[[], Model], weights: Weights) -> Model:
    """Return `make()`, with the values of a safetensors file if `weights` is the path of one.

    Raises:
        FileNotFoundError: If there is no such file.
        FormatError: If it is no safetensors file.
        StateDictError: If its names and shapes are not the network's.
    """
    return make() if weights is None else with_state(make, read(weights))


def read(weights: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file; if there is none, say how to make it."""
    if not os.path.isfile(weights):
        raise FileNotFoundError(
            f"weights: there is no file {os.fspath(weights)!r}; minicnn downloads no weights, but"
            " `minicnn convert weights.pth weights.safetensors` makes such a file of torchvision's"
        )
    return load(weights)


def with_state(make: Callable[[], Model], state: dict[str, Tensor]) -> Model:
    """Return `make()` with these values; its own initial ones are never drawn."""
    with nn.init.undrawn():
        model = make()
    model.load_state_dict(state)
    return model
