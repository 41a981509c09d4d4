"""`minicnn.data` under the name of torch: `from minicnn.utils.data import DataLoader`."""

from minicnn.data import *  # noqa: F403  # what it lists
from minicnn.data import __all__ as __all__
