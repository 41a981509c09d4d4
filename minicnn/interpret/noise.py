"""Attributions averaged over noisy copies of the image."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import random
from minicnn._checks import boolean
from minicnn.interpret._inputs import at_least, number
from minicnn.interpret._run import target_gradient
from minicnn.interpret.gradients import Attribution
from minicnn.tensor import Tensor

TYPES = ("smoothgrad", "smoothgrad_sq", "vargrad")


class NoiseTunnel:
    """Repeats an attribution with Gaussian noise on the images, and takes mean or variance.

    With A_i the attribution of x + noise_i: "smoothgrad" is mean(A_i), "smoothgrad_sq" is
    mean(A_i ** 2), "vargrad" is mean(A_i ** 2) - mean(A_i) ** 2.

    Args:
        attribution_method: Any method of this package that has `attribute(inputs, ...)`.

    Raises:
        TypeError: If it has not.

    Sources: Smilkov et al., "SmoothGrad", arXiv:1706.03825; Hooker et al., "A benchmark
    for interpretability methods", arXiv:1806.10758 (squares); Adebayo et al., arXiv:1810.03307
    (variance).
    """

    def __init__(self, attribution_method: Attribution) -> None:
        if not isinstance(attribution_method, Attribution):
            raise TypeError(
                "NoiseTunnel: attribution_method must be one of minicnn.interpret, such as"
                f" Saliency(model), got {type(attribution_method).__name__}"
            )
        self.attribution_method = attribution_method

    def attribute(
        self,
        inputs: Any,
        nt_type: str = "smoothgrad",
        nt_samples: int = 5,
        stdevs: float = 1.0,
        **settings: Any,
    ) -> Tensor:
        """Return the mean, the mean square or the variance over noisy copies.

        Args:
            inputs: Images, shape (N, C, H, W), of the range the model was trained with.
            nt_type: "smoothgrad", "smoothgrad_sq" or "vargrad".
            nt_samples: How many noisy copies of each image.
            stdevs: The noise's standard deviation, in the images' units; drawn from
                `minicnn.random.default_generator`.
            settings: Further arguments of the method, such as target.

        Returns:
            The shape of the method's result.

        Raises:
            ValueError: If a setting is out of range, or as the method does.
        """
        if nt_type not in TYPES:
            raise ValueError(f"NoiseTunnel: nt_type must be one of {TYPES}, got {nt_type!r}")
        at_least("NoiseTunnel", "nt_samples", nt_samples, 1)
        number("NoiseTunnel", "stdevs", stdevs, 0)
        x = self.attribution_method.images(inputs)
        results = [
            self.attribution_method.attribute(noisy(x, stdevs), **settings).data  # type: ignore[attr-defined]
            for _ in range(nt_samples)
        ]
        stacked = np.stack(results).astype(np.float64)
        mean, squares = stacked.mean(axis=0), (stacked**2).mean(axis=0)
        wanted = {"smoothgrad": mean, "smoothgrad_sq": squares, "vargrad": squares - mean**2}
        return Tensor(wanted[nt_type].astype(x.dtype))


class SmoothGrad(Attribution):
    """The mean gradient over noisy copies of the image: |mean(dF_target(x + noise_i) / dx)|.

    Args:
        model: The network, in eval mode when it is used. It is left as it is.

    Source: Smilkov et al., "SmoothGrad: removing noise by adding noise", arXiv:1706.03825, where
    noise of 10 to 20 % of the image's range is found to do best, and n = 50 to be enough.
    """

    def attribute(
        self,
        inputs: Any,
        target: Any = None,
        abs: bool = True,
        *,
        n_samples: int = 50,
        noise_level: float = 0.15,
    ) -> Tensor:
        """Return the (absolute) mean gradient.

        Args:
            inputs, target, abs: As of `Saliency`.
            n_samples: How many noisy copies of each image.
            noise_level: The noise's standard deviation, as a part of (max - min) of the image.

        Returns:
            The shape of inputs.

        Raises:
            ValueError, TypeError: As `Saliency`, or if a setting is out of range.
        """
        at_least(self.op, "n_samples", n_samples, 1)
        number(self.op, "noise_level", noise_level, 0)
        x = self.images(inputs)
        axes = tuple(range(1, x.ndim))
        stdevs = noise_level * np.ptp(x, axis=axes, keepdims=True)  # (N, 1, 1, 1)
        total = np.zeros(x.shape, np.float64)
        for _ in range(n_samples):
            total += target_gradient(self.op, self.model, noisy(x, stdevs), target)
        mean = (total / n_samples).astype(x.dtype)
        return Tensor(np.abs(mean) if boolean(self.op, "abs", abs) else mean)


def noisy(x: np.ndarray, stdevs: Any) -> np.ndarray:
    """Return x with Gaussian noise on it."""
    noise = random.default_generator.standard_normal(x.shape)
    return (x + stdevs * noise).astype(x.dtype)
