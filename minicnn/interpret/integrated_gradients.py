"""Integrated gradients: the gradient's mean along the way from a baseline to the image."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import boolean
from minicnn.interpret._inputs import at_least, baseline_like, repeated
from minicnn.interpret._run import target_gradient, target_scores
from minicnn.interpret.gradients import Attribution
from minicnn.tensor import Tensor

METHODS = (
    "gausslegendre",
    "riemann_middle",
    "riemann_left",
    "riemann_right",
    "riemann_trapezoid",
)
MOST_ROOTS = 1000  # finding them takes n ** 3 steps


class IntegratedGradients(Attribution):
    """Shares F(x) - F(baseline) out among the pixels, by the gradients between the two.

    (x - b) * integral over a from 0 to 1 of dF_target(b + a * (x - b)) / dx. The attributions of an
    image sum to F(x) - F(b) (completeness), up to the error of the numerical integral.

    Args:
        model: The network, in eval mode when it is used. It is left as it is.
        multiply_by_inputs: Whether to multiply by x - b; without, it is the mean gradient.

    Example:
        >>> from minicnn import nn
        >>> model = nn.Linear(2, 1).eval()
        >>> model.weight.data[:] = [[3.0, -2.0]]
        >>> IntegratedGradients(model).attribute([[5.0, 7.0]], 1.0).data.round(4).tolist()
        [[12.0, -12.0]]

    Source: Sundararajan, Taly & Yan, "Axiomatic attribution for deep networks", arXiv:1703.01365,
    section 3 (the formula, completeness) and section 5 (the sum in its place).
    """

    def __init__(self, model: Any, multiply_by_inputs: bool = True) -> None:
        super().__init__(model)
        self.multiply_by_inputs = boolean(self.op, "multiply_by_inputs", multiply_by_inputs)

    def attribute(
        self,
        inputs: Any,
        baselines: Any = None,
        target: Any = None,
        *,
        n_steps: int = 50,
        method: str = "gausslegendre",
        internal_batch_size: int = 64,
        return_convergence_delta: bool = False,
    ) -> Any:
        """Return the attributions, and by how much their sums miss F(x) - F(b) if so wished.

        Args:
            inputs: Images, shape (N, C, H, W), of the range the model was trained with.
            baselines: Where the way begins: a number (0 if left out), or images as inputs.
            target: The output to explain: a class for all images or N of them; None if the model
                gives one number for each image.
            n_steps: Places on the way at which the gradient is computed.
            method: How they are chosen and weighted: "gausslegendre" or "riemann_middle", "_left",
                "_right", "_trapezoid".
            internal_batch_size: Images that one pass takes at most.
            return_convergence_delta: Whether to return also the sum of each image's attributions
                minus (F(x) - F(b)), shape (N,). It is the integral's error.

        Returns:
            The shape of inputs; or the pair of that and the deltas.

        Raises:
            ValueError: If the model is in training mode, a target is missing or out of range, or a
                setting is.
            TypeError: If the inputs are not of the model's floating-point type.
        """
        x = self.images(inputs)
        start = baseline_like(self.op, baselines, x)
        places, weights = rule(self.op, method, at_least(self.op, "n_steps", n_steps, 1))
        most = at_least(self.op, "internal_batch_size", internal_batch_size, 1)
        per_pass = max(1, most // len(x))
        mean = np.zeros(x.shape, np.float64)  # many small terms
        for i in range(0, len(places), per_pass):
            mean += self._weighted_gradients(
                x, start, target, places[i : i + per_pass], weights[i : i + per_pass]
            )
        attributions = Tensor(((x - start) * mean).astype(x.dtype))
        result = attributions if self.multiply_by_inputs else Tensor(mean.astype(x.dtype))
        if not boolean(self.op, "return_convergence_delta", return_convergence_delta):
            return result
        ends = [target_scores(self.op, self.model, np.array(end), target) for end in (x, start)]
        sums = attributions.data.reshape(len(x), -1).sum(axis=1)
        return result, Tensor(sums - (ends[0] - ends[1]))

    def _weighted_gradients(
        self, x: np.ndarray, start: np.ndarray, target: Any, places: np.ndarray, weights: np.ndarray
    ) -> np.ndarray:
        """Return the weighted sum of the gradients at some places of the way, the shape of x."""
        ones = (1,) * x.ndim
        way = start + places.reshape(-1, *ones).astype(x.dtype) * (x - start)  # (places, N, ...)
        target = repeated(self.op, target, len(x), len(places))
        grads = target_gradient(self.op, self.model, way.reshape(-1, *x.shape[1:]), target)
        return (weights.reshape(-1, *ones) * grads.reshape(way.shape)).sum(axis=0)


def rule(op: str, method: str, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return n places in 0..1 and their weights, which sum to 1."""
    if method not in METHODS:
        raise ValueError(f"{op}: method must be one of {', '.join(METHODS)}, got {method!r}")
    if method == "gausslegendre":
        if n > MOST_ROOTS:
            raise ValueError(
                f"{op}: n_steps must be at most {MOST_ROOTS} for {method}, whose places are the"
                f" eigenvalues of an n x n matrix, got {n}; take method='riemann_middle'"
            )
        roots, weights = np.polynomial.legendre.leggauss(n)
        return (1 + roots) / 2, weights / 2
    if method == "riemann_trapezoid":
        if n < 2:
            raise ValueError(f"{op}: n_steps must be at least 2 for {method}, got {n}")
        weights = np.full(n, 1 / (n - 1))
        weights[[0, -1]] /= 2
        return np.linspace(0, 1, n), weights
    shift = {"riemann_left": 0.0, "riemann_middle": 0.5, "riemann_right": 1.0}[method]
    return (np.arange(n) + shift) / n, np.full(n, 1 / n)
