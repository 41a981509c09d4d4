"""Datasets, subsets and splits."""

from __future__ import annotations

from collections import namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.data import Dataset, Subset, TensorDataset, default_collate, random_split
from minicnn.data.dataset import batch_getter
from minicnn.tensor import Tensor


def test_tensor_dataset_gives_rows() -> None:
    x, y = np.arange(12.0).reshape(4, 3), np.array([7, 8, 9, 10])
    dataset = TensorDataset(x, Tensor(y))
    assert len(dataset) == 4
    row, label = dataset[2]
    assert (row.tolist(), label.item()) == ([6.0, 7.0, 8.0], 9)
    rows, labels = dataset.get_batch(np.array([3, 0]))
    assert (rows.tolist(), labels.tolist()) == ([[9, 10, 11], [0, 1, 2]], [10, 7])
    assert [label.item() for _, label in dataset] == [7, 8, 9, 10]


def test_tensor_dataset_needs_equal_lengths() -> None:
    with pytest.raises(ValueError, match=r"equally long, got shapes \(4, 3\), \(3,\)"):
        TensorDataset(np.zeros((4, 3)), np.zeros(3))
    with pytest.raises(ValueError, match="at least one tensor"):
        TensorDataset()
    with pytest.raises(ValueError, match=r"got shapes \(\)"):
        TensorDataset(np.array(1.0))


def test_subset_renumbers() -> None:
    subset = Subset(TensorDataset(np.arange(10)), [7, 3, 3])
    assert len(subset) == 3
    assert [x.item() for (x,) in subset] == [7, 3, 3]
    assert subset.get_batch(np.array([2, 0]))[0].tolist() == [3, 7]
    with pytest.raises(ValueError, match="must have one axis"):
        Subset([1, 2], [[0]])  # type: ignore[list-item]


@given(st.integers(0, 60), st.lists(st.integers(1, 9), min_size=1, max_size=5), st.booleans())
def test_random_split_covers_every_sample_once(n: int, shares: list[int], floats: bool) -> None:
    if floats:
        lengths: list[float] = [share / sum(shares) for share in shares]
        expected = None
    else:
        ends = np.cumsum(shares) * n // sum(shares)
        lengths = expected = np.diff(ends, prepend=0).tolist()
    parts = random_split(range(n), lengths, np.random.default_rng(n))
    assert sorted(x for part in parts for x in part) == list(range(n))
    if expected is not None:
        assert [len(part) for part in parts] == expected
    else:
        assert all(abs(len(p) - n * f) < 1 + 1e-9 for p, f in zip(parts, lengths))


def test_random_split_depends_on_the_generator_alone() -> None:
    def split(seed: int) -> list[int]:
        return random_split(range(50), [25, 25], np.random.default_rng(seed))[0].indices.tolist()

    assert split(1) == split(1)
    assert split(1) != split(2)
    assert split(1) != sorted(split(1))


def test_random_split_errors_do_the_sum() -> None:
    with pytest.raises(ValueError, match=r"= 10, got \[4, 5\], which add up to 9"):
        random_split(range(10), [4, 5])
    with pytest.raises(ValueError, match="must not be negative"):
        random_split(range(10), [-1, 11])
    with pytest.raises(TypeError, match=r"lengths must be an int, got 0\.3"):
        random_split(range(10), [0.3, 0.3])


def test_get_batch_is_not_used_where_a_subclass_redefines_samples() -> None:
    class Doubled(TensorDataset):
        def __getitem__(self, index: int) -> tuple[Tensor, ...]:
            return tuple(t * 2 for t in super().__getitem__(index))

    class Renamed(TensorDataset):
        pass

    plain, doubled = TensorDataset(np.arange(3)), Doubled(np.arange(3))
    assert batch_getter(plain) is not None
    assert batch_getter(Renamed(np.arange(3))) is not None
    assert batch_getter(doubled) is None
    assert batch_getter(Subset(plain, [0])) is not None
    assert batch_getter(Subset(doubled, [0])) is None
    assert batch_getter(Subset(Subset(doubled, [0]), [0])) is None
    assert batch_getter([1, 2]) is None


def test_dataset_without_methods_says_so() -> None:
    class Nothing(Dataset):
        pass

    with pytest.raises(NotImplementedError, match="Nothing does not define __getitem__"):
        Nothing()[0]
    with pytest.raises(NotImplementedError, match="Nothing does not define __len__"):
        len(Nothing())


def test_collate_keeps_the_structure() -> None:
    Pair = namedtuple("Pair", ["x", "y"])
    batch = default_collate(
        [
            {"a": (np.zeros(2), 1), "b": ["x", 1.5], "c": Pair(np.float32(1), True)},
            {"a": (np.ones(2), 2), "b": ["y", 2.5], "c": Pair(np.float32(2), False)},
        ]
    )
    assert list(batch) == ["a", "b", "c"]
    assert batch["a"][0].tolist() == [[0, 0], [1, 1]]
    assert batch["a"][1].dtype == np.int64
    assert batch["b"][0] == ["x", "y"]
    assert batch["b"][1].dtype == np.float32
    assert isinstance(batch["c"], Pair)
    assert batch["c"].x.dtype == np.float32
    assert batch["c"].y.tolist() == [True, False]


def test_collate_errors_say_which_sample() -> None:
    with pytest.raises(
        ValueError, match=r"sample 0 of this batch has \(2,\) and sample 1 has \(3,\)"
    ):
        default_collate([np.zeros(2), np.zeros(3)])
    with pytest.raises(ValueError, match=r"different lengths: \[1, 2\]"):
        default_collate([(1,), (1, 2)])
    with pytest.raises(TypeError, match="got set; pass collate_fn"):
        default_collate([{1}, {2}])
