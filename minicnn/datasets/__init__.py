"""Datasets: Digits comes with the package, the others are read from their official files."""

from minicnn.datasets.cifar import CIFAR10, CIFAR100
from minicnn.datasets.digits import Digits
from minicnn.datasets.folder import DatasetFolder, ImageFolder
from minicnn.datasets.idx import read_idx
from minicnn.datasets.mnist import MNIST
from minicnn.datasets.mnist_like import KMNIST, FashionMNIST

__all__ = [
    "Digits",
    "MNIST",
    "FashionMNIST",
    "KMNIST",
    "CIFAR10",
    "CIFAR100",
    "ImageFolder",
    "DatasetFolder",
    "read_idx",
]
