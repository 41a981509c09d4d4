"""Imports of libraries that minicnn can do without."""

from __future__ import annotations

import importlib
from typing import Any


def optional_import(module: str, user: str, extra: str) -> Any:
    """Return a module; if it is missing, raise an ImportError that says how to get it.

    Args:
        module: Its full name.
        user: What needs it, for the message.
        extra: The extra of minicnn that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        raise ImportError(
            f"{user} needs {library}, which cannot be imported: install the extra `{extra}`"
            f" (pip install '.[{extra}]' in minicnn's source folder). Reason: {error}"
        ) from error
