"""Projected gradient descent: several steps, each brought back to where it may be."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import random
from minicnn._checks import boolean
from minicnn.attacks._attack import Attack
from minicnn.interpret._inputs import at_least, number
from minicnn.tensor import Tensor

NORMS = ("Linf", "L2")


class PGD(Attack):
    """Climbs the loss in steps, and after each goes back into a ball around the image.

    x_0 = x, or a random point of the ball; x_(t+1) = the point of ball and range nearest to
    x_t + step_size * direction. The direction is sign(dL/dx) in the ball of the Linf norm, where no
    pixel may differ by more than the radius, and dL/dx divided by its length in that of the L2
    norm, where the length of the difference may not exceed it.

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
        >>> PGD(model).perturb([[0.5, 0.25]], 0.25, 0.125, 3, target=0).tolist()
        [[0.25, 0.5]]

    Source: Madry et al., "Towards deep learning models resistant to adversarial attacks",
    arXiv:1706.06083, section 2.1; without the random start, it is the basic iterative method of
    Kurakin, Goodfellow & Bengio, arXiv:1607.02533, section 2.
    """

    def perturb(
        self,
        inputs: Any,
        radius: float,
        step_size: float,
        step_num: int,
        target: Any,
        *,
        targeted: bool = False,
        random_start: bool = False,
        norm: str = "Linf",
    ) -> Tensor:
        """Return the changed images.

        Args:
            inputs: Images, shape (N, C, H, W), within the valid range.
            radius: How far a pixel ("Linf") or the image ("L2") may move, in the images' units.
            step_size: How far one step moves it.
            step_num: How many steps.
            target: The true classes, one for each image or one for all; if `targeted`, those that
                the model shall see.
            targeted: Whether to move towards `target` instead of away from it.
            random_start: Whether to begin at a random point of the ball, drawn from
                `minicnn.random.default_generator`.
            norm: "Linf" or "L2".

        Returns:
            The shape of inputs. No pixel leaves the range, and with "Linf" none differs from the
            input's by more than the radius, to the last bit.

        Raises:
            ValueError: If the model is in training mode, the images are outside of the range, a
                target is, or a setting is.
            TypeError: If the inputs are not of the model's floating-point type.
        """
        x, labels = self._checked(inputs, target)
        reach = number(self.op, "radius", radius, 0)
        length = number(self.op, "step_size", step_size, 0)
        steps = at_least(self.op, "step_num", step_num, 0)
        if norm not in NORMS:
            raise ValueError(f"{self.op}: norm must be 'Linf' or 'L2', got {norm!r}")
        project = self._within_box if norm == "Linf" else self._within_ball
        moved = x
        if boolean(self.op, "random_start", random_start):
            moved = project(x + reach * _in_unit_ball(x.shape, norm), x, reach)
        for _ in range(steps):
            uphill = self._uphill(moved, labels, targeted).astype(np.float64)
            direction = np.sign(uphill) if norm == "Linf" else uphill / _lengths(uphill)
            moved = project(moved + length * direction, x, reach)
        return Tensor(moved)

    def _within_ball(self, moved: np.ndarray, x: np.ndarray, radius: float) -> np.ndarray:
        """Return valid images whose differences from x have at most this length, up to rounding."""
        change = moved - x.astype(np.float64)
        shrunk = x + change * np.minimum(1, radius / _lengths(change))
        return self._valid(shrunk.astype(x.dtype))  # the range holds x: clipping goes towards it


def _lengths(x: np.ndarray) -> np.ndarray:
    """Return the length of each image's difference, never 0, shape (N, 1, 1, 1)."""
    squares = (x**2).sum(axis=tuple(range(1, x.ndim)), keepdims=True)
    return np.sqrt(np.maximum(squares, np.finfo(np.float64).tiny))


def _in_unit_ball(shape: tuple[int, ...], norm: str) -> np.ndarray:
    """Draw evenly from the ball of radius 1, for each image."""
    generator = random.default_generator
    if norm == "Linf":
        return generator.uniform(-1, 1, shape)
    direction = generator.standard_normal(shape)
    size = int(np.prod(shape[1:]))
    radii = generator.random((shape[0], *[1] * (len(shape) - 1))) ** (1 / size)
    return radii * direction / _lengths(direction)
