"""Running metrics: `update` with each batch, `compute` at the end, `reset` for the next pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from minicnn._checks import integer
from minicnn.metrics.classification import (
    AVERAGES,
    confusion_matrix,
    precision_recall_f1,
    predicted_and_true,
    top_k_hits,
)


class Metric:
    """Something counted batch by batch. A subclass defines `reset`, `update` and `compute`.

    All that it has counted stands in `counts`, an array, so that a run can be saved in between.

    Attributes:
        name: What its value is called in a history.
    """

    name: str
    counts: np.ndarray

    def reset(self) -> None:
        """Forget all batches."""
        self.counts = np.zeros(2, np.int64)

    def update(self, outputs: Any, labels: Any) -> None:
        """Count a batch: the model's outputs, shape (N, classes), and true labels, shape (N,)."""
        raise NotImplementedError(f"{type(self).__name__} does not define update")

    def compute(self) -> Any:
        """Return the metric over all batches since `reset`."""
        raise NotImplementedError(f"{type(self).__name__} does not define compute")

    def state_dict(self) -> dict[str, Any]:
        """Return what has been counted."""
        return {"counts": self.counts.copy()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over a copy of what `state_dict` returned."""
        self.counts = np.array(state_dict["counts"])


class Accuracy(Metric):
    """Which part of the samples is predicted right.

    Example:
        >>> metric = Accuracy()
        >>> metric.update([[0.9, 0.1], [0.2, 0.8]], [0, 0])
        >>> metric.compute()
        0.5
    """

    name = "accuracy"

    def __init__(self) -> None:
        self.reset()

    def update(self, outputs: Any, labels: Any) -> None:
        predicted, true = predicted_and_true("Accuracy", outputs, labels)
        self.counts += (int((predicted == true).sum()), len(true))

    def compute(self) -> float:
        """Return right ones / all; NaN before the first sample."""
        hits, total = self.counts.tolist()
        return hits / total if total else float("nan")


class TopKAccuracy(Accuracy):
    """In which part of the samples the true label is among the k highest scores.

    Args:
        k: How many places count.
    """

    def __init__(self, k: int = 5) -> None:
        self.k = integer("TopKAccuracy", "k", k)
        if self.k < 1:
            raise ValueError(f"TopKAccuracy: k must be at least 1, got {k}")
        self.name = f"top_{self.k}_accuracy"
        self.reset()

    def update(self, outputs: Any, labels: Any) -> None:
        hits = top_k_hits(outputs, labels, self.k)
        self.counts += (int(hits.sum()), len(hits))


class ConfusionMatrix(Metric):
    """How often each class is predicted as each class: see `confusion_matrix`.

    Args:
        num_classes: Classes there are.
    """

    name = "confusion_matrix"

    def __init__(self, num_classes: int) -> None:
        self.num_classes = integer(type(self).__name__, "num_classes", num_classes)
        if self.num_classes < 1:
            raise ValueError(
                f"{type(self).__name__}: num_classes must be at least 1, got {num_classes}"
            )
        self.reset()

    def reset(self) -> None:
        self.counts = np.zeros((self.num_classes, self.num_classes), np.int64)

    def update(self, outputs: Any, labels: Any) -> None:
        self.counts += confusion_matrix(outputs, labels, self.num_classes)

    def compute(self) -> Any:
        """Return the counts, shape (num_classes, num_classes): row true, column predicted."""
        return self.counts.copy()


class _OfConfusion(ConfusionMatrix):
    index: ClassVar[int]  # of PrecisionRecallF1

    def __init__(
        self, num_classes: int, average: str | None = "macro", zero_division: float = 0.0
    ) -> None:
        super().__init__(num_classes)
        if average not in AVERAGES:
            raise ValueError(
                f"{type(self).__name__}: average must be one of {AVERAGES}, got {average!r}"
            )
        self.average, self.zero_division = average, zero_division

    def compute(self) -> Any:
        """Return the number, or with average=None one for each class, shape (num_classes,)."""
        return precision_recall_f1(self.counts, self.average, self.zero_division)[self.index]


class Precision(_OfConfusion):
    """Right / predicted as a class; arguments as of `precision_recall_f1`."""

    name, index = "precision", 0


class Recall(_OfConfusion):
    """Right / being of a class; arguments as of `precision_recall_f1`."""

    name, index = "recall", 1


class F1(_OfConfusion):
    """The harmonic mean of precision and recall; arguments as of `precision_recall_f1`."""

    name, index = "f1", 2
