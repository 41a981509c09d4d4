"""`minicnn.save` and `minicnn.load`: weights by name, or a whole checkpoint, as in torch.

Weights become an ordinary safetensors file (`minicnn.serialization`); a dictionary that holds
others becomes a checkpoint (`minicnn.training.checkpoint`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from minicnn import serialization
from minicnn._device import device as place


def save(
    obj: Mapping[str, Any],
    path: str | os.PathLike[str],
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write weights or a checkpoint to a file, in one step: `path` holds the old or the new.

    Args:
        obj: Tensors or arrays by name, such as `module.state_dict()`; or a dictionary with others
            in it, such as {"model": model.state_dict(), "optimizer": ..., "epoch": 3}, whose other
            values are numbers, strings, booleans, None, and lists and tuples of all these.
        path: The file.
        metadata: Texts to store with weights.

    Raises:
        TypeError: If a value is none of these, or a name or a text of `metadata` no string.
        ValueError: If `metadata` is given for a checkpoint, or has the name of the checksum.
        OSError: If the file cannot be written; then the old one is still there.

    Example:
        >>> import os, tempfile
        >>> from minicnn import nn
        >>> path, layer = os.path.join(tempfile.mkdtemp(), "run.pt"), nn.Linear(2, 1)
        >>> save({"model": layer.state_dict(), "epoch": 3}, path)
        >>> layer.load_state_dict(load(path)["model"])
        KeyDiff(missing_keys=[], unexpected_keys=[])
    """
    if not isinstance(obj, Mapping) or not any(isinstance(v, Mapping) for v in obj.values()):
        serialization.save(obj, path, metadata)
        return
    from minicnn.training.checkpoint import save_checkpoint

    if metadata is not None:
        raise ValueError("save: metadata is for weights; a checkpoint has its texts in itself")
    save_checkpoint(dict(obj), path)


def load(
    path: str | os.PathLike[str],
    dtype: Any = None,
    *,
    map_location: Any = None,
    weights_only: bool = True,
) -> dict[str, Any]:
    """Return what `save` wrote, or the tensors of any safetensors file by name.

    Args:
        path: The file.
        dtype: float32 or float64, to which all real numbers of a file of weights are converted;
            None keeps what it holds. bfloat16, which NumPy does not have, can only be read with it.
        map_location: "cpu" or None.
        weights_only: Taken for torch's sake: nothing else is ever in a file than numbers and texts.

    Returns:
        Tensors by name; of a checkpoint, the dictionary, with arrays for tensors.

    Raises:
        FormatError: If it is no such file, is damaged (its checksum, if it has one as `save` writes
            it, is wrong), or holds a dtype that NumPy does not have.
        TypeError: If `dtype` is not one of these, or is given for a checkpoint.
        ValueError: If `map_location` is another device.
        OSError: If it cannot be read.

    Example:
        >>> model.load_state_dict(load("weights.safetensors"))  # doctest: +SKIP
    """
    if map_location is not None:
        place(map_location)
    from minicnn.training.checkpoint import is_checkpoint, load_checkpoint

    if not is_checkpoint(path):
        return serialization.load(path, dtype)
    if dtype is not None:
        raise TypeError("load: dtype is for files of weights; this is a checkpoint")
    tree: dict[str, Any] = load_checkpoint(path)
    return tree
