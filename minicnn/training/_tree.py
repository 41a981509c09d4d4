"""Trees of plain values as JSON, with their arrays beside it.

JSON has no tuples, no keys but strings, no NaN and no arrays. An object with one key that begins
with "$" stands for each of them; everything else is written as it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from minicnn.tensor import Tensor


def pack(tree: Any, name: str, arrays: dict[str, np.ndarray]) -> Any:
    """Return what stands for `tree` in JSON, and put its arrays into `arrays`.

    Args:
        tree: Dictionaries, lists and tuples of None, booleans, numbers, strings, arrays, tensors.
        name: The tree's name; its arrays get names below it, such as "optimizer.state.0.exp_avg".
        arrays: Where they go.

    Raises:
        TypeError: If there is anything else; says where.
    """
    if tree is None or type(tree) in (bool, int, str):
        return tree
    if type(tree) is float:
        return tree if math.isfinite(tree) else {"$float": repr(tree)}
    if isinstance(tree, (Tensor, np.ndarray, np.generic)):
        while name in arrays:  # {"a": {"b": ...}, "a.b": ...}
            name += "_"
        arrays[name] = np.asarray(tree)
        kind = "tensor" if isinstance(tree, Tensor) else "array"
        return {f"${'scalar' if isinstance(tree, np.generic) else kind}": name}
    if isinstance(tree, Mapping):
        packed = {key: pack(value, f"{name}.{key}", arrays) for key, value in tree.items()}
        if all(type(key) is str and not key.startswith("$") for key in packed):
            return packed
        return {"$dict": [[pack(key, name, {}), value] for key, value in packed.items()]}
    if isinstance(tree, (list, tuple)):
        listed = [pack(value, f"{name}.{i}", arrays) for i, value in enumerate(tree)]
        return listed if isinstance(tree, list) else {"$tuple": listed}
    raise TypeError(f"checkpoint: {name} is a {type(tree).__name__}, which cannot be stored")


def unpack(tree: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """Return what `pack` was given.

    Raises:
        KeyError, TypeError, ValueError: If it cannot have come from `pack`.
    """
    if isinstance(tree, list):
        return [unpack(value, arrays) for value in tree]
    if not isinstance(tree, dict):
        return tree
    kind = next(iter(tree), "") if len(tree) == 1 else ""
    if not kind.startswith("$"):
        return {key: unpack(value, arrays) for key, value in tree.items()}
    value = tree[kind]
    if kind == "$dict":
        return {unpack(key, arrays): unpack(entry, arrays) for key, entry in value}
    if kind == "$tuple":
        return tuple(unpack(value, arrays))
    if kind == "$float":
        return float(value)
    array = arrays[value]
    return {"$array": array, "$tensor": Tensor.of_array(array), "$scalar": array[()]}[kind]
