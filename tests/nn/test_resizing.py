"""Embedding, Upsample and PixelShuffle layers: printed form, settings, initial values."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
from minicnn import nn
from minicnn.nn import functional as F

X = np.random.default_rng(0).normal(size=(2, 8, 4, 6))


@pytest.mark.parametrize(
    ("layer", "text", "expected"),
    [
        (nn.Upsample(7), "Upsample(size=7, mode='nearest')", F.interpolate(X, 7)),
        (
            nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True),
            "Upsample(scale_factor=2, mode='bilinear')",
            F.interpolate(X, None, 2, "bilinear", True),
        ),
        (
            nn.Unfold(3, padding=(0, 1)),
            "Unfold(kernel_size=3, dilation=1, padding=(0, 1), stride=1)",
            F.unfold(X, 3, padding=(0, 1)),
        ),
        (nn.PixelShuffle(2), "PixelShuffle(upscale_factor=2)", F.pixel_shuffle(X, 2)),
        (nn.PixelUnshuffle(2), "PixelUnshuffle(downscale_factor=2)", F.pixel_unshuffle(X, 2)),
    ],
)
def test_layers_print_and_pass_their_settings(layer, text, expected) -> None:  # type: ignore[no-untyped-def]
    assert repr(layer) == text
    np.testing.assert_array_equal(layer(X).data, expected.data)


def test_fold_adds_what_unfold_wrote() -> None:
    layer = nn.Fold((4, 6), 2, stride=2)
    assert repr(layer) == (
        "Fold(output_size=(4, 6), kernel_size=2, dilation=1, padding=0, stride=2)"
    )
    np.testing.assert_array_equal(layer(nn.Unfold(2, stride=2)(X)).data, X)  # no overlap


def test_embedding_begins_normal_and_its_padding_stays_zero() -> None:
    minicnn.manual_seed(0)
    layer = nn.Embedding(300, 40, padding_idx=-1)
    assert repr(layer) == "Embedding(300, 40, padding_idx=299)"
    values = layer.weight.data[:299]
    assert abs(values.mean()) < 5 / np.sqrt(values.size)
    assert abs(values.std() - 1) < 5 / np.sqrt(2 * values.size)
    assert (layer.weight.data[299] == 0).all()
    layer([[0, 299], [0, 5]]).sum().backward()
    grad = layer.weight.grad
    assert grad is not None
    assert grad[[0, 5, 299, 7]].tolist() == [[2.0] * 40, [1.0] * 40, [0.0] * 40, [0.0] * 40]


def test_settings_are_checked_when_a_layer_is_made() -> None:
    with pytest.raises(ValueError, match="Embedding: padding_idx must be from -3 to 2, got 3"):
        nn.Embedding(3, 2, 3)
    with pytest.raises(ValueError, match="PixelShuffle: upscale_factor must be at least 1, got 0"):
        nn.PixelShuffle(0)
