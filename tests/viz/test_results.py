"""Right and wrong: the table's numbers, and which mistakes come first."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import viz
from minicnn.nn.functional import softmax


def test_the_table_shows_each_count_and_shares_of_rows():
    counts = np.array([[8, 2, 0], [0, 5, 0], [1, 0, 0]])
    figure = viz.confusion_matrix(counts, ["cat", "dog", "aeroplane"])
    axes = figure.axes[0]
    assert figure.get_suptitle() == "13 of 16 right (81.2 %)"
    texts = {(int(t.get_position()[1]), int(t.get_position()[0])): t.get_text() for t in axes.texts}
    assert texts == {(0, 0): "8", (0, 1): "2", (1, 1): "5", (2, 0): "1"}
    assert np.allclose(axes.images[0].get_array(), [[0.8, 0.2, 0], [0, 1, 0], [1, 0, 0]])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")
    assert [t.get_text() for t in axes.get_yticklabels()] == ["cat", "dog", "aeroplane"]
    assert figure.axes[1].get_ylabel() == "share of the true class"


def test_a_class_without_samples_is_a_row_of_zeros():
    figure = viz.confusion_matrix([[0, 0], [0, 3]])
    assert np.array_equal(figure.axes[0].images[0].get_array(), [[0, 0], [0, 1]])
    assert viz.confusion_matrix(np.zeros((2, 2), int)).get_suptitle() == "0 of 0 right (0.0 %)"


def test_tables_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"shape \(classes, classes\), got \(2, 3\)"):
        viz.confusion_matrix(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"2 classes, but 3 names"):
        viz.confusion_matrix(np.eye(2, dtype=int), "abc")


def test_the_surest_mistakes_come_first():
    rng = np.random.default_rng(0)
    scores, labels = rng.standard_normal((40, 5)), rng.integers(0, 5, 40)
    images = rng.uniform(0, 1, (40, 1, 6, 6))
    figure = viz.misclassified(images, labels, scores, most=6)
    guess = scores.argmax(axis=1)
    sure = softmax(scores, 1).data.max(axis=1)
    order = sorted(np.flatnonzero(guess != labels), key=lambda i: -sure[i])
    assert len(figure.axes) == 6
    for axes, i in zip(figure.axes, order):
        expected = f"is {labels[i]}, taken for {guess[i]} ({100 * sure[i]:.0f} %)"
        assert axes.get_title(loc="left") == expected
        assert np.array_equal(axes.images[0].get_array(), images[i, 0])
    text = f"{len(order)} of 40 images are taken for another class; the 6 surest of them"
    assert figure.get_suptitle() == text


def test_all_right_and_wrong_shapes_are_said():
    with pytest.raises(ValueError, match="all of the 2 images are classified right"):
        viz.misclassified(np.zeros((2, 1, 2, 2)), [0, 1], np.eye(2))
    with pytest.raises(ValueError, match=r"got \(3, 1, 2, 2\), \(2,\), \(2, 2\)"):
        viz.misclassified(np.zeros((3, 1, 2, 2)), [0, 1], np.eye(2))
    with pytest.raises(ValueError, match=r"undo the normalisation"):
        viz.misclassified(np.full((2, 1, 2, 2), -3.0), [1, 0], np.eye(2))
