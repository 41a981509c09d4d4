"""Batches made by the kernel are those of single samples, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.data import DataLoader, Subset, default_collate
from minicnn.datasets.vision import ImageDataset
from minicnn.transforms import (
    CenterCrop,
    ColorJitter,
    Compose,
    Normalize,
    RandomCrop,
    RandomHorizontalFlip,
    RandomVerticalFlip,
    ToTensor,
)
from minicnn.transforms.batch import batch_plan
from tests.machine import cases

LABELS = np.arange(12) % 10


def dataset(seed: int, H: int, W: int, C: int, transform: Any) -> ImageDataset:
    shape = (12, H, W) if C == 1 else (12, H, W, C)
    data = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    return ImageDataset(data, LABELS, transform)


@st.composite
def composes(draw: Any) -> tuple[Compose, int, int, int]:
    """A Compose that the kernel can do, and sizes that suit it."""
    H, W, C = draw(st.integers(2, 9)), draw(st.integers(2, 9)), draw(st.sampled_from([1, 3]))
    padding = draw(st.integers(0, 3))
    size = draw(st.integers(1, H + 2 * padding)), draw(st.integers(1, W + 2 * padding))
    crop: Any = RandomCrop(size, padding, fill=draw(st.integers(0, 255)))
    if draw(st.integers(0, 4)) == 0:
        crop = CenterCrop((min(size[0], H), min(size[1], W)))
    flips = [RandomHorizontalFlip(0.5), RandomVerticalFlip(0.5)]
    moves = draw(st.permutations([crop, *flips]))[: draw(st.integers(0, 3))]
    end = [ToTensor()]
    if draw(st.booleans()):
        end.append(Normalize([0.1, 0.5, 0.3][:C], [0.2, 0.7, 0.4][:C]))  # type: ignore[arg-type]
    return Compose([*moves, *end]), H, W, C


@cases(60)
@given(drawn=composes(), seed=st.integers(0, 1000), num_workers=st.sampled_from([0, 0, 2]))
def test_a_batch_is_what_its_samples_are(drawn: Any, seed: int, num_workers: int) -> None:
    transform, H, W, C = drawn
    assert batch_plan(transform, (H, W, C)) is not None
    data = dataset(seed, H, W, C, transform)
    options: dict[str, Any] = dict(batch_size=5, shuffle=True, seed=seed)
    for whole in (data, Subset(data, [7, 3, 3, 1])):
        fast = DataLoader(whole, num_workers=num_workers, **options)
        slow = DataLoader(whole, collate_fn=default_collate, **options)
        for (x, labels), (y, same) in zip(fast, slow):
            assert x.dtype == y.dtype == np.float32
            np.testing.assert_array_equal(x.data, y.data)
            np.testing.assert_array_equal(labels.data, same.data)


@pytest.mark.parametrize(
    "transform",
    [
        ToTensor(),
        Compose([RandomHorizontalFlip()]),
        Compose([ToTensor(), RandomHorizontalFlip()]),
        Compose([ColorJitter(0.5), ToTensor()]),
        Compose([RandomCrop(4), RandomCrop(3), ToTensor()]),
        Compose([RandomCrop(6, padding=1, padding_mode="reflect"), ToTensor()]),
        Compose([RandomCrop(6, padding=1, fill=(1, 2, 3)), ToTensor()]),
        Compose([CenterCrop(8), ToTensor()]),
    ],
)
def test_other_transforms_are_done_singly(transform: Any) -> None:
    assert batch_plan(transform, (6, 6, 3)) is None
    data = dataset(0, 6, 6, 3, transform)
    fast, slow = (
        [content for batch in DataLoader(data, 5, seed=1, **kind) for content in batch]
        for kind in (dict(), dict(collate_fn=default_collate))
    )
    for x, y in zip(fast, slow):
        np.testing.assert_array_equal(x.data, y.data)


def test_a_subclass_with_a_transform_of_its_own_is_not_mistaken() -> None:
    class Shifted(RandomHorizontalFlip):
        def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
            return np.roll(image, 1, axis=1)

    assert batch_plan(Compose([Shifted(), ToTensor()]), (6, 6, 3)) is None


def test_errors_in_a_transform_name_the_sample() -> None:
    def picky(image: np.ndarray) -> np.ndarray:
        if image[0, 0] == data.data[7, 0, 0]:
            raise ValueError("too dark")
        return image

    data = dataset(0, 4, 4, 1, None)
    data.transform = picky
    with pytest.raises(RuntimeError, match="sample 7 of batch 1: ValueError: too dark"):
        list(DataLoader(data, 5))


def test_a_transform_cannot_change_the_dataset() -> None:
    def erase(image: np.ndarray) -> np.ndarray:
        image[:] = 0
        return image

    data = dataset(0, 4, 4, 3, erase)
    before = data.data.copy()
    data[3]
    np.testing.assert_array_equal(data.data, before)
