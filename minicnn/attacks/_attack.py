"""What attacks share: the loss's gradient, and the way back into the ball and the range."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn._checks import boolean
from minicnn.interpret._inputs import checked_images, checked_labels, in_range, selected
from minicnn.interpret._run import gradient
from minicnn.nn.functional import cross_entropy
from minicnn.nn.inspection import checked_model, examined
from minicnn.tensor import Tensor


class Attack:
    """Changes images a little, so that a model errs.

    Args:
        model: The network, in eval mode when it is attacked. It is left as it is.
        loss_func: Called as loss_func(outputs, labels), gives one number; cross-entropy of logits
            if left out.
        lower_bound, upper_bound: The range of valid pixels, 0 to 1 if left out. Images that were
            normalized have another one.

    Raises:
        TypeError: If the model is no Module.
        ValueError: If lower_bound is not below upper_bound.
    """

    def __init__(
        self,
        model: Any,
        loss_func: Callable[[Any, Any], Tensor] | None = None,
        lower_bound: float = 0.0,
        upper_bound: float = 1.0,
    ) -> None:
        self.model = checked_model(self.op, model)
        self.loss_func = cross_entropy if loss_func is None else loss_func
        self.lower_bound, self.upper_bound = float(lower_bound), float(upper_bound)
        if not self.lower_bound < self.upper_bound:
            raise ValueError(
                f"{self.op}: lower_bound must be below upper_bound, got {lower_bound} and"
                f" {upper_bound}"
            )

    @property
    def op(self) -> str:
        """What the attack is called in messages."""
        return type(self).__name__

    def perturb(self, inputs: Any, *args: Any, **settings: Any) -> Tensor:
        """Return the changed images."""
        raise NotImplementedError(f"{self.op} does not define perturb")

    # -- for subclasses -----------------------------------------------------------------------

    def _checked(self, inputs: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return copies of the images and one label for each of them."""
        x = checked_images(self.op, "inputs", inputs, self.model)
        fix = "give lower_bound and upper_bound, the range of the images"
        in_range(self.op, "inputs", x, self.lower_bound, self.upper_bound, fix)
        return x, checked_labels(self.op, target, len(x), 2**31)

    def _uphill(self, x: np.ndarray, labels: np.ndarray, targeted: Any) -> np.ndarray:
        """Return the gradient of the loss, or minus it if the labels are what is wished for."""
        with examined(self.op, self.model):
            leaf = Tensor(x, requires_grad=True)
            outputs = self.model(leaf)
            selected(self.op, outputs, len(x), labels)  # raises for a label out of range
            loss = self.loss_func(outputs, Tensor(labels))
            loss.backward()
        grad = gradient(self.op, leaf)
        return -grad if boolean(self.op, "targeted", targeted) else grad

    def _valid(self, x: np.ndarray) -> np.ndarray:
        """Return x with pixels out of the range moved to its nearer bound."""
        return np.clip(x, x.dtype.type(self.lower_bound), x.dtype.type(self.upper_bound))

    def _within_box(self, moved: np.ndarray, x: np.ndarray, radius: float) -> np.ndarray:
        """Return the valid images nearest to `moved` whose pixels differ by at most the radius."""
        start = x.astype(np.float64)
        near = self._valid(np.clip(moved, start - radius, start + radius).astype(x.dtype))
        # The sum was rounded, perhaps to the far side; one step back is on this side.
        too_far = np.abs(near.astype(np.float64) - start) > radius
        return np.where(too_far, np.nextafter(near, x), near)
