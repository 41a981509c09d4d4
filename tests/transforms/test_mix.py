"""Batches whose images are mixed, and their labels with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import minicnn
from minicnn.data import DataLoader, TensorDataset, default_collate
from minicnn.transforms import CutMix, MixUp

IMAGES = np.random.default_rng(0).random((5, 2, 9, 7)).astype(np.float32)
LABELS = np.array([0, 2, 1, 2, 0])


@given(seed=st.integers(0, 10000), alpha=st.floats(0.2, 5))
def test_mixup_mixes_images_and_labels_alike(seed: int, alpha: float) -> None:
    minicnn.manual_seed(seed)
    images, labels = MixUp(alpha=alpha, num_classes=3)(IMAGES, LABELS)
    assert (images.dtype, labels.dtype) == (np.float32, np.float32)
    # images 0 and 4 have label 0, so label 0 of image 1 (2, mixed with 0) tells how much is left
    kept = float(labels.data[1, 2])
    for n in range(5):
        expected = kept * IMAGES[n] + (1 - kept) * IMAGES[n - 1]
        np.testing.assert_allclose(images.data[n], expected, atol=1e-6)
        shares = kept * np.eye(3)[LABELS[n]] + (1 - kept) * np.eye(3)[LABELS[n - 1]]
        np.testing.assert_allclose(labels.data[n], shares, atol=1e-6)


@given(seed=st.integers(0, 10000))
def test_cutmix_replaces_one_rectangle_and_labels_by_its_area(seed: int) -> None:
    minicnn.manual_seed(seed)
    images, labels = CutMix(num_classes=3)(IMAGES, LABELS)
    other = images.data[0, 0] == IMAGES[4, 0]
    np.testing.assert_array_equal(images.data[0, 0][~other], IMAGES[0, 0][~other])
    rows, columns = np.flatnonzero(other.any(axis=1)), np.flatnonzero(other.any(axis=0))
    assert other.sum() == len(rows) * len(columns)
    for n in range(5):
        expected = np.where(other, IMAGES[n - 1], IMAGES[n])
        np.testing.assert_array_equal(images.data[n], expected)
    assert labels.data[1, 2] == pytest.approx(1 - other.sum() / 63, abs=1e-6)
    np.testing.assert_allclose(labels.data.sum(axis=1), 1, rtol=1e-6)


def test_the_share_has_a_beta_distribution() -> None:
    minicnn.manual_seed(2)
    mix = MixUp(alpha=0.4, num_classes=3)
    kept = [float(mix(IMAGES, LABELS)[1].data[1, 2]) for _ in range(400)]
    assert stats.kstest(kept, stats.beta(0.4, 0.4).cdf).pvalue > 1e-4


def test_labels_may_be_shares_already() -> None:
    minicnn.manual_seed(3)
    first = MixUp(num_classes=3)(IMAGES, LABELS)
    minicnn.manual_seed(3)
    second = MixUp()(IMAGES, np.eye(3)[LABELS])
    np.testing.assert_array_equal(first[1].data, second[1].data)


def test_a_loader_mixes_the_same_with_any_workers() -> None:
    mix = CutMix(num_classes=3)

    def batches(num_workers: int) -> list[Any]:
        loader = DataLoader(
            TensorDataset(IMAGES, LABELS),
            2,
            shuffle=True,
            num_workers=num_workers,
            collate_fn=lambda samples: mix(*default_collate(samples)),
            seed=4,
        )
        return [(x.tolist(), y.tolist()) for _ in range(2) for x, y in loader]

    assert batches(0) == batches(3)


@pytest.mark.parametrize(
    ("mix", "labels", "match"),
    [
        (MixUp(), LABELS, "num_classes must be given"),
        (MixUp(num_classes=2), LABELS, "labels must be 0 to 1, got 0 to 2"),
        (MixUp(num_classes=3), LABELS[:2], "labels have N entries"),
        (CutMix(num_classes=3), LABELS[None], r"labels must be ints of shape \(N,\)"),
    ],
)
def test_wrong_labels_are_refused(mix: Any, labels: np.ndarray, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        mix(IMAGES, labels)


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="CutMix: alpha must be a positive number, got 0"):
        CutMix(alpha=0)
    with pytest.raises(ValueError, match="num_classes must be at least 1, got 0"):
        MixUp(num_classes=0)
