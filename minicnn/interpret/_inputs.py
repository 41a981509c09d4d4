"""Checks of what a method is given: images, targets, baselines, numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.nn.inspection import batch_of_one
from minicnn.nn.module import Module
from minicnn.tensor import Tensor, as_tensor


def checked_images(op: str, name: str, images: Any, model: Module) -> np.ndarray:
    """Return a copy of the images, shape (N, ...), of the dtype of the model's parameters."""
    x = as_tensor(images).data
    if x.dtype.kind != "f":
        raise TypeError(
            f"{op}: {name} must be float32 or float64, of the range that the model was trained"
            f" with, got {x.dtype} (bytes 0 to 255 become 0 to 1 by x.astype('float32') / 255)"
        )
    first = next(model.parameters(), None)
    if first is not None and first.dtype != x.dtype:
        raise TypeError(
            f"{op}: {name} must be {first.dtype} as the model's parameters are, got {x.dtype}; use"
            f" {name}.astype('{first.dtype}')"
        )
    if x.ndim < 2 or x.size == 0:
        raise ValueError(
            f"{op}: {name} must have shape (N, C, H, W) with at least one image, got {x.shape}; one"
            " image x is the batch x[None]"
        )
    if not np.isfinite(x).all():
        raise ValueError(f"{op}: {name} must be finite, got {(~np.isfinite(x)).sum()} NaN or inf")
    return np.array(x)


def one_image(op: str, name: str, image: Any, model: Module) -> np.ndarray:
    """Return a copy of one image, shape (1, C, H, W), of the dtype of the model's parameters."""
    return checked_images(op, name, batch_of_one(op, name, image), model)


def in_range(op: str, name: str, x: np.ndarray, low: float, high: float, fix: str) -> None:
    """Raise ValueError unless all values of `x` are from low to high."""
    if x.min() < low or x.max() > high:
        raise ValueError(
            f"{op}: {name} must be within {low:g} to {high:g}, got {x.min():g} to {x.max():g};"
            f" {fix}"
        )


def selected(op: str, outputs: Any, n: int, target: Any) -> np.ndarray:
    """Return weights of the outputs' shape: 1 at each image's target, 0 elsewhere.

    Args:
        op: Who asks, for the messages.
        outputs: What the model gave, shape (N, K), or one number for each image.
        n: N, how many images there were.
        target: A class for all images, or one for each; None if there is but one number.

    Raises:
        ValueError: If the shape is another one, or a target is missing or out of range.
        TypeError: If the target holds no ints.
    """
    shape = outputs.shape if isinstance(outputs, Tensor) else type(outputs).__name__
    if not isinstance(outputs, Tensor) or shape[:1] != (n,) or len(shape) > 2:
        raise ValueError(
            f"{op}: the model must give a tensor of shape (N, K) for N = {n} images, got {shape};"
            " is there a batch axis? One image x is the batch x[None]"
        )
    classes = outputs.data.size // n
    if target is None:
        if classes != 1:
            raise ValueError(
                f"{op}: target: the model gives {classes} numbers for each image; say which one"
                f" (0 to {classes - 1}), for all images or for each"
            )
        return np.ones_like(outputs.data)
    labels = checked_labels(op, target, n, classes)
    weights = np.zeros((n, classes), outputs.dtype)
    weights[np.arange(n), labels] = 1
    return weights.reshape(shape)


def checked_labels(op: str, target: Any, n: int, classes: int) -> np.ndarray:
    """Return one class for each of n images, int64 of shape (N,)."""
    labels = as_tensor(target).data
    if labels.dtype.kind not in "iu":
        raise TypeError(f"{op}: target must be an int or N ints, got {target!r}")
    if labels.shape not in ((), (n,)):
        raise ValueError(
            f"{op}: target must be one int, or one for each of the {n} images, got shape"
            f" {labels.shape}"
        )
    if labels.min() < 0 or labels.max() >= classes:
        bad = labels[(labels < 0) | (labels >= classes)].flat[0]
        raise ValueError(f"{op}: target must be from 0 to {classes - 1}, got {bad}")
    return np.broadcast_to(labels, (n,)).astype(np.int64)


def repeated(op: str, target: Any, n: int, times: int) -> Any:
    """Return the target of n images for `times` copies of them, one batch after another."""
    if target is None or as_tensor(target).ndim == 0:
        return target
    return np.tile(checked_labels(op, target, n, 2**31), times)


def baseline_like(op: str, baselines: Any, x: np.ndarray) -> np.ndarray:
    """Return the baselines in the images' shape: a number (0 if None), one image, or as many."""
    values = np.asarray(0 if baselines is None else as_tensor(baselines).data, x.dtype)
    if values.ndim and (values.ndim != x.ndim or values.shape[1:] != x.shape[1:]):
        raise ValueError(
            f"{op}: baselines must be a number or have the inputs' shape {x.shape} (or"
            f" {(1, *x.shape[1:])}), got {values.shape}"
        )
    if values.ndim and len(values) not in (1, len(x)):
        raise ValueError(
            f"{op}: baselines must be 1 or {len(x)}, as many as the inputs, got {len(values)}"
        )
    return np.broadcast_to(values, x.shape)


def number(op: str, name: str, value: Any, low: float, above: bool = False) -> float:
    """Return a finite number >= low, or > low if `above`; raise TypeError or ValueError if not."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{op}: {name} must be a number, got {value!r}")
    if not (value > low if above else value >= low) or value == float("inf"):
        rule = "above" if above else "at least"
        raise ValueError(f"{op}: {name} must be finite and {rule} {low:g}, got {value}")
    return float(value)


def at_least(op: str, name: str, value: Any, low: int) -> int:
    """Return an int; raise TypeError or ValueError if it is none or below `low`."""
    number = integer(op, name, value)
    if number < low:
        raise ValueError(f"{op}: {name} must be at least {low}, got {number}")
    return number
