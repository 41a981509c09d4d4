"""Lists of arrays on their way to a kernel: one call for each dtype, copies where memory is odd."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Arrays = Sequence[np.ndarray]


def one_call(
    kernel: Callable[..., None],
    params: Arrays,
    grads: Arrays,
    *states: Arrays,
    each: Sequence[Sequence[Any]] = (),
    **settings: Any,
) -> None:
    """Call `kernel` once for all parameters of a dtype; it changes params and states in place.

    Args:
        kernel: A function of `_core` that takes these lists in this order.
        params: What is updated.
        grads: dL/dp, not changed.
        states: What the optimizer remembers; a list is empty where the rule does not need it.
        each: Lists with one number for each parameter, or empty ones.
        settings: The numbers that all parameters share.

    Raises:
        TypeError: If a parameter and its gradient are not both float32 or both float64.
    """
    for index in _same_dtype(params, grads):
        chosen = [[arrays[i] for i in index] for arrays in (params, *states) if arrays]
        ready = [[_readable(array) for array in arrays] for arrays in chosen]
        lists = iter(ready)
        changed = [next(lists) if arrays else [] for arrays in (params, *states)]
        numbers = [[values[i] for i in index] if values else [] for values in each]
        kernel(changed[0], [_readable(grads[i]) for i in index], *changed[1:], *numbers, **settings)
        for arrays, copies in zip(chosen, ready):
            for array, copy in zip(arrays, copies):
                if copy is not array:
                    array[...] = copy


def _same_dtype(params: Arrays, grads: Arrays) -> list[list[int]]:
    """Return the indices of the float32 parameters and those of the float64 ones."""
    groups: dict[np.dtype[Any], list[int]] = {}
    for i, (p, grad) in enumerate(zip(params, grads)):
        if p.dtype != grad.dtype or p.dtype.char not in "fd":
            raise TypeError(
                f"optimizer: parameter {i} of shape {p.shape} and its gradient must both be float32"
                f" or both float64, got {p.dtype} and {grad.dtype}"
            )
        groups.setdefault(p.dtype, []).append(i)
    return list(groups.values())


def _readable(array: np.ndarray) -> np.ndarray:
    """Return the array itself if a kernel can take it where it lies, else a copy."""
    if array.flags.c_contiguous and array.flags.aligned and array.dtype.isnative:
        return array
    return np.array(array, dtype=array.dtype.newbyteorder("="), order="C")
