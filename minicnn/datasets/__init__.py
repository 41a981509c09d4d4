"""Datasets: Digits comes with the package, MNIST is read from its official files."""

from minicnn.datasets.digits import Digits
from minicnn.datasets.idx import read_idx
from minicnn.datasets.mnist import MNIST

__all__ = ["Digits", "MNIST", "read_idx"]
