"""The onnx package, imported only when it is used."""

from __future__ import annotations

from typing import Any


def onnx_package(caller: str) -> Any:
    """Return the module `onnx`, with the parts that are used of it.

    Raises:
        ImportError: If it is not installed; says how to install it.
    """
    try:
        import onnx
        import onnx.checker
        import onnx.helper
        import onnx.numpy_helper
    except ImportError as error:
        raise ImportError(
            f"{caller} needs the onnx package: run `pip install '.[onnx]'` in minicnn's source"
            f" folder, or `pip install onnx` ({error})"
        ) from error
    return onnx
