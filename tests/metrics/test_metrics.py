"""Metrics agree with scikit-learn, batch by batch as at once."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import sklearn.metrics as oracle
from hypothesis import assume, given
from hypothesis import strategies as st

from minicnn import metrics
from minicnn.tensor import Tensor
from tests.machine import cases


@st.composite
def classified(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int]:
    """Predicted and true labels, in more or fewer classes than occur; wrong ones and right ones."""
    classes = draw(st.integers(2, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n = draw(st.integers(1, 30))
    occurring = draw(st.integers(1, classes))  # the others do not occur
    true = rng.integers(occurring, size=n)
    predicted = np.where(rng.random(n) < 0.5, true, rng.integers(occurring, size=n))
    return predicted, true, classes


@given(classified())
@cases(100)
def test_confusion_matrix_and_accuracy_are_scikit_learns(case) -> None:
    predicted, true, classes = case
    expected = oracle.confusion_matrix(true, predicted, labels=range(classes))
    got = metrics.confusion_matrix(predicted, true, classes)
    assert got.dtype == np.int64
    np.testing.assert_array_equal(got, expected)
    assert metrics.accuracy(predicted, true) == pytest.approx(
        oracle.accuracy_score(true, predicted), abs=1e-15
    )


@given(classified(), st.sampled_from(metrics.classification.AVERAGES), st.sampled_from([0.0, 1.0]))
@cases(200)
def test_precision_recall_f1_are_scikit_learns(case, average, zero_division) -> None:
    predicted, true, classes = case
    got = metrics.precision_recall_f1(
        metrics.confusion_matrix(predicted, true, classes), average, zero_division
    )
    labels = range(classes) if average is None else None  # else those that occur
    expected = oracle.precision_recall_fscore_support(
        true, predicted, labels=labels, average=average, zero_division=zero_division
    )
    for value, other in zip(got, expected):
        np.testing.assert_allclose(value, other, rtol=1e-14)


@given(st.integers(0, 2**32), st.integers(1, 20), st.integers(3, 7), st.data())
@cases(100)
def test_top_k_accuracy_is_scikit_learns(seed, n, classes, data) -> None:
    k = data.draw(st.integers(1, classes - 1))  # scikit-learn warns about k = classes
    rng = np.random.default_rng(seed)
    scores = rng.permuted(np.tile(np.arange(classes), (n, 1)), axis=1) / 7.0  # no ties
    true = rng.integers(classes, size=n)
    expected = oracle.top_k_accuracy_score(true, scores, k=k, labels=range(classes))
    assert metrics.top_k_accuracy(scores, true, k) == pytest.approx(expected, abs=1e-15)
    assert metrics.top_k_accuracy(scores, true, classes) == 1.0


def test_ties_go_to_the_lower_class_and_nan_is_a_miss() -> None:
    scores = [[1.0, 1.0, 1.0], [np.nan, 0.0, 2.0]]
    assert [metrics.top_k_accuracy(scores[:1], [label], k=2) for label in range(3)] == [1, 1, 0]
    assert metrics.top_k_accuracy(scores[1:], [2], k=3) == 0


RUNNING = [
    lambda: metrics.Accuracy(),
    lambda: metrics.TopKAccuracy(2),
    lambda: metrics.ConfusionMatrix(6),
    lambda: metrics.Precision(6, "weighted"),
    lambda: metrics.Recall(6, None),
    lambda: metrics.F1(6, "micro"),
]


@pytest.mark.parametrize("make", RUNNING)
@given(st.integers(0, 2**32), st.lists(st.integers(0, 9), min_size=1, max_size=5))
@cases(25)
def test_batches_count_as_all_at_once_also_when_saved_in_between(make, seed, sizes) -> None:
    assume(sum(sizes) > 0)
    rng = np.random.default_rng(seed)
    scores, labels = rng.normal(size=(sum(sizes), 6)), rng.integers(6, size=sum(sizes))
    whole, part = make(), make()
    whole.update(scores, labels)
    part.update(scores[:1], labels[:1])
    part.reset()
    start = 0
    for size in sizes:
        part.update(Tensor(scores[start : start + size]), Tensor(labels[start : start + size]))
        start += size
        state = part.state_dict()
        part.update(scores[:1], labels[:1])  # the saved state is a copy
        part = make()
        part.load_state_dict(state)
    np.testing.assert_array_equal(part.compute(), whole.compute())


def test_running_metrics_compute_what_the_functions_do() -> None:
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(40, 6)), rng.integers(6, size=40)
    confusion = oracle.confusion_matrix(labels, scores.argmax(axis=1))
    values = []
    for make in RUNNING:
        metric = make()
        metric.update(scores, labels)
        values.append(metric.compute())
    guess = scores.argmax(axis=1)
    assert values[0] == oracle.accuracy_score(labels, guess)
    assert values[1] == oracle.top_k_accuracy_score(labels, scores, k=2)
    np.testing.assert_array_equal(values[2], confusion)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # classes that were never predicted
        assert values[3] == pytest.approx(
            oracle.precision_score(labels, guess, average="weighted"), 1e-14
        )
        np.testing.assert_allclose(values[4], oracle.recall_score(labels, guess, average=None))
        assert values[5] == pytest.approx(oracle.f1_score(labels, guess, average="micro"), 1e-14)


def test_probabilities_as_labels_count_by_the_most_probable_class() -> None:
    mixed = np.array([[0.7, 0.3], [0.4, 0.6]], np.float32)
    assert metrics.accuracy([[1.0, 0.0], [1.0, 0.0]], mixed) == 0.5


def test_no_samples_are_nan_and_no_counts_are_zero_division() -> None:
    none = np.empty(0, np.int64)
    assert np.isnan(metrics.accuracy(none, none))
    assert np.isnan(metrics.top_k_accuracy(np.empty((0, 3)), none, 2))
    assert np.isnan(metrics.Accuracy().compute())
    assert metrics.precision_recall_f1(np.zeros((3, 3), int), "macro", 0.5) == (0.5, 0.5, 0.5)
    assert metrics.confusion_matrix(none, none).shape == (0, 0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: metrics.accuracy([1], [1, 2]), ValueError, r"predicted must have shape \(2,\)"),
        (lambda: metrics.accuracy([0.5], [1]), TypeError, "predicted must be integers, got float"),
        (lambda: metrics.accuracy(1, 1), ValueError, r"labels must have shape \(0,\).*got \(\)"),
        (
            lambda: metrics.confusion_matrix([0], [3], 3),
            ValueError,
            "confusion_matrix: labels must be 0 to 2, got 3",
        ),
        (lambda: metrics.confusion_matrix([-1], [0]), ValueError, "predicted must be 0 to 0, got"),
        (lambda: metrics.confusion_matrix([0], [0], -1), ValueError, "not be negative, got -1"),
        (lambda: metrics.top_k_accuracy([[1, 2]], [0], 3), ValueError, "k must be 1 to classes"),
        (lambda: metrics.top_k_accuracy([1, 2], [0], 1), ValueError, r"\(N, classes\), got \(2,\)"),
        (lambda: metrics.top_k_accuracy([[1, 2]], [2], 1), ValueError, "labels must be 0 to 1"),
        (lambda: metrics.precision_recall_f1([[1, 2]]), ValueError, r"got \(1, 2\)"),
        (lambda: metrics.precision_recall_f1([[1]], "mean"), ValueError, "average must be one of"),
        (lambda: metrics.F1(3, "mean"), ValueError, "F1: average must be one of"),
        (lambda: metrics.ConfusionMatrix(0), ValueError, "ConfusionMatrix: num_classes must be at"),
        (lambda: metrics.TopKAccuracy(0), ValueError, "TopKAccuracy: k must be at least 1, got 0"),
        (lambda: metrics.TopKAccuracy(1.5), TypeError, "TopKAccuracy: k must be an int"),
    ],
)
def test_errors_name_the_argument(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()
