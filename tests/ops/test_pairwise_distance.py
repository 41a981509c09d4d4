"""Distances between vectors, and shuffled channels, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import Tensor, nn
from minicnn.nn import functional as F
from minicnn.testing import gradcheck


@pytest.mark.parametrize("p", [1, 2, 3, np.inf])
@pytest.mark.parametrize("shapes", [((4, 3), (4, 3)), ((3,), (5, 3)), ((2, 1, 3), (4, 3))])
def test_distances_are_norms_of_the_differences(p, shapes):
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=shape) for shape in shapes)
    expected = np.linalg.norm(a - b + 1e-6, ord=p, axis=-1)
    np.testing.assert_allclose(F.pairwise_distance(a, b, p).data, expected, rtol=1e-12)
    kept = nn.PairwiseDistance(p, keepdim=True)(a, b)
    np.testing.assert_allclose(kept.data, expected[..., None], rtol=1e-12)
    assert gradcheck(
        lambda a, b: F.pairwise_distance(a, b, p),
        (Tensor(a, requires_grad=True), Tensor(b, requires_grad=True)),
    )


def test_the_distance_of_equal_vectors_has_a_gradient():
    a = Tensor(np.ones((1, 2)), requires_grad=True)
    F.pairwise_distance(a, np.ones((1, 2))).sum().backward()
    np.testing.assert_allclose(a.grad, [[0.5**0.5, 0.5**0.5]], rtol=1e-9)


def test_cosine_similarity_is_a_layer():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 4, 3)), rng.normal(size=(2, 4, 3))
    lengths = np.linalg.norm(a, axis=2) * np.linalg.norm(b, axis=2)
    expected = (a * b).sum(axis=2) / lengths
    np.testing.assert_allclose(nn.CosineSimilarity(dim=2)(a, b).data, expected, rtol=1e-12)


def test_channels_of_the_groups_take_turns():
    x = np.arange(2 * 6 * 2).reshape(2, 6, 2).astype(np.float64)
    for shuffle in (lambda x: F.channel_shuffle(x, 2), nn.ChannelShuffle(2)):
        np.testing.assert_array_equal(shuffle(x).data, x[:, [0, 3, 1, 4, 2, 5]])
    assert gradcheck(lambda x: F.channel_shuffle(x, 3), Tensor(x, requires_grad=True))
    assert repr(nn.ChannelShuffle(2)) == "ChannelShuffle(groups=2)"
    with pytest.raises(ValueError, match=r"^channel_shuffle: groups=4 must divide the 6 channels"):
        F.channel_shuffle(x, 4)
    with pytest.raises(ValueError, match=r"^channel_shuffle: x must have shape \(N, C, \.\.\.\)"):
        F.channel_shuffle(x[0, 0], 1)


def test_upsampling_layers_are_interpolate():
    x = np.random.default_rng(0).normal(size=(1, 2, 3, 4))
    nearest = nn.UpsamplingNearest2d(scale_factor=2)(x).data
    np.testing.assert_array_equal(nearest, x.repeat(2, axis=2).repeat(2, axis=3))
    y = nn.UpsamplingBilinear2d(size=(5, 7))(x).data
    np.testing.assert_allclose(y[:, :, ::2, ::2], x, rtol=1e-12)  # corners stay corners
    np.testing.assert_allclose(y[:, :, 1::2, ::2], (x[:, :, 1:] + x[:, :, :-1]) / 2, rtol=1e-12)


@pytest.mark.parametrize(
    ("layer", "shape"), [(nn.InstanceNorm1d, (2, 3, 7)), (nn.InstanceNorm2d, (2, 3, 4, 5))]
)
def test_instance_norm_takes_one_sample_too(layer, shape):
    x = np.random.default_rng(0).normal(size=shape)
    axes = tuple(range(2, len(shape)))
    centred = x - x.mean(axis=axes, keepdims=True)
    expected = centred / np.sqrt(x.var(axis=axes, keepdims=True) + 1e-5)
    norm = layer(3, dtype=np.float64)
    np.testing.assert_allclose(norm(x).data, expected, rtol=1e-10)
    np.testing.assert_allclose(norm(x[1]).data, expected[1], rtol=1e-10)
    with pytest.raises(ValueError, match=rf"^{layer.__name__}: x must have shape \(N, 3, "):
        norm(x[:, :2])
