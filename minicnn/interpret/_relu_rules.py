"""Other backward passes of ReLU, put into a recorded graph: neither model nor layers change.

With R the gradient that arrives at y = relu(x), what goes on to x is

    gradient          R * (y > 0)
    guided            R * (y > 0) * (R > 0)
    deconvolution     R * (R > 0)

Sources: Springenberg et al., "Striving for simplicity: the all convolutional net",
arXiv:1412.6806, section 3.4 and figure 1 (all three); Zeiler & Fergus, arXiv:1311.2901, section
2.1 (the last).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.autograd import Function, nodes_before
from minicnn.ops.batch_norm import BatchNorm
from minicnn.ops.conv2d import Conv2d
from minicnn.ops.max_pool2d import MaxPool2d
from minicnn.ops.relu import ReLU
from minicnn.tensor import Tensor


def guide(outputs: Tensor) -> None:
    """Let the ReLUs before `outputs` pass back only what is positive, where y was positive too."""
    _rectify(outputs, gate=True)


def deconvolve(outputs: Tensor) -> None:
    """Let the ReLUs before `outputs` pass back all that is positive, whatever y was."""
    _rectify(outputs, gate=False)


def _rectify(outputs: Tensor, gate: bool) -> None:
    for node in nodes_before(outputs.creator) if outputs.creator is not None else ():
        if not (isinstance(node, ReLU) or getattr(node, "relu", False)):
            continue
        backward = node.backward
        if isinstance(node, MaxPool2d):  # rectifies before it pools, so after it on the way back
            if not gate:
                raise ValueError(
                    "Deconvolution: the model calls max_pool2d(..., relu=True), which keeps no"
                    " place for windows without a positive value; call relu, then max_pool2d"
                )
            _replace(node, _then_rectify(backward))
            continue
        if not gate:
            _open(node)
        _replace(node, _rectify_first(backward))


def _open(node: Function) -> None:
    """Let a node forget what its ReLU cut off, so that it passes back everything."""
    if isinstance(node, ReLU):
        node.y = np.ones_like(node.y)
        return
    assert isinstance(node, (Conv2d, BatchNorm))
    node.relu, node.y = False, None
    if isinstance(node, BatchNorm):
        node.relu_bias = None


def _replace(node: Function, backward: Callable[..., tuple[Any, ...]]) -> None:
    node.backward = backward  # type: ignore  # of this node alone


def _rectify_first(backward: Any) -> Callable[..., tuple[Any, ...]]:
    return lambda grad_y, *pending: backward(np.maximum(grad_y, 0), *pending)


def _then_rectify(backward: Any) -> Callable[[np.ndarray], tuple[Any, ...]]:
    return lambda grad_y: (np.maximum(backward(grad_y)[0], 0),)
