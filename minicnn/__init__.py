"""minicnn: a small deep-learning engine whose every step can be read.

>>> import minicnn
>>> x = minicnn.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
>>> (x * x).sum().backward()
>>> x.grad
array([[2., 4.],
       [6., 8.]], dtype=float32)
"""

try:
    import minicnn._core as _core
except ImportError as error:
    raise ImportError(
        "minicnn: the compiled kernels (minicnn._core) cannot be imported. In the source folder,"
        " build them with `pip install -e .`; an installed copy is found from any other folder."
        f" Reason: {error}"
    ) from None

from minicnn import data, datasets, metrics, models, nn, onnx, optim, random, training, transforms
from minicnn._functions import *  # noqa: F403  # what it lists
from minicnn._functions import __all__ as _functions
from minicnn.config import get_num_threads, set_num_threads, show_config
from minicnn.errors import DataLoaderError, FormatError, StateDictError
from minicnn.profiler import profile
from minicnn.random import manual_seed
from minicnn.serialization import load, save
from minicnn.summary import summary
from minicnn.tensor import Tensor, enable_grad, from_dlpack, no_grad, tensor

__version__: str = _core.__version__

__all__ = [
    "Tensor",
    "tensor",
    "from_dlpack",
    "no_grad",
    "enable_grad",
    "nn",
    "optim",
    "data",
    "datasets",
    "transforms",
    "models",
    "metrics",
    "training",
    "onnx",
    "random",
    "manual_seed",
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
