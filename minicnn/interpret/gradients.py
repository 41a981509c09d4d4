"""Attributions by one backward pass: the gradient, and its relatives with another rule for ReLU."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import boolean
from minicnn.interpret._inputs import checked_images
from minicnn.interpret._relu_rules import deconvolve, guide
from minicnn.interpret._run import target_gradient
from minicnn.nn.inspection import checked_model
from minicnn.tensor import Tensor


class Attribution:
    """A method that says what each pixel has to do with a model's output.

    Args:
        model: The network, in eval mode when it is used. It is left as it is.

    Raises:
        TypeError: If it is no Module.
    """

    def __init__(self, model: Any) -> None:
        self.model = checked_model(type(self).__name__, model)

    @property
    def op(self) -> str:
        """What the method is called in messages."""
        return type(self).__name__

    def images(self, inputs: Any) -> np.ndarray:
        """Return a copy of the inputs; raise ValueError or TypeError if they are not images."""
        return checked_images(self.op, "inputs", inputs, self.model)


class Saliency(Attribution):
    """How much each pixel's change changes the output: |dF_target / dx|.

    Args:
        model: The network, in eval mode when it is used. It is left as it is.

    Example:
        >>> from minicnn import nn
        >>> model = nn.Linear(2, 1, bias=False).eval()
        >>> model.weight.data[:] = [[3.0, -2.0]]
        >>> Saliency(model).attribute([[5.0, 7.0]]).tolist()
        [[3.0, 2.0]]

    Source: Simonyan, Vedaldi & Zisserman, "Deep inside convolutional networks", arXiv:1312.6034,
    section 3.
    """

    def attribute(self, inputs: Any, target: Any = None, abs: bool = True) -> Tensor:
        """Return |dF_target / dx|.

        Args:
            inputs: Images, shape (N, C, H, W), of the range the model was trained with.
            target: The output to explain: a class for all images or N of them; None if the model
                gives one number for each image.
            abs: Whether to take the absolute value.

        Returns:
            The shape of inputs.

        Raises:
            ValueError: If the model is in training mode, or a target missing or out of range.
            TypeError: If the inputs are not of the model's floating-point type.
        """
        grad = target_gradient(self.op, self.model, self.images(inputs), target)
        return Tensor(np.abs(grad) if boolean(self.op, "abs", abs) else grad)


class InputXGradient(Attribution):
    """Each pixel times the gradient there: x * dF_target / dx, the output's parts if F is linear.

    Args:
        model: The network, in eval mode when it is used. It is left as it is.

    Example:
        >>> from minicnn import nn
        >>> model = nn.Linear(2, 1, bias=False).eval()
        >>> model.weight.data[:] = [[3.0, -2.0]]
        >>> InputXGradient(model).attribute([[5.0, 7.0]]).tolist()
        [[15.0, -14.0]]

    Source: Shrikumar et al., "Not just a black box", arXiv:1605.01713.
    """

    def attribute(self, inputs: Any, target: Any = None) -> Tensor:
        """Return x * dF_target / dx; arguments, shape and errors are those of `Saliency`."""
        x = self.images(inputs)
        return Tensor(x * target_gradient(self.op, self.model, x, target))


class GuidedBackprop(Attribution):
    """The gradient, of which each ReLU passes back only what is positive.

    With R the gradient that arrives at y = relu(x), R * (y > 0) * (R > 0) goes on to x. This holds
    for `nn.ReLU`, `F.relu` and the `relu=True` of other operations; other activations keep theirs.

    Args:
        model: The network, in eval mode when it is used. It is left as it is.

    Source: Springenberg et al., "Striving for simplicity: the all convolutional net",
    arXiv:1412.6806, section 3.4.
    """

    def attribute(self, inputs: Any, target: Any = None) -> Tensor:
        """Return the guided gradient; arguments, shape and errors are those of `Saliency`."""
        return Tensor(target_gradient(self.op, self.model, self.images(inputs), target, guide))


class Deconvolution(Attribution):
    """The gradient, of which each ReLU passes back what is positive, whatever its own input was.

    With R the gradient that arrives at y = relu(x), R * (R > 0) goes on to x: the way back is a
    network of transposed convolutions and unpoolings with ReLUs of its own. See `Deconvnet` for
    the projection of a single feature map.

    Args:
        model: The network, in eval mode when it is used. It is left as it is.

    Source: Zeiler & Fergus, "Visualizing and understanding convolutional networks",
    arXiv:1311.2901, section 2.1; as a rule for gradients in Springenberg et al., arXiv:1412.6806,
    section 3.4.
    """

    def attribute(self, inputs: Any, target: Any = None) -> Tensor:
        """Return what arrives at the pixels; arguments, shape, errors are those of `Saliency`."""
        x = self.images(inputs)
        return Tensor(target_gradient(self.op, self.model, x, target, deconvolve))
