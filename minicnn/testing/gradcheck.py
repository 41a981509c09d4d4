"""Gradients of `backward` compared with central differences.

With `f` the function and `v` a fixed random weight of its result, the scalar <v, f(x)> has the
gradient g that backward(v) computes. Two checks of g, input after input:

- along a random direction d of length 1: <g, d> against the difference of <v, f(x + eps * d)> and
  <v, f(x - eps * d)>. Two forward passes see every element, however large the input; but if only
  one of n elements is wrong, its error must be some sqrt(n) times larger than the tolerance;
- element by element, for inputs of few elements, so that a message can name the element.

Differences err by about eps^2 * |f'''| and by rounding, u * |f| / eps, where u = 1.1e-16: hence
float64, and the defaults of eps, atol and rtol.

Source: the direction is that of HIPS/autograd's `check_grads`; errors of differences in Nocedal &
Wright, "Numerical Optimization", 2nd edition, section 8.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minicnn.tensor import Tensor, as_tensor

SMALL = 64  # inputs of at most this many elements are also checked element by element


class GradcheckError(AssertionError):
    """A gradient does not agree with the differences; the message says where, and both numbers."""


class KinkError(GradcheckError):
    """The differences to both sides of an input disagree, so that there is no derivative."""


class _Checker:
    """The scalar <v, f(inputs)>, its differences and its gradients, for one input after another."""

    def __init__(
        self,
        func: Callable[..., Any],
        inputs: Sequence[Tensor],
        eps: float,
        tolerances: tuple[float, float],
        rng: np.random.Generator,
    ) -> None:
        self.func, self.inputs, self.eps = func, inputs, eps
        self.atol, self.rtol = tolerances
        self.rng = rng
        self.weights: list[np.ndarray] = []
        self.here = 0.0  # <v, f(inputs)>
        self.size = 0.0  # <|v|, |f(inputs)|>, which the rounding errors of differences grow with

    def outputs(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """Return the floating-point results of the function as a list."""
        y = self.func(*inputs)
        results = list(y) if isinstance(y, (tuple, list)) else [y]
        return [t for t in results if isinstance(t, Tensor) and t.data.dtype.kind == "f"]

    def gradients(self) -> list[np.ndarray]:
        """Return the gradient of <v, f> for each input, by `backward`, on tensors of our own."""
        tensors = [Tensor(t.data.copy(), t.requires_grad) for t in self.inputs]
        results = [y for y in self.outputs(tensors) if y.requires_grad]
        if not results:
            raise GradcheckError("gradcheck: no result of func depends on an input with a gradient")
        self.weights = [self.rng.standard_normal(y.shape) for y in results]
        self.here = sum([float((v * y.data).sum()) for v, y in zip(self.weights, results)])
        self.size = sum([float(np.abs(v * y.data).sum()) for v, y in zip(self.weights, results)])
        for y, weight in zip(results, self.weights):
            y.backward(weight)
        return [np.zeros(t.shape) if t.grad is None else t.grad for t in tensors]

    def value(self, i: int, step: np.ndarray) -> float:
        """Return <v, f> with `step` added to input i."""
        moved = [Tensor(t.data.copy(), t.requires_grad) for t in self.inputs]
        moved[i].data += step
        results = [y for y in self.outputs(moved) if y.requires_grad]
        return sum([float((v * y.data).sum()) for v, y in zip(self.weights, results)])

    def sides(self, i: int, direction: np.ndarray, eps: float) -> tuple[float, float]:
        """Return the differences of <v, f> to the left and to the right, by input i."""
        before, after = self.value(i, -eps * direction), self.value(i, eps * direction)
        return (self.here - before) / eps, (after - self.here) / eps

    def compare(self, i: int, place: str, got: float, direction: np.ndarray) -> None:
        """Raise unless `got` is the derivative of <v, f> by input i along `direction`."""
        left, right = self.sides(i, direction, self.eps)
        expected = (left + right) / 2
        tolerance = self.atol + self.rtol * max(abs(expected), abs(got))
        if self.has_kink(i, direction, abs(right - left), tolerance):
            raise KinkError(
                f"gradcheck: func has a kink at inputs[{i}]{place}: the difference to the left is"
                f" {left:.9g} and that to the right {right:.9g} (eps = {self.eps:g}); give inputs"
                f" away from it. backward gives {got:.9g}"
            )
        if not abs(got - expected) <= tolerance:  # also if one is NaN
            raise GradcheckError(
                f"gradcheck: wrong gradient for inputs[{i}]{place}: backward gives {got:.9g}, but"
                f" the central difference is {expected:.9g}: they differ by"
                f" {abs(got - expected):.3g}, and atol + rtol * size allows {tolerance:.3g}"
            )

    def has_kink(self, i: int, direction: np.ndarray, gap: float, tolerance: float) -> bool:
        """Whether left and right differ by a `gap` that does not shrink in proportion to eps.

        The gap of a smooth function is eps * |f''|, so that an eighth of eps makes it an eighth; at
        a kink it stays, and beyond one it vanishes.
        """
        noise = 1e-15 * self.size / self.eps  # of one difference, by rounding
        if not gap > max(tolerance, 20 * noise):
            return False
        left, right = self.sides(i, direction, self.eps / 8)
        return not gap / 16 - 8 * noise <= abs(right - left) <= gap / 4 + 8 * noise

    def check(self, i: int, gradient: np.ndarray) -> None:
        """Raise unless `gradient` is that of <v, f> by input i."""
        x = self.inputs[i].data
        if gradient.shape != x.shape:
            raise GradcheckError(
                f"gradcheck: the gradient for inputs[{i}] has shape {gradient.shape}, but the input"
                f" has {x.shape}"
            )
        if x.size <= SMALL:
            for place in np.ndindex(x.shape):
                direction = np.zeros(x.shape)
                direction[place] = 1
                text = f", element {list(place)}"
                self.compare(i, text, float(gradient[place]), direction)
        direction = self.rng.standard_normal(x.shape)
        direction /= max(float(np.sqrt((direction * direction).sum())), 1e-300)
        self.compare(i, " along a random direction", float((gradient * direction).sum()), direction)


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-7,
    rtol: float = 1e-5,
    seed: int = 0,
    raise_exception: bool = True,
) -> bool:
    """Compare the gradients that `backward` computes with central differences.

    Args:
        func: A function of the inputs that returns a tensor, or a tuple of tensors.
        inputs: A float64 tensor or a tuple of them; those with requires_grad are checked.
        eps: Half of the distance of the two points of a difference.
        atol: How far a gradient may be off, plus
        rtol: this part of its size.
        seed: Of the random directions and weights.
        raise_exception: False to return False instead.

    Returns:
        True if all gradients agree.

    Raises:
        GradcheckError: If one does not. The message names the input, the element and both numbers,
            or says that `func` has a kink there: that the differences to both sides disagree.
        ValueError: If no input requires a gradient.
        TypeError: If one that does is not float64.

    Example:
        >>> x = Tensor(np.array([0.5, 1.5]), requires_grad=True)
        >>> gradcheck(lambda x: (x * x).sum(), (x,))
        True
    """
    tensors = [as_tensor(x) for x in (inputs if isinstance(inputs, (tuple, list)) else (inputs,))]
    if not any(t.requires_grad for t in tensors):
        raise ValueError("gradcheck: at least one of inputs must have requires_grad=True, none has")
    for i, t in enumerate(tensors):
        if t.requires_grad and t.data.dtype != np.float64:
            raise TypeError(f"gradcheck: inputs[{i}] must be float64, got {t.data.dtype}")
    rng = np.random.Generator(np.random.Philox(seed))
    checker = _Checker(func, tensors, eps, (atol, rtol), rng)
    try:
        for i, gradient in enumerate(checker.gradients()):
            if tensors[i].requires_grad:
                checker.check(i, gradient)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True
