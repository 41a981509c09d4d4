"""The loader: the same batches with and without a thread, errors with their place, no leaks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
from minicnn.data import BatchSampler, DataLoader, Subset, TensorDataset
from minicnn.tensor import Tensor
from tests.machine import cases

workers = pytest.mark.parametrize("num_workers", [0, 1, 3])


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("minicnn-loader")]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert threads() == []


def numbers(loader: DataLoader) -> list[list[int]]:
    return [batch[0].tolist() for batch in loader]


class OneByOne:
    """The same samples as TensorDataset(arange(n), ...), without get_batch."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> tuple[np.ndarray, float]:
        return np.array(index), index / 2


@given(
    n=st.integers(0, 30),
    batch_size=st.integers(1, 10),
    shuffle=st.booleans(),
    drop_last=st.booleans(),
    seed=st.integers(0, 100),
)
@cases(40)
def test_batches_do_not_depend_on_workers_or_on_the_fast_path(
    n: int, batch_size: int, shuffle: bool, drop_last: bool, seed: int
) -> None:
    whole = TensorDataset(np.arange(n), np.arange(n, dtype=np.float32) / 2)
    options: dict[str, Any] = dict(
        batch_size=batch_size, shuffle=shuffle, drop_last=drop_last, seed=seed
    )
    reference = DataLoader(OneByOne(n), **options)
    expected = [[(x.tolist(), y.tolist()) for x, y in reference] for _ in range(2)]
    for dataset in (whole, Subset(whole, range(n)), OneByOne(n)):
        for num_workers in (0, 1, 4):
            loader = DataLoader(dataset, num_workers=num_workers, **options)
            assert len(loader) == len(expected[0])
            got = [[(x.tolist(), y.tolist()) for x, y in loader] for _ in range(2)]
            assert got == expected


def test_order_is_sequential_or_shuffled_anew_each_epoch() -> None:
    dataset = TensorDataset(np.arange(50))
    assert numbers(DataLoader(dataset, 20)) == [
        list(range(20)),
        list(range(20, 40)),
        list(range(40, 50)),
    ]
    loader = DataLoader(dataset, 50, shuffle=True, seed=3)
    first, second = numbers(loader), numbers(loader)
    assert sorted(first[0]) == list(range(50))
    assert first != second
    loader.set_epoch(0)
    assert numbers(loader) == first
    with pytest.raises(ValueError, match="epoch must not be negative, got -1"):
        loader.set_epoch(-1)


def test_manual_seed_repeats_the_order() -> None:
    def order() -> list[list[int]]:
        minicnn.manual_seed(9)
        return numbers(DataLoader(TensorDataset(np.arange(30)), 30, shuffle=True))

    assert order() == order()


@workers
def test_custom_sampler_batch_sampler_and_collate(num_workers: int) -> None:
    dataset = TensorDataset(np.arange(10))
    loader = DataLoader(dataset, 2, sampler=[5, 1, 7], num_workers=num_workers)
    assert numbers(loader) == [[5, 1], [7]]
    loader = DataLoader(dataset, batch_sampler=[[1, 2], [9]], num_workers=num_workers)
    assert numbers(loader) == [[1, 2], [9]]
    assert len(loader) == 2
    loader = DataLoader(
        dataset,
        4,
        num_workers=num_workers,
        collate_fn=lambda samples: [x.item() * 2 for (x,) in samples],
    )
    assert list(loader) == [[0, 2, 4, 6], [8, 10, 12, 14], [16, 18]]
    single = DataLoader(dataset, batch_size=None, num_workers=num_workers)
    assert len(single) == 10
    assert [x.item() for (x,) in single] == list(range(10))


class Broken(OneByOne):
    def __getitem__(self, index: int) -> tuple[np.ndarray, float]:
        if index == 7:
            raise KeyError("no such picture")
        return super().__getitem__(index)


class BrokenBatches(TensorDataset):
    def get_batch(self, indices: np.ndarray) -> tuple[Tensor, ...]:
        if 7 in indices:
            raise KeyError("no such picture")
        return super().get_batch(indices)


@workers
def test_an_error_comes_in_its_turn_with_the_sample_and_its_cause(num_workers: int) -> None:
    loader = DataLoader(Broken(20), 3, num_workers=num_workers)
    seen: list[list[int]] = []

    def collect() -> None:
        for x, _ in loader:
            seen.append(x.tolist())

    with pytest.raises(
        minicnn.DataLoaderError, match="sample 7 of batch 2: KeyError: 'no such picture'"
    ) as caught:
        collect()
    assert seen == [[0, 1, 2], [3, 4, 5]]
    assert isinstance(caught.value.__cause__, KeyError)
    frames = [
        entry.name
        for entry in pytest.ExceptionInfo.from_exception(caught.value.__cause__).traceback
    ]
    assert "__getitem__" in frames
    with pytest.raises(minicnn.DataLoaderError, match="batch 2 of the samples 6, 7, 8: KeyError"):
        list(DataLoader(BrokenBatches(np.arange(20)), 3, num_workers=num_workers))


@workers
def test_an_error_in_collate_reaches_the_caller(num_workers: int) -> None:
    class Ragged(OneByOne):
        def __getitem__(self, index: int) -> Any:
            return np.zeros(index)

    with pytest.raises(
        minicnn.DataLoaderError,
        match=r"collating batch 0 of the samples 0, 1: ValueError: .*samples must have one shape",
    ):
        list(DataLoader(Ragged(4), 2, num_workers=num_workers))


@workers
def test_leaving_early_leaves_no_thread(num_workers: int) -> None:
    loader = DataLoader(TensorDataset(np.arange(100)), 2, shuffle=True, num_workers=num_workers)
    for _ in range(20):
        for batch in loader:
            assert len(batch[0]) == 2
            break
        assert threads() == []
    try:
        for _batch in loader:
            raise RuntimeError
    except RuntimeError:
        assert threads() == []
    iter(loader)  # made and never used
    iterator = iter(loader)
    next(iterator)
    del iterator
    assert threads() == []


def test_a_worker_loads_ahead_but_only_so_far() -> None:
    loaded: list[int] = []

    class Watched(OneByOne):
        def __getitem__(self, index: int) -> tuple[np.ndarray, float]:
            loaded.append(index)
            return super().__getitem__(index)

    batches = iter(DataLoader(Watched(100), 1, num_workers=1, prefetch_factor=3))
    next(batches)
    deadline = time.monotonic() + 5
    while len(loaded) < 4 and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(0.05)
    assert loaded == [0, 1, 2, 3]  # one taken, three waiting
    batches.close()  # type: ignore[attr-defined]


def test_two_loops_at_once_do_not_disturb_each_other() -> None:
    loader = DataLoader(TensorDataset(np.arange(6)), 2, num_workers=1)
    pairs = [(a.tolist(), b.tolist()) for (a,) in loader for (b,) in loader]
    pieces = [[0, 1], [2, 3], [4, 5]]
    assert pairs == [(a, b) for a in pieces for b in pieces]


def test_settings_are_checked() -> None:
    dataset = TensorDataset(np.arange(4))
    with pytest.raises(ValueError, match="either sampler or shuffle"):
        DataLoader(dataset, sampler=[1], shuffle=True)
    with pytest.raises(ValueError, match="batch_sampler excludes"):
        DataLoader(dataset, 2, batch_sampler=BatchSampler(range(4), 2))
    with pytest.raises(ValueError, match="batch_size=None excludes drop_last"):
        DataLoader(dataset, None, drop_last=True)
    with pytest.raises(ValueError, match="batch_size must be at least 1, got 0"):
        DataLoader(dataset, 0)
    with pytest.raises(ValueError, match="num_workers must not be negative"):
        DataLoader(dataset, num_workers=-1)
    with pytest.raises(ValueError, match="prefetch_factor must be at least 1"):
        DataLoader(dataset, prefetch_factor=0)
    with pytest.raises(TypeError, match=r"batch_size must be an int, got 2\.0"):
        DataLoader(dataset, 2.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="timeout must not be negative, got -1"):
        DataLoader(dataset, timeout=-1)
    with pytest.raises(ValueError, match="persistent_workers=True needs num_workers > 0"):
        DataLoader(dataset, persistent_workers=True)
    with pytest.raises(ValueError, match="multiprocessing_context needs num_workers > 0"):
        DataLoader(dataset, multiprocessing_context="spawn")
    with pytest.raises(ValueError, match=r"must be one of \[.*\], got 'thread'"):
        DataLoader(dataset, num_workers=1, multiprocessing_context="thread")
    with pytest.raises(TypeError, match="must be None, a start method or a context"):
        DataLoader(dataset, num_workers=1, multiprocessing_context=3)
