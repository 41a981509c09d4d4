"""Datasets made of datasets, and streams."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.data import (
    ChainDataset,
    ConcatDataset,
    DataLoader,
    IterableDataset,
    StackDataset,
    TensorDataset,
    default_convert,
)
from minicnn.tensor import Tensor


class Count(IterableDataset):
    def __init__(self, n: int, first: int = 0) -> None:
        self.n, self.first = n, first

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.first + self.n))


class Known(Count):
    def __len__(self) -> int:
        return self.n


@given(st.lists(st.integers(0, 5), min_size=1, max_size=6))
def test_concat_counts_through_its_datasets(lengths: list[int]) -> None:
    ends = np.cumsum(lengths)
    parts = [range(end - n, end) for n, end in zip(lengths, ends)]
    both = ConcatDataset(parts)
    n = sum(lengths)
    assert len(both) == n
    assert both.cumulative_sizes == ends.tolist()
    assert [both[i] for i in range(n)] == list(range(n))
    assert [both[i - n] for i in range(n)] == list(range(n))
    for index in (n, -n - 1):
        with pytest.raises(IndexError, match=f"index {index} is not in its {n} samples"):
            both[index]


def test_datasets_add_up() -> None:
    a, b = TensorDataset(np.arange(2)), TensorDataset(np.arange(5, 7))
    assert [x.item() for (x,) in a + b] == [0, 1, 5, 6]
    assert list(Count(2) + Count(2, 7)) == [0, 1, 7, 8]
    assert len(Known(3) + Known(4)) == 7


def test_concat_and_chain_refuse_what_they_cannot_join() -> None:
    with pytest.raises(ValueError, match="at least one dataset"):
        ConcatDataset([])
    with pytest.raises(TypeError, match="IterableDataset Count; ChainDataset chains those"):
        ConcatDataset([Count(3)])
    with pytest.raises(TypeError, match="must be IterableDatasets, got list"):
        ChainDataset([[1, 2]])


def test_stack_gives_tuples_or_dictionaries() -> None:
    assert [StackDataset("ab", range(2))[i] for i in range(2)] == [("a", 0), ("b", 1)]
    named = StackDataset(x=range(3), y="abc")
    assert (len(named), named[2]) == (3, {"x": 2, "y": "c"})
    with pytest.raises(ValueError, match=r"equally long, got \[1, 2\]"):
        StackDataset("a", "bc")
    with pytest.raises(ValueError, match="either as arguments or by name, got 0 and 0"):
        StackDataset()


@pytest.mark.parametrize("num_workers", [0, 1, 3])
def test_a_stream_is_read_once_and_cut_into_batches(num_workers: int) -> None:
    def batches(**options: object) -> list[object]:
        loader = DataLoader(Count(7), num_workers=num_workers, **options)  # type: ignore[arg-type]
        return [batch.tolist() if isinstance(batch, Tensor) else batch for batch in loader]

    assert batches(batch_size=3) == [[0, 1, 2], [3, 4, 5], [6]]
    assert batches(batch_size=3, drop_last=True) == [[0, 1, 2], [3, 4, 5]]
    assert batches(batch_size=7) == [[0, 1, 2, 3, 4, 5, 6]]
    assert batches(batch_size=None) == [0, 1, 2, 3, 4, 5, 6]


def test_a_loader_of_a_stream_has_the_streams_length() -> None:
    assert len(DataLoader(Known(7), 3)) == 3
    assert len(DataLoader(Known(7), 3, drop_last=True)) == 2
    assert len(DataLoader(Known(7), None)) == 7
    with pytest.raises(TypeError, match="has no len"):
        len(DataLoader(Count(7), 3))


def test_a_stream_takes_no_sampler() -> None:
    for options in (dict(shuffle=True), dict(sampler=[1]), dict(batch_sampler=[[1]])):
        with pytest.raises(ValueError, match="which has an order of its own"):
            DataLoader(Count(7), **options)  # type: ignore[arg-type]
    assert len(list(DataLoader(Count(3), shuffle=False))) == 3


def test_getitems_loads_a_batch_at_once() -> None:
    class Letters:
        def __len__(self) -> int:
            return 5

        def __getitem__(self, index: int) -> str:
            raise AssertionError("not singly")

        def __getitems__(self, indices: list[int]) -> list[str]:
            assert isinstance(indices, list)
            return ["abcde"[i] for i in indices]

    assert list(DataLoader(Letters(), 3)) == [["a", "b", "c"], ["d", "e"]]


def test_convert_turns_arrays_into_tensors_and_leaves_the_rest() -> None:
    got = default_convert({"a": [np.arange(2), "x"], "b": (1, np.float32(2))})
    assert isinstance(got["a"][0], Tensor)
    assert (got["a"][0].tolist(), got["a"][1], got["b"][0]) == ([0, 1], "x", 1)
    assert isinstance(got["b"], tuple)
    assert got["b"][1].dtype == np.float32
    ((image, label),) = DataLoader([(np.ones(2), "cat")], batch_size=None)
    assert isinstance(image, Tensor)
    assert label == "cat"
