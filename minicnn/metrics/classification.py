"""Metrics of classification as functions of labels and scores.

Scores are what a model returns, one number for each class (logits or probabilities: only their
order matters), shape (N, classes); where `predicted` is asked for, labels do as well. True labels
have shape (N,).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from minicnn._checks import integer

AVERAGES = ("macro", "micro", "weighted", None)


class PrecisionRecallF1(NamedTuple):
    """What `precision_recall_f1` returns: numbers, or arrays of one for each class."""

    precision: Any
    recall: Any
    f1: Any


def accuracy(predicted: Any, labels: Any) -> float:
    """Return which part of the samples is predicted right.

    Args:
        predicted: Labels, shape (N,), or scores, shape (N, classes).
        labels: True labels, shape (N,).

    Returns:
        Right ones / N; NaN for N = 0.

    Raises:
        ValueError, TypeError: If shapes do not fit, or labels are no integers.

    Example:
        >>> accuracy([1, 2, 3, 3], [1, 2, 0, 3])
        0.75
    """
    predicted, true = predicted_and_true("accuracy", predicted, labels)
    return float(np.mean(predicted == true)) if true.size else float("nan")


def top_k_accuracy(scores: Any, labels: Any, k: int = 5) -> float:
    """Return in which part of the samples the true label is among the k highest scores.

    Args:
        scores: One number for each class, shape (N, classes). A class that ties with others counts
            as placed behind those of a lower number. A NaN is no score: its sample is missed.
        labels: True labels, shape (N,).
        k: How many places count, 1 <= k <= classes.

    Returns:
        Hits / N; NaN for N = 0.

    Raises:
        ValueError, TypeError: If shapes do not fit, labels are no class or k is out of range.

    Example:
        >>> top_k_accuracy([[0.1, 0.7, 0.2], [0.6, 0.3, 0.1]], [2, 2], k=2)
        0.5
    """
    hits = top_k_hits(scores, labels, k)
    return float(np.mean(hits)) if hits.size else float("nan")


def top_k_hits(scores: Any, labels: Any, k: int) -> np.ndarray:
    """Return for each sample whether its label is among the k highest scores, shape (N,)."""
    k, scores, true = integer("top_k_accuracy", "k", k), np.asarray(scores), np.asarray(labels)
    if scores.ndim != 2:
        raise ValueError(f"top_k_accuracy: scores must have shape (N, classes), got {scores.shape}")
    classes = scores.shape[1]
    if not 1 <= k <= classes:
        raise ValueError(f"top_k_accuracy: k must be 1 to classes = {classes}, got {k}")
    _check_labels("top_k_accuracy", "labels", true, len(scores))
    _check_range("top_k_accuracy", "labels", true, classes)
    own = scores[np.arange(len(true)), true][:, None]  # (N, 1)
    before = (scores == own) & (np.arange(classes) < true[:, None])
    place = ((scores > own) | before).sum(axis=1)
    return (place < k) & ~np.isnan(scores).any(axis=1)


def confusion_matrix(predicted: Any, labels: Any, num_classes: int | None = None) -> np.ndarray:
    """Count how often each class is predicted as each class.

    Args:
        predicted: Labels, shape (N,), or scores, shape (N, classes).
        labels: True labels, shape (N,).
        num_classes: How many classes there are; if left out, as many as the scores or the highest
            label show.

    Returns:
        Counts, shape (num_classes, num_classes), int64: row i, column j holds the samples of class
        i that were predicted as j.

    Raises:
        ValueError, TypeError: If shapes do not fit, or a label is not 0 to num_classes - 1.

    Example:
        >>> confusion_matrix([0, 1, 1], [0, 0, 1])
        array([[1, 1],
               [0, 1]])
    """
    shape = np.shape(predicted)
    predicted, true = predicted_and_true("confusion_matrix", predicted, labels)
    if num_classes is None:
        highest = max(predicted.max(initial=-1), true.max(initial=-1))
        classes = shape[1] if len(shape) == 2 else int(highest) + 1
    else:
        classes = integer("confusion_matrix", "num_classes", num_classes)
        if classes < 0:
            raise ValueError(f"confusion_matrix: num_classes must not be negative, got {classes}")
    _check_range("confusion_matrix", "predicted", predicted, classes)
    _check_range("confusion_matrix", "labels", true, classes)
    cells = true.astype(np.int64) * classes + predicted
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def precision_recall_f1(
    confusion: Any, average: str | None = "macro", zero_division: float = 0.0
) -> PrecisionRecallF1:
    """Return precision, recall and F1 from a confusion matrix.

    For one class, precision = right / predicted as it, recall = right / being it, and F1 = 2 right
    / (predicted as it + being it), the harmonic mean of the two.

    Args:
        confusion: Counts as `confusion_matrix` returns them, shape (classes, classes).
        average: "macro" for the mean over the classes that occur (as true or predicted),
            "weighted" for the mean weighted by how often each is true, "micro" to count all
            classes together, None for one number per class, shape (classes,).
        zero_division: The value of 0 / 0.

    Raises:
        ValueError: If the matrix is not square, or average is unknown.

    Example:
        >>> precision_recall_f1([[1, 1], [0, 1]])
        PrecisionRecallF1(precision=0.75, recall=0.75, f1=0.6666666666666666)

    Source: Sokolova & Lapalme, "A systematic analysis of performance measures for classification
    tasks", Information Processing & Management 45 (2009), table 3.
    """
    counts = np.asarray(confusion)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(
            f"precision_recall_f1: confusion must have shape (classes, classes), got {counts.shape}"
        )
    if average not in AVERAGES:
        raise ValueError(f"precision_recall_f1: average must be one of {AVERAGES}, got {average!r}")
    right = np.diagonal(counts)
    as_it, being_it = counts.sum(axis=0), counts.sum(axis=1)
    if average == "micro":
        right, as_it, being_it = (np.array([part.sum()]) for part in (right, as_it, being_it))
    parts = (
        _ratio(right, as_it, zero_division),
        _ratio(right, being_it, zero_division),
        _ratio(2 * right, as_it + being_it, zero_division),
    )
    if average is None:
        return PrecisionRecallF1(*parts)
    weights = being_it if average == "weighted" else (as_it + being_it > 0)
    total = weights.sum()
    return PrecisionRecallF1(
        *(float((part * weights).sum() / total) if total else zero_division for part in parts)
    )


def _ratio(part: np.ndarray, whole: np.ndarray, of_nothing: float) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(whole), float(of_nothing)), where=whole != 0)


def predicted_and_true(op: str, predicted: Any, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return both as labels of shape (N,): of scores, the class with the highest one.

    Labels may be probabilities, shape (N, classes), as mixing samples makes them; then the most
    probable class counts.
    """
    guess, true = np.asarray(predicted), np.asarray(labels)
    if true.ndim == 2 and true.dtype.kind == "f":
        true = true.argmax(axis=1)
    if guess.ndim == 2:
        guess = guess.argmax(axis=1)
    _check_labels(op, "labels", true, len(true) if true.ndim else 0)
    _check_labels(op, "predicted", guess, len(true))
    return guess.astype(np.int64), true.astype(np.int64)


def _check_labels(op: str, name: str, labels: np.ndarray, n: int) -> None:
    if labels.shape != (n,):
        raise ValueError(
            f"{op}: {name} must have shape ({n},), one for a sample, got {labels.shape}"
        )
    if labels.dtype.kind not in "biu" and labels.size:
        raise TypeError(f"{op}: {name} must be integers, got {labels.dtype}")


def _check_range(op: str, name: str, labels: np.ndarray, classes: int) -> None:
    if labels.size and not (labels.min() >= 0 and labels.max() < classes):
        wrong = labels[(labels < 0) | (labels >= classes)][0]
        raise ValueError(f"{op}: {name} must be 0 to {classes - 1}, got {wrong}")
