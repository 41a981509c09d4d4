"""The fast gradient sign method: one step, the same for each pixel."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.attacks._attack import Attack
from minicnn.interpret._inputs import number
from minicnn.tensor import Tensor


class FGSM(Attack):
    """Moves each pixel by epsilon, in the direction in which the loss rises.

    x + epsilon * sign(dL(F(x), label) / dx), clipped to the valid range; with `targeted`
    x - epsilon * sign(dL(F(x), wished-for label) / dx).

    Args:
        model: The network, in eval mode when it is attacked. It is left as it is.
        loss_func: Called as loss_func(outputs, labels), gives one number; cross-entropy of logits
            if left out.
        lower_bound, upper_bound: The range of valid pixels, 0 to 1 if left out.

    Raises:
        TypeError: If the model is no Module.
        ValueError: If lower_bound is not below upper_bound.

    Example:
        >>> from minicnn import nn
        >>> model = nn.Linear(2, 2, bias=False).eval()
        >>> model.weight.data[:] = [[1.0, 0.0], [0.0, 1.0]]
        >>> FGSM(model).perturb([[0.5, 0.25]], 0.25, target=0).tolist()
        [[0.25, 0.5]]

    Source: Goodfellow, Shlens & Szegedy, "Explaining and harnessing adversarial examples",
    arXiv:1412.6572, section 4; targeted: Kurakin, Goodfellow & Bengio, arXiv:1611.01236, section 2.
    """

    def perturb(
        self, inputs: Any, epsilon: float, target: Any, *, targeted: bool = False
    ) -> Tensor:
        """Return the changed images.

        Args:
            inputs: Images, shape (N, C, H, W), within the valid range.
            epsilon: How far a pixel moves, in the images' units.
            target: The true classes, one for each image or one for all; if `targeted`, those that
                the model shall see.
            targeted: Whether to move towards `target` instead of away from it.

        Returns:
            The shape of inputs. No pixel differs from the input's by more than epsilon, to the last
            bit, and none leaves the range.

        Raises:
            ValueError: If the model is in training mode, the images are outside of the range, a
                target is, or epsilon is negative.
            TypeError: If the inputs are not of the model's floating-point type.
        """
        x, labels = self._checked(inputs, target)
        length = number(self.op, "epsilon", epsilon, 0)
        step = length * np.sign(self._uphill(x, labels, targeted)).astype(np.float64)
        return Tensor(self._within_box(x + step, x, length))
