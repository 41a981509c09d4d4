"""Many samples into one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minicnn.tensor import Tensor


def default_collate(samples: Sequence[Any]) -> Any:
    """Stack samples along a new first axis.

    Tensors, arrays and numbers become one tensor; tuples, lists and dictionaries of them are
    stacked entry by entry and stay what they are; strings and bytes become a list.

    Raises:
        ValueError: If shapes or lengths differ.
        TypeError: If a sample is something else.

    Example:
        >>> default_collate([(1.0, 3), (2.0, 4)])
        (tensor([1., 2.]), tensor([3, 4]))
    """
    first = samples[0]
    if isinstance(first, (Tensor, np.ndarray, np.generic)):
        return Tensor(_stacked([np.asarray(sample) for sample in samples]))
    if isinstance(first, (bool, int, float)):
        return Tensor(samples)
    if isinstance(first, (str, bytes)):
        return list(samples)
    if isinstance(first, Mapping):
        return {key: default_collate([sample[key] for sample in samples]) for key in first}
    if isinstance(first, (tuple, list)):
        if any(len(sample) != len(first) for sample in samples):
            lengths = sorted({len(sample) for sample in samples})
            raise ValueError(f"default_collate: samples have different lengths: {lengths}")
        entries = [default_collate(entry) for entry in zip(*samples)]
        if hasattr(first, "_fields"):  # a named tuple
            return type(first)(*entries)
        return tuple(entries) if isinstance(first, tuple) else entries
    raise TypeError(
        "default_collate: samples must be tensors, arrays, numbers, strings, or tuples, lists or"
        f" dictionaries of them, got {type(first).__name__}; pass collate_fn to DataLoader"
    )


def default_convert(sample: Any) -> Any:
    """Turn the arrays of one sample into tensors, and leave the rest as it is.

    Tuples, lists and dictionaries are converted entry by entry and stay what they are.

    Example:
        >>> default_convert({"x": np.zeros(2), "name": "a"})
        {'x': tensor([0., 0.], dtype=float64), 'name': 'a'}
    """
    if isinstance(sample, (np.ndarray, np.generic)):
        return Tensor(sample)
    if isinstance(sample, Mapping):
        return {key: default_convert(value) for key, value in sample.items()}
    if isinstance(sample, (tuple, list)):
        entries = [default_convert(value) for value in sample]
        if hasattr(sample, "_fields"):  # a named tuple
            return type(sample)(*entries)
        return tuple(entries) if isinstance(sample, tuple) else entries
    return sample


def _stacked(arrays: list[np.ndarray]) -> np.ndarray:
    shapes = [array.shape for array in arrays]
    for i, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise ValueError(
                "default_collate: samples must have one shape, but sample 0 of this batch has"
                f" {shapes[0]} and sample {i} has {shape}; to pad them, give DataLoader collate_fn"
            )
    return np.stack(arrays)
