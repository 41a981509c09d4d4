"""minicnn: a small deep-learning engine whose every step can be read.

>>> import minicnn
>>> x = minicnn.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
>>> (x * x).sum().backward()
>>> x.grad
array([[2., 4.],
       [6., 8.]], dtype=float32)
"""

import importlib
from typing import TYPE_CHECKING, Any

try:
    importlib.import_module("minicnn._core")
except ImportError as error:
    raise ImportError(
        "minicnn: the compiled kernels (minicnn._core) cannot be imported. In the source folder,"
        " build them with `pip install -e .`; an installed copy is found from any other folder."
        f" Reason: {error}"
    ) from None

from minicnn import _core as _core

# Before the rest: tensor and autograd need each other, and this order works.
from minicnn.tensor import Tensor, enable_grad, no_grad, tensor

# isort: split
from math import inf, nan, pi

from minicnn import autograd, nn, optim, random
from minicnn._device import accelerator, backends, cuda, device, mps, xpu
from minicnn._functions import *  # noqa: F403  # what it lists
from minicnn._functions import __all__ as _functions
from minicnn.autograd import inference_mode, is_grad_enabled, set_grad_enabled
from minicnn.config import get_num_threads, set_num_threads, show_config
from minicnn.creation import from_dlpack
from minicnn.dtypes import *  # noqa: F403  # torch's names, of which some are Python's
from minicnn.dtypes import __all__ as _dtypes
from minicnn.errors import DataLoaderError, FormatError, StateDictError
from minicnn.profiler import profile
from minicnn.random import Generator, manual_seed
from minicnn.summary import summary

if TYPE_CHECKING:
    from minicnn import data, datasets, metrics, models, onnx, training, transforms, utils
    from minicnn.saving import load, save

__version__: str = _core.__version__

__all__ = [
    "Tensor",
    "tensor",
    "from_dlpack",
    "no_grad",
    "enable_grad",
    "set_grad_enabled",
    "is_grad_enabled",
    "inference_mode",
    "autograd",
    "device",
    "cuda",
    "mps",
    "xpu",
    "accelerator",
    "backends",
    "inf",
    "nan",
    "pi",
    "nn",
    "optim",
    "data",
    "datasets",
    "transforms",
    "models",
    "metrics",
    "training",
    "utils",
    "onnx",
    "random",
    "manual_seed",
    "Generator",
    "save",
    "load",
    "summary",
    "profile",
    "FormatError",
    "StateDictError",
    "DataLoaderError",
    "get_num_threads",
    "set_num_threads",
    "show_config",
]
__all__ += _functions
__all__ += _dtypes

# Imported when first used: a program that needs few of them starts faster.
_LATER = ("data", "datasets", "metrics", "models", "onnx", "training", "transforms", "utils")
_FUNCTIONS_LATER = {"save": "saving", "load": "saving"}


if not TYPE_CHECKING:  # which would take any name for one of minicnn's

    def __getattr__(name: str) -> Any:
        if name in _LATER:
            return importlib.import_module(f"minicnn.{name}")
        if name in _FUNCTIONS_LATER:
            module = importlib.import_module(f"minicnn.{_FUNCTIONS_LATER[name]}")
            return getattr(module, name)
        raise AttributeError(f"module 'minicnn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER, *_FUNCTIONS_LATER})
