"""Networks that are known by a name."""

from minicnn.models.lenet import LeNet5

__all__ = ["LeNet5"]
