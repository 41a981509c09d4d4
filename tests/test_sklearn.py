"""scikit-learn takes the classifier for one of its own: its checks, its tools, its conventions."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import minicnn
from minicnn import nn
from minicnn.sklearn import CNNClassifier, small_cnn

X, y = load_digits(return_X_y=True)
X, y = (X[:300] / 16).astype(np.float32), y[:300]
IMAGE = (1, 8, 8)


def classifier(**settings) -> CNNClassifier:
    return CNNClassifier(**{"image_shape": IMAGE, "epochs": 10, "random_state": 0, **settings})


# No failure is expected. Two checks skip themselves: without pandas, and without SCIPY_ARRAY_API.
@parametrize_with_checks([CNNClassifier(random_state=0)])
def test_scikit_learns_checks(estimator, check) -> None:
    check(estimator)


def test_it_learns_in_cross_validation() -> None:
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    scores = cross_val_score(classifier(epochs=20), X, y, cv=folds)
    assert scores.mean() > 0.85


def test_a_grid_search_over_a_pipeline_finds_the_better_setting() -> None:
    pipeline = make_pipeline(MinMaxScaler(), classifier())
    grid = {"cnnclassifier__lr": [1e-6, 3e-3]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(X * 16, y)
    assert search.best_params_ == {"cnnclassifier__lr": 3e-3}
    assert search.predict(X[:10] * 16).shape == (10,)


def test_rows_and_images_are_the_same() -> None:
    images = X.reshape(-1, *IMAGE)
    of_rows = classifier().fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(classifier().fit(images, y).predict_proba(images), of_rows)
    without = classifier(image_shape=None).fit(images, y)
    np.testing.assert_array_equal(without.predict_proba(images), of_rows)


def test_labels_may_be_words_and_probabilities_are_in_their_order() -> None:
    words = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "ate", "nine"])
    fitted = classifier().fit(X, words[y])
    assert list(fitted.classes_) == sorted(words)
    p = fitted.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
    assert (fitted.predict(X) == fitted.classes_[p.argmax(axis=1)]).all()
    assert np.mean(fitted.predict(X) == words[y]) > 0.7


def test_the_seed_decides_and_the_random_numbers_of_others_stay() -> None:
    minicnn.manual_seed(3)
    p = classifier().fit(X, y).predict_proba(X)
    drawn = minicnn.random.default_generator.random()
    assert drawn == minicnn.manual_seed(3).random()
    np.testing.assert_array_equal(classifier().fit(X, y).predict_proba(X), p)
    assert not np.array_equal(classifier(random_state=1).fit(X, y).predict_proba(X), p)


def test_a_clone_forgets_and_a_pickled_copy_remembers() -> None:
    fitted = classifier().fit(X, y)
    with pytest.raises(NotFittedError):
        clone(fitted).predict(X)
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(copy.predict_proba(X), fitted.predict_proba(X))


def one_layer(image_shape, num_classes: int) -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(int(np.prod(image_shape)), num_classes))


def test_a_network_of_ones_own_is_used() -> None:
    fitted = classifier(module=one_layer).fit(X, y)
    assert [type(layer) for layer in fitted.model_] == [nn.Flatten, nn.Linear]
    logits = X @ fitted.model_[1].weight.data.T + fitted.model_[1].bias.data
    assert (fitted.predict(X) == logits.argmax(axis=1)).all()
    assert len(fitted.history_) == 10


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 4, 5), (2, 3, 9), (1, 1, 64)])
def test_the_small_net_takes_any_image(shape) -> None:
    assert small_cnn(shape, 3)(np.zeros((2, *shape), np.float32)).shape == (2, 3)


@pytest.mark.parametrize(
    ("settings", "x", "message"),
    [
        ({}, X[:, :63], r"with image_shape=\(1, 8, 8\), X must have shape \(N, 64\) or \(N, 1, 8"),
        ({"image_shape": (8, 8)}, X, r"image_shape must be \(C, H, W\), got \(8, 8\)"),
        ({"image_shape": None}, X.reshape(-1, 8, 8), r"or \(N, C, H, W\), got \(300, 8, 8\)"),
    ],
)
def test_errors_name_the_argument(settings, x, message) -> None:
    with pytest.raises(ValueError, match=f"CNNClassifier: .*{message}"):
        classifier(**settings).fit(x, y)


def test_minicnn_needs_no_scikit_learn_and_says_what_does() -> None:
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import minicnn\n"
        "try:\n    import minicnn.sklearn\nexcept ImportError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "minicnn.sklearn needs sklearn" in done.stdout
    assert "pip install '.[sklearn]'" in done.stdout
