"""The running mean of a model's weights, which often does better than the last ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from minicnn import _core
from minicnn.tensor import Tensor


class ExponentialMovingAverage:
    """Keeps running means of parameters: mean = decay * mean + (1 - decay) * parameter.

    Call `update` after each step of the optimizer. Around a validation, `apply` puts the means in
    the parameters' place and `restore` undoes it; `averaged` does both.

    Args:
        parameters: What is averaged; the means begin with the present values.
        decay: Which part of a mean stays at each update, in [0, 1].

    Attributes:
        averages: The means, arrays in the order of the parameters.

    Raises:
        ValueError: If there are no parameters, or decay is not in [0, 1].

    Example:
        >>> p = Tensor([0.0], requires_grad=True)
        >>> ema = ExponentialMovingAverage([p], decay=0.75)
        >>> p.data += 1
        >>> ema.update()
        >>> with ema.averaged():
        ...     p.tolist()
        [0.25]
        >>> p.tolist()
        [1.0]
    """

    def __init__(self, parameters: Iterable[Tensor], decay: float) -> None:
        if not 0 <= decay <= 1:
            raise ValueError(f"ExponentialMovingAverage: decay must be in [0, 1], got {decay}")
        self.parameters = list(parameters)
        if not self.parameters:
            raise ValueError("ExponentialMovingAverage: parameters is empty")
        self.decay = decay
        self.averages = [np.array(p.data) for p in self.parameters]
        self._kept: list[np.ndarray] | None = None

    def update(self) -> None:
        """Move the means towards the parameters' present values.

        Raises:
            RuntimeError: If the means stand in the parameters' place.
        """
        self._must_be_restored("update")
        with _core.Uninterrupted():
            for average, p in zip(self.averages, self.parameters):
                average *= self.decay
                average += (1 - self.decay) * p.data

    def apply(self) -> None:
        """Put the means in the parameters' place, and keep the parameters for `restore`."""
        self._must_be_restored("apply")
        with _core.Uninterrupted():
            self._kept = [np.array(p.data) for p in self.parameters]
            self._put(self.averages)

    def restore(self) -> None:
        """Put the parameters back that `apply` kept."""
        if self._kept is None:
            raise RuntimeError("ExponentialMovingAverage.restore: apply() has not been called")
        with _core.Uninterrupted():
            self._put(self._kept)
            self._kept = None

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Inside this block, the parameters have the means as values."""
        self.apply()
        try:
            yield
        finally:
            self.restore()

    def state_dict(self) -> dict[str, Any]:
        """Return {"decay": ..., "averages": [copies of the means]}."""
        return {"decay": self.decay, "averages": [average.copy() for average in self.averages]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over copies of what `state_dict` returned.

        Raises:
            ValueError: If number or shapes do not fit; then nothing has been taken over.
        """
        averages = [
            np.array(average, dtype=p.dtype)
            for average, p in zip(state_dict["averages"], self.parameters)
        ]
        shapes = [np.shape(average) for average in state_dict["averages"]]
        own = [p.shape for p in self.parameters]
        if shapes != own:
            raise ValueError(
                f"ExponentialMovingAverage.load_state_dict: the parameters have the shapes {own},"
                f" the averages {shapes}"
            )
        self.decay, self.averages = state_dict["decay"], averages

    def _put(self, values: list[np.ndarray]) -> None:
        for p, value in zip(self.parameters, values):
            p.data[...] = value

    def _must_be_restored(self, name: str) -> None:
        if self._kept is not None:
            raise RuntimeError(
                f"ExponentialMovingAverage.{name}: the averages stand in the parameters' place;"
                " call restore() first"
            )
