"""The rectifier: kernels in cpp/relu/, tests in tests/ops/test_relu.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import _core
from minicnn._checks import kernel_array
from minicnn.autograd import Function
from minicnn.tensor import Tensor, as_tensor


class ReLU(Function):
    """y = max(x, 0), and its gradient: 1 where x is positive or NaN, 0 elsewhere and at 0."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.y = _core.relu_forward(kernel_array("relu", "x", x))
        return self.y

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (_core.relu_backward(kernel_array("relu", "grad_y", grad_y), self.y),)


def relu(x: Any, inplace: bool = False) -> Tensor:
    """Replace each negative value by 0.

    Args:
        x: Any shape.
        inplace: Taken for torch's sake; the input stays as it is.

    Returns:
        The shape of x. A NaN stays a NaN; the gradient at 0 is 0.

    Raises:
        TypeError: If x is not float32 or float64.

    Example:
        >>> relu([-1.0, 0.0, 2.0]).tolist()
        [0.0, 0.0, 2.0]

    Source: Nair & Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML
    2010, section 2; the gradient at 0 is torch's.
    """
    return ReLU()(as_tensor(x))
