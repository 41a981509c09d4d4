"""From torch's weights files to safetensors, with torch itself as the reader."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from minicnn.errors import FormatError
from minicnn.serialization import save


def convert(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    key: str | None = None,
    dtype: str | None = None,
) -> int:
    """Write the state_dict in a file of torch.save as a safetensors file, in one atomic step.

    Args:
        source: The file; torch reads it with weights_only=True, so no code of it runs.
        target: The file to write.
        key: The entry that holds the state_dict, if the file holds more, such as "state_dict".
        dtype: "float32" or "float64", to which all real numbers are converted.

    Returns:
        The number of tensors.

    Raises:
        ImportError: If torch is not installed.
        FormatError: If torch cannot read the file, or it holds no state_dict.
        TypeError: If an entry's dtype cannot be stored, such as bfloat16 without `dtype`.
        OSError: If a file cannot be read or written; an old target is still there.
    """
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            "torch is needed to read its files: run `pip install torch`, here or in another"
            f" environment, and convert there ({error})"
        ) from error
    with open(source, "rb"):  # so that a missing file is an OSError
        pass
    try:
        found = torch.load(source, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds; all mean that the file is not readable
        reason = str(error).partition("\n")[0]
        raise FormatError(source, f"torch cannot read it as weights: {reason}") from error
    state = _state_dict(source, found, key)
    arrays = {name: _array(name, value, dtype) for name, value in state.items()}
    save(arrays, target, metadata={"format": "pt"})
    return len(arrays)


def _state_dict(source: str | os.PathLike[str], found: Any, key: str | None) -> Mapping[str, Any]:
    """Return the entry `key` of what the file holds, which must map names to tensors."""
    if key is not None:
        if not isinstance(found, Mapping) or key not in found:
            raise FormatError(source, f"has no entry {key!r}; {_entries(found)}")
        found = found[key]
    if not isinstance(found, Mapping) or not found:
        raise FormatError(source, f"holds no state_dict; {_entries(found)}")
    for name, value in found.items():
        if not isinstance(name, str) or not hasattr(value, "detach"):
            raise FormatError(
                source, f"holds no state_dict: {name!r} is no tensor; {_entries(found)};"
                " --key takes one of them"
            )  # fmt: skip
    return found


def _entries(found: Any) -> str:
    if not isinstance(found, Mapping):
        return f"it holds a {type(found).__name__}"
    return f"its entries are {[str(name) for name in found][:8]}"


def _array(name: str, value: Any, dtype: str | None) -> np.ndarray:
    import torch

    tensor = value.detach()
    if dtype is not None and tensor.is_floating_point():
        tensor = tensor.to(getattr(torch, dtype))
    try:
        return np.array(tensor.numpy())
    except TypeError:
        raise TypeError(
            f"{name} has dtype {tensor.dtype}, which NumPy does not have; --dtype float32 converts"
        ) from None
