"""The pooling layers along one axis call their functions with their settings."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
from minicnn import nn


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape)


def test_windows_side_by_side():
    x = normal(2, 3, 12)
    blocks = x.reshape(2, 3, 4, 3)
    np.testing.assert_array_equal(nn.MaxPool1d(3)(x).data, blocks.max(axis=3))
    np.testing.assert_allclose(nn.AvgPool1d(3)(x).data, blocks.mean(axis=3), rtol=1e-12)
    np.testing.assert_array_equal(nn.AdaptiveMaxPool1d(4)(x).data, blocks.max(axis=3))
    np.testing.assert_allclose(nn.AdaptiveAvgPool1d(4)(x).data, blocks.mean(axis=3), rtol=1e-12)
    np.testing.assert_allclose(nn.AdaptiveAvgPool1d(1)(x).data[..., 0], x.mean(axis=2), rtol=1e-12)


def test_settings_reach_the_functions():
    x = np.array([[[1.0, 5.0, 2.0, 4.0, 3.0]]])
    # the windows are places -1 and 1, 2 and 4; a third would begin in the padding at the end
    y, indices = nn.MaxPool1d(2, 3, 1, 2, return_indices=True, ceil_mode=True)(x)
    assert (y.tolist(), indices.tolist()) == ([[[5.0, 3.0]]], [[[1, 4]]])
    assert nn.AvgPool1d(2, 3, 1, True, False)(x).tolist() == [[[1.0, 3.0]]]
    assert nn.AvgPool1d(2, 3, 1)(x).tolist() == [[[0.5, 3.0]]]


@pytest.mark.parametrize(
    ("pool", "unpool", "shape"),
    [
        (nn.MaxPool1d(2, return_indices=True), nn.MaxUnpool1d(2), (2, 3, 8)),
        (nn.MaxPool2d((2, 3), return_indices=True), nn.MaxUnpool2d((2, 3)), (2, 3, 4, 6)),
        (nn.MaxPool2d(3, 2, 1, return_indices=True), nn.MaxUnpool2d(3, 2, 1), (1, 2, 7, 5)),
    ],
)
def test_unpooling_puts_the_largest_back(pool, unpool, shape):
    x = normal(*shape)
    y, indices = pool(x)
    back = unpool(y, indices, output_size=shape).data
    assert back.shape == shape
    np.testing.assert_array_equal(back[back != 0], x[back != 0])
    assert set(back[back != 0]) == set(y.data.ravel())


def test_dropout1d_drops_whole_channels():
    minicnn.manual_seed(0)
    y = nn.Dropout1d(0.25)(np.ones((50, 40, 6), np.float32)).data
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}
    assert (y == y[:, :, :1]).all()
    assert abs((y[:, :, 0] == 0).mean() - 0.25) < 5 * np.sqrt(0.25 * 0.75 / 2000)  # binomial
    assert nn.Dropout1d(0.25)(np.ones((40, 6), np.float32)).shape == (40, 6)
    with pytest.raises(ValueError, match=r"^dropout1d: x must have shape \(N, C, L\) or \(C, L\)"):
        nn.Dropout1d()(np.ones(3, np.float32))


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.MaxPool1d(2), "kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False"),
        (nn.AvgPool1d(3, 2), "kernel_size=(3,), stride=(2,), padding=(0,)"),
        (nn.AdaptiveAvgPool1d(1), "output_size=1"),
        (nn.MaxUnpool2d(2), "kernel_size=(2, 2), stride=(2, 2), padding=(0, 0)"),
        (nn.Dropout1d(0.1), "p=0.1, inplace=False"),
    ],
)
def test_repr_is_torchs(layer, text):
    assert repr(layer) == f"{type(layer).__name__}({text})"
