"""Feature vectors in a plane: the components against scikit-learn's, the points as drawn."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

import minicnn
from minicnn import Tensor, nn, viz
from tests.machine import cases
from tests.strategies import pairs, seeds


@cases(30)
@given(pairs(3, 20), st.integers(1, 3), seeds)
def test_the_components_are_scikit_learns_but_for_their_sign(shape, components, seed):
    features = np.random.default_rng(seed).standard_normal(shape) * np.arange(1, shape[1] + 1)
    points, shares = viz.pca(features, components)
    pca = PCA(components, svd_solver="full")
    expected = pca.fit_transform(features)
    assert np.allclose(np.abs(points), np.abs(expected), atol=1e-9)
    assert np.allclose(shares, pca.explained_variance_ratio_, atol=1e-12)


def test_images_count_as_rows_and_one_point_has_no_variance():
    features = np.random.default_rng(0).standard_normal((5, 2, 3))
    assert np.array_equal(viz.pca(features)[0], viz.pca(features.reshape(5, 6))[0])
    points, shares = viz.pca(np.ones((3, 2)))
    assert not points.any()
    assert not shares.any()


def test_each_class_is_drawn_where_its_points_are():
    features = np.random.default_rng(1).standard_normal((12, 4))
    labels = np.arange(12) % 3
    figure = viz.embedding(features, labels, ["a", "b", "c"], title="Points")
    points, shares = viz.pca(features)
    axes = figure.axes[0]
    assert figure.get_suptitle() == "Points"
    for k, drawn in enumerate(axes.collections):
        assert np.allclose(drawn.get_offsets(), points[labels == k])
    assert f"second principal component ({100 * shares[1]:.0f} % of the variance)" == (
        axes.get_ylabel()
    )
    colors = {tuple(drawn.get_facecolor()[0]) for drawn in axes.collections}
    assert len(colors) == 3


@pytest.mark.skipif(importlib.util.find_spec("sklearn") is None, reason="needs scikit-learn")
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # scikit-learn's solver on few points
def test_t_sne_keeps_far_groups_apart():
    rng = np.random.default_rng(2)
    labels = np.repeat([0, 1], 12)
    features = rng.standard_normal((24, 5)) + 50 * labels[:, None]
    figure = viz.embedding(features, labels, method="tsne")
    first, second = (np.asarray(drawn.get_offsets()) for drawn in figure.axes[0].collections)
    own = max(np.linalg.norm(group - group.mean(0), axis=1).max() for group in (first, second))
    assert np.linalg.norm(first.mean(0) - second.mean(0)) > own
    assert figure.axes[0].get_xlabel() == "t-SNE, first coordinate (no unit)"


def test_a_fully_connected_layer_is_a_convolution_over_the_whole_map():
    """So a classifier of feature vectors slides over larger images as one more convolution."""
    minicnn.manual_seed(0)
    dense = nn.Linear(6 * 4 * 5, 7)
    conv = nn.Conv2d(6, 7, (4, 5))
    conv.weight.data[...] = dense.weight.data.reshape(7, 6, 4, 5)
    conv.bias.data[...] = dense.bias.data
    x = Tensor(np.random.default_rng(0).standard_normal((3, 6, 4, 5)).astype(np.float32))
    assert np.allclose(conv(x).data[:, :, 0, 0], dense(x.flatten(1)).data, atol=1e-5)


def test_wrong_features_and_settings_are_named():
    with pytest.raises(ValueError, match=r"labels must be 4 integers, .* got float64 of shape"):
        viz.embedding(np.eye(4), [0.5] * 4)
    with pytest.raises(ValueError, match=r"method must be 'pca' or 'tsne', got 'umap'"):
        viz.embedding(np.eye(4), [0] * 4, method="umap")
    with pytest.raises(ValueError, match=r"components must be 1 to min\(N, F\) = 2, got 3"):
        viz.pca(np.zeros((2, 5)), 3)
    with pytest.raises(ValueError, match=r"some are NaN or infinite"):
        viz.pca([[np.nan, 1.0]])
