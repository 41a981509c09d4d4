"""Weights in files: safetensors, written so that a crash cannot destroy the file that was there.

Source of the format: https://github.com/huggingface/safetensors, section "Format".
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from minicnn import _checksum
from minicnn._atomic import atomic_write
from minicnn.errors import FormatError
from minicnn.tensor import Tensor

RESERVED = "__metadata__"  # the format's own key


def save(
    state_dict: Mapping[str, Any],
    path: str | os.PathLike[str],
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write tensors to a safetensors file, in one step: `path` holds the old or the new ones.

    The file's metadata have a checksum, which `load` looks at and other readers of the format pass
    over.

    Args:
        state_dict: Tensors or arrays by name, such as `module.state_dict()`.
        path: The file.
        metadata: Texts to store with them.

    Raises:
        TypeError: If a value is no array of numbers, or a name or a text of `metadata` no string.
        ValueError: If the name of the checksum, "minicnn_checksum", is among `metadata`.
        OSError: If the file cannot be written; then the old one is still there.

    Example:
        >>> save(model.state_dict(), "weights.safetensors")  # doctest: +SKIP
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save as to_bytes

    if not isinstance(state_dict, Mapping):
        raise TypeError(f"save: state_dict must be a mapping, got {type(state_dict).__name__}")
    arrays = {key: storable("save", key, value) for key, value in state_dict.items()}
    try:
        pieces = _checksum.sealed(to_bytes(arrays), {} if metadata is None else metadata)
    except (SafetensorError, TypeError) as error:
        raise TypeError(f"save: {error}") from error
    except ValueError as error:
        raise ValueError(f"save: {error}") from error
    atomic_write(path, pieces)


def storable(op: str, key: Any, value: Any) -> np.ndarray:
    """Return `value` as a native-endian array in C order; raise TypeError if it is no array."""
    if not isinstance(key, str) or key == RESERVED:
        raise TypeError(f"{op}: a name must be a string and not {RESERVED!r}, got {key!r}")
    array = value.data if isinstance(value, Tensor) else value
    if not isinstance(array, (np.ndarray, np.generic)):
        raise TypeError(f"{op}: {key} must be a Tensor or an array, got {type(value).__name__}")
    array = np.asarray(array)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise TypeError(f"{op}: {key} has dtype {array.dtype}, which cannot be stored")
    # not ascontiguousarray, which would turn shape () into (1,)
    return np.require(array, array.dtype.newbyteorder("="), "C")


def load(path: str | os.PathLike[str], dtype: Any = None) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file by name.

    Args:
        path: The file.
        dtype: float32 or float64, to which all real numbers are converted; None keeps what the file
            holds. bfloat16, which NumPy does not have, can only be read with it.

    Raises:
        FormatError: If it is no such file, is damaged (its checksum, if it has one as `save` writes
            it, is wrong), or holds a dtype that NumPy does not have.
        TypeError: If `dtype` is not one of these.
        OSError: If it cannot be read.

    Example:
        >>> model.load_state_dict(load("weights.safetensors"))  # doctest: +SKIP
    """
    from safetensors import SafetensorError, deserialize

    wanted = None if dtype is None else np.dtype(dtype)
    if wanted not in (None, np.float32, np.float64):
        raise TypeError(f"load: dtype must be float32 or float64, got {wanted}")
    with open(path, "rb") as file:
        data = file.read()
    _checksum.verify(path, data)
    try:
        entries = deserialize(data)  # type: ignore[no-untyped-call]
    except (SafetensorError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise FormatError(path, f"is not a readable safetensors file: {error}") from error
    return {key: Tensor.of_array(_array(path, key, entry, wanted)) for key, entry in entries}


# The format's names of what NumPy has.
DTYPES = {
    **{"F16": "<f2", "F32": "<f4", "F64": "<f8", "BOOL": "?"},
    **{f"I{8 * n}": f"<i{n}" for n in (1, 2, 4, 8)},
    **{f"U{8 * n}": f"<u{n}" for n in (1, 2, 4, 8)},
}


def _array(
    path: str | os.PathLike[str], key: str, entry: Mapping[str, Any], wanted: np.dtype[Any] | None
) -> np.ndarray:
    """Return one entry of the file, in memory of its own."""
    kind, shape = entry["dtype"], entry["shape"]
    if kind == "BF16":
        if wanted is None:
            raise FormatError(
                path,
                f"{key} is bfloat16, which NumPy does not have; load(path, dtype='float32') reads"
                " it, without loss",
            )
        halves = np.frombuffer(entry["data"], "<u2").astype(np.uint32)
        array = (halves << 16).view(np.float32)  # the upper half of a float32
    elif kind in DTYPES:
        array = np.frombuffer(entry["data"], DTYPES[kind])
    else:
        raise FormatError(path, f"{key} has dtype {kind}, which NumPy does not have")
    dtype = array.dtype.newbyteorder("=")
    if wanted is not None and dtype.kind == "f":
        dtype = wanted
    try:
        return np.array(array, dtype).reshape(shape)
    except ValueError as error:  # more axes than NumPy has, or a size next to 0 that is too large
        raise FormatError(path, f"{key} cannot have its shape: {error}") from error
