"""PyTorch, under the names of the table of samples. Importing this needs torch."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

# NAdam keeps the product of its momenta in the default dtype: in float32, it would lose half of the
# digits of a float64 computation.
torch.set_default_dtype(torch.float64)

# What has another name there, or none: our functions of `ops` and `F` are torch's methods then.
ELSEWHERE: dict[str, Callable[..., Any]] = {
    "ops.getitem": operator.getitem,
    "ops.where": torch.where,
    "Tensor.where": lambda x, condition, other: torch.where(condition, x, other),
}


class Torch:
    """The same five abilities as `run.Minicnn`."""

    Tensor, nn, optim = torch.Tensor, torch.nn, torch.optim
    cross_entropy = staticmethod(torch.nn.functional.cross_entropy)

    def function(self, name: str) -> Callable[..., Any]:
        if name in ELSEWHERE:
            return ELSEWHERE[name]
        place, _, rest = name.partition(".")
        places = {"F": [torch.nn.functional, torch], "ops": [torch, torch.Tensor]}
        for owner in places.get(place, [torch.Tensor]):
            if hasattr(owner, rest):
                return getattr(owner, rest)
        raise AssertionError(f"torch has no {name}")

    def dtype(self, dtype: Any) -> Any:
        return {np.float64: torch.float64, np.float32: torch.float32, np.int64: torch.int64}[dtype]

    def tensor(self, array: np.ndarray, grad: bool) -> Any:
        return torch.from_numpy(array.copy()).requires_grad_(grad)

    def array(self, tensor: Any) -> np.ndarray:
        return tensor.detach().numpy()

    def gradient(self, tensor: Any) -> np.ndarray | None:
        return None if tensor.grad is None else tensor.grad.numpy()

    def backward(self, tensor: Any, grad: np.ndarray) -> None:
        tensor.backward(
            torch.from_numpy(np.asarray(grad, self.array(tensor).dtype)), retain_graph=True
        )
