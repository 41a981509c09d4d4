"""Calls an operation with drawn arguments and collects all that it computes, in either library."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

import minicnn
from minicnn import ops
from minicnn.nn import functional
from tests.torch_parity.draw import SAMPLERS, Buffer, Draw

for module in ("pointwise", "shapes", "shorthands", "layers", "layers_1d", "losses", "margins"):
    importlib.import_module(f"tests.torch_parity.{module}")

TOLERANCE = 1e-9  # of float64 results, relative to their largest number or to 1
# On the way to these float64 gradients torch rounds to float32: hardsigmoid's 1/6 is
# 5e-9 off, and celu's 1/alpha up to 6e-8; weights go up to 2. minicnn's are exact to the last bits.
TOLERANCES = {"F.hardsigmoid": 2e-8, "F.celu": 3e-7}
Results = dict[str, np.ndarray]


class Library(Protocol):
    """What a comparison needs to know about a library of tensors."""

    Tensor: Any

    def function(self, name: str) -> Callable[..., Any]: ...
    def tensor(self, array: np.ndarray, grad: bool) -> Any: ...
    def dtype(self, dtype: Any) -> Any: ...
    def array(self, tensor: Any) -> np.ndarray: ...
    def gradient(self, tensor: Any) -> np.ndarray | None: ...
    def backward(self, tensor: Any, grad: np.ndarray) -> None: ...


class Minicnn:
    """minicnn, under the names of the table of samples."""

    Tensor, nn, optim = minicnn.Tensor, minicnn.nn, minicnn.optim
    cross_entropy = staticmethod(functional.cross_entropy)

    def function(self, name: str) -> Callable[..., Any]:
        place, _, rest = name.partition(".")
        return getattr({"F": functional, "ops": ops, "Tensor": minicnn.Tensor}[place], rest)

    def dtype(self, dtype: Any) -> Any:
        return dtype

    def tensor(self, array: np.ndarray, grad: bool) -> Any:
        return minicnn.Tensor(array.copy(), requires_grad=grad)

    def array(self, tensor: Any) -> np.ndarray:
        return tensor.data

    def gradient(self, tensor: Any) -> np.ndarray | None:
        return tensor.grad

    def backward(self, tensor: Any, grad: np.ndarray) -> None:
        tensor.backward(grad)


def results(library: Library, name: str, seed: int) -> Results:
    """Return outputs, gradients of all float arguments and changed buffers, by readable names."""
    args, settings = SAMPLERS[name](Draw(seed))
    leaves: dict[str, Any] = {}

    def given(value: Any, at: str) -> Any:
        if isinstance(value, Buffer):
            leaves[f"buffer {at}"] = tensor = library.tensor(value.array, False)
            return tensor
        if isinstance(value, np.ndarray):
            leaves[f"gradient {at}"] = tensor = library.tensor(value, value.dtype.kind == "f")
            return tensor
        if isinstance(value, (list, tuple)):
            return type(value)([given(item, f"{at}.{i}") for i, item in enumerate(value)])
        return library.dtype(value) if isinstance(value, type) else value

    args = tuple(given(value, str(i)) for i, value in enumerate(args))
    settings = {key: given(value, key) for key, value in settings.items()}
    out = list(flat(library, library.function(name)(*args, **settings)))
    weights = Draw(seed + 1)
    for y in out:
        array = library.array(y)
        weight = weights.floats(*array.shape)
        if y.requires_grad:
            library.backward(y, weight)
    found = {f"result {i}": np.array(library.array(y)) for i, y in enumerate(out)}
    for at, tensor in leaves.items():
        value = library.array(tensor) if at.startswith("buffer") else library.gradient(tensor)
        if value is None and tensor.requires_grad:  # nothing depends on it
            value = np.zeros(tensor.shape)
        if value is not None:
            found[at] = np.array(value)
    return found


def flat(library: Library, value: Any) -> Iterator[Any]:
    """Yield the tensors in a result, which may be a tuple of them."""
    if isinstance(value, library.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from flat(library, item)
    else:
        raise AssertionError(f"a result of type {type(value).__name__}")


def differences(got: Results, expected: Results, op: str = "") -> list[str]:
    """Return one line for each result that is not the expected one."""
    tolerance = TOLERANCES.get(op, TOLERANCE)
    lines = []
    if list(got) != list(expected):
        lines.append(f"got {list(got)}, expected {list(expected)}")
    for name in got.keys() & expected.keys():
        a, b = got[name], expected[name]
        if a.shape != b.shape or a.dtype.kind != b.dtype.kind:
            lines.append(f"{name}: got {a.dtype} {a.shape}, expected {b.dtype} {b.shape}")
        elif not agree(a, b, tolerance):
            lines.append(f"{name}: got {a.ravel()[:6]}, expected {b.ravel()[:6]}")
    return lines


def agree(a: np.ndarray, b: np.ndarray, tolerance: float) -> bool:
    """Return whether numbers are within the tolerance, NaN and infinities in the same places."""
    if a.dtype.kind != "f":
        return bool((a == b).all())
    finite = b[np.isfinite(b)]
    scale = max(1.0, np.abs(finite).max() if finite.size else 0.0)
    tolerance = tolerance if a.dtype == np.float64 else 1e-6
    return bool(np.allclose(a, b, rtol=0, atol=tolerance * scale, equal_nan=True))
