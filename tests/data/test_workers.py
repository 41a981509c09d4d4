"""Threads and processes: the same batches and draws whoever computes; how failures surface."""

from __future__ import annotations

import multiprocessing
import threading
import time
import traceback
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
from minicnn.data import DataLoader
from minicnn.random import current_generator, default_generator, samples
from tests.data.worker_datasets import (
    Fatal,
    Noisy,
    NoisyBatches,
    NoisyStream,
    Slow,
    Unsendable,
    Where,
    as_list,
    fail_to_begin,
    noisy_collate,
)
from tests.machine import cases

pytestmark = [
    # forking while other threads run is what one of these tests is about
    pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning"),
]
METHODS = [m for m in ("fork", "spawn") if m in multiprocessing.get_all_start_methods()]
SOON = 5.0  # seconds within which a failure surfaces
PROCESSES = pytest.mark.parametrize("method", METHODS)
KINDS: list[dict[str, Any]] = [
    *(dict(num_workers=n) for n in (1, 2, 4)),
    *(
        dict(num_workers=2, multiprocessing_context=method, persistent_workers=True)
        for method in METHODS
    ),
]


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    assert [t.name for t in threading.enumerate() if t.name.startswith("minicnn")] == []
    assert multiprocessing.active_children() == []


def content(batch: Any) -> Any:
    if isinstance(batch, (list, tuple)):
        return [content(part) for part in batch]
    return batch if isinstance(batch, (int, float)) else batch.tolist()


def epochs(dataset: Any, count: int = 2, **options: Any) -> list[Any]:
    loader = DataLoader(dataset, **options)
    try:
        return [content(list(loader)) for _ in range(count)]
    finally:
        loader.close()


@pytest.mark.parametrize(
    ("dataset", "options"),
    [
        (Noisy(11), dict(batch_size=3, shuffle=True)),
        (Noisy(6), dict(batch_size=2, collate_fn=noisy_collate)),
        (Noisy(3), dict(batch_size=None, shuffle=True)),
        (Noisy(4), dict(batch_size=4, sampler=[2, 2, 2])),
        (NoisyBatches(np.arange(9)), dict(batch_size=2, shuffle=True)),
        (NoisyStream(10), dict(batch_size=4, drop_last=True)),
        (NoisyStream(7), dict(batch_size=2)),
        (NoisyStream(3), dict(batch_size=None)),
    ],
)
def test_batches_and_draws_are_the_same_whoever_computes_them(
    dataset: Any, options: dict[str, Any]
) -> None:
    expected = epochs(dataset, **options, seed=5)
    assert expected[0] != expected[1]
    assert expected != epochs(dataset, **options, seed=6)
    for kind in KINDS:
        default_generator.random()  # what else is drawn must not matter
        assert epochs(dataset, **options, seed=5, **kind) == expected, kind


@given(n=st.integers(0, 12), batch_size=st.integers(1, 5), seed=st.integers(0, 2**64 - 1))
@cases(20)
def test_a_samples_draws_depend_on_seed_epoch_and_its_place_alone(
    n: int, batch_size: int, seed: int
) -> None:
    def draws(size: int, **kind: Any) -> list[list[float]]:
        batches = DataLoader(Noisy(n), size, seed=seed, **kind)
        return [row for _, noise in batches for row in noise.tolist()]

    one_by_one = draws(1)
    assert draws(batch_size) == draws(batch_size, num_workers=3) == one_by_one
    assert len({tuple(row) for row in one_by_one}) == n  # and no two samples draw the same


def test_a_sample_that_comes_twice_draws_anew() -> None:
    ((_, noise),) = DataLoader(Noisy(4), 2, sampler=[3, 3], seed=0)
    assert noise.tolist()[0] != noise.tolist()[1]


def test_outside_of_a_loader_the_global_generator_is_drawn_from() -> None:
    minicnn.manual_seed(4)
    a = Noisy(1)[0][1].tolist()
    b = [Noisy(1)[0][1].tolist() for _ in samples(1)]
    minicnn.manual_seed(4)
    assert [Noisy(1)[0][1].tolist() for _ in range(2)] == [a, *b]
    assert current_generator() is default_generator


def test_a_loader_inside_a_dataset_keeps_its_draws_to_itself() -> None:
    class Nested(Noisy):
        def __getitem__(self, index: int) -> tuple[int, np.ndarray]:
            before = current_generator().random()
            inner = [x.tolist() for _, x in DataLoader(Noisy(3), 2, seed=8)]
            assert inner == [x.tolist() for _, x in DataLoader(Noisy(3), 2, seed=8)]
            return index, np.array([before, current_generator().random()])

    class Plain(Noisy):
        def __getitem__(self, index: int) -> tuple[int, np.ndarray]:
            return index, current_generator().random(2)

    assert epochs(Nested(5), batch_size=2, seed=1) == epochs(Plain(5), batch_size=2, seed=1)


def seconds_to_the_error(batches: Iterator[Any], message: str) -> tuple[float, str]:
    """Take batches until an error like this one, and return how long it took, and its traceback."""
    start = time.monotonic()
    with pytest.raises(minicnn.DataLoaderError, match=message) as caught:
        list(batches)
    seconds = time.monotonic() - start
    print(f"{caught.value}: after {1e3 * seconds:.0f} ms")
    return seconds, "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_in_a_worker_comes_soon_with_its_sample_and_traceback(
    kind: dict[str, Any],
) -> None:
    loader = DataLoader(Fatal("raise"), 2, **kind)
    batches = iter(loader)
    # the workers have started, which may take its time
    assert [next(batches).tolist() for _ in range(2)] == [[0, 1], [2, 3]]
    seconds, text = seconds_to_the_error(batches, "sample 5 of batch 2: KeyError: 'no such pictur")
    assert seconds < SOON
    assert "in __getitem__" in text
    assert 'raise KeyError("no such picture")' in text
    loader.close()


@PROCESSES
@pytest.mark.parametrize(("what", "code"), [("exit", "7"), ("kill", "-9")])
def test_a_process_that_dies_surfaces_soon_with_its_sample(
    method: str, what: str, code: str
) -> None:
    batches = iter(DataLoader(Fatal(what), 2, num_workers=2, multiprocessing_context=method))
    next(batches)
    message = rf"worker \d \(process \d+\) died at sample 5 of batch 2, with exit code {code}$"
    assert seconds_to_the_error(batches, message)[0] < SOON


@PROCESSES
def test_a_process_that_is_killed_between_its_batches_surfaces_soon(method: str) -> None:
    """As by a system that is short of memory."""
    loader = DataLoader(Slow(), 10, num_workers=2, multiprocessing_context=method)
    batches = iter(loader)
    next(batches)
    for process in multiprocessing.active_children():
        process.kill()
    message = r"worker \d \(process \d+\) died at .*batch \d+.*, with exit code -9$"
    assert seconds_to_the_error(batches, message)[0] < SOON


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_that_cannot_begin_says_why(kind: dict[str, Any]) -> None:
    loader = DataLoader(Noisy(4), worker_init_fn=fail_to_begin, **kind)
    with pytest.raises(
        minicnn.DataLoaderError, match=r"worker_init_fn\(\d\): OSError: no disk for worker \d"
    ):
        list(loader)


def test_what_cannot_be_sent_is_said() -> None:
    options: dict[str, Any] = dict(num_workers=2, multiprocessing_context="spawn")
    with pytest.raises(minicnn.DataLoaderError, match="worker 0 did not start"):
        list(DataLoader(Noisy(4), collate_fn=lambda x: x, **options))
    with pytest.raises(minicnn.DataLoaderError, match="a batch cannot be sent"):
        list(DataLoader(Unsendable(), collate_fn=as_list, **options))


@pytest.mark.skipif("fork" not in METHODS, reason="needs a process that begins at once")
def test_a_wait_can_be_bounded() -> None:
    loader = DataLoader(
        Fatal("sleep"), 2, num_workers=2, multiprocessing_context="fork", timeout=0.5
    )
    start = time.monotonic()
    with pytest.raises(minicnn.DataLoaderError, match=r"no batch came within timeout=0\.5 seconds"):
        list(loader)
    assert time.monotonic() - start < 5  # and the sleeping process is made to end


@pytest.mark.parametrize("kind", KINDS)
def test_leaving_early_is_quick_and_leaves_nothing(kind: dict[str, Any]) -> None:
    loader = DataLoader(Slow(), 200, **kind)
    for batch in loader:
        assert len(batch) == 200
        start = time.monotonic()
        break
    loader.close()  # for those who stay for the next epoch
    assert multiprocessing.active_children() == []
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("kind", KINDS)
def test_workers_know_who_they_are(kind: dict[str, Any]) -> None:
    seen = [batch.tolist() for batch in DataLoader(Where(), 8, collate_fn=_table, **kind)]
    (table,) = seen
    assert {row[1] for row in table} == {kind["num_workers"]}
    assert all(0 <= row[0] < kind["num_workers"] for row in table)


def _table(rows: list[Any]) -> np.ndarray:
    return np.array(rows)
