"""A loader's position can be saved anywhere and gone on from, with the same batches and draws."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.data import (
    DataLoader,
    RandomSampler,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
)
from tests.data.worker_datasets import Noisy, NoisyStream
from tests.machine import cases


def samplers(kind: str, seed: int) -> dict[str, Any]:
    if kind == "shuffle":
        return dict(shuffle=True)
    if kind == "weighted":
        return dict(sampler=WeightedRandomSampler(np.arange(1, 12), 11, seed=seed))
    if kind == "subset":
        return dict(sampler=SubsetRandomSampler([5, 1, 7, 2], seed=seed))
    return {}


def content(batch: Any) -> Any:
    return [part.tolist() for part in batch]


@given(
    kind=st.sampled_from(["sequential", "shuffle", "weighted", "subset", "stream"]),
    batch_size=st.integers(1, 6),
    left_at=st.integers(0, 30),
    num_workers=st.sampled_from([0, 0, 2]),
    drop_last=st.booleans(),
)
@cases(60)
def test_a_resumed_loader_goes_on_where_it_was_left(
    kind: str, batch_size: int, left_at: int, num_workers: int, drop_last: bool
) -> None:
    dataset = NoisyStream(11) if kind == "stream" else Noisy(11)

    def loader(seed: int, workers: int) -> DataLoader:
        options = samplers(kind, seed + 100)
        return DataLoader(
            dataset, batch_size, num_workers=workers, seed=seed, drop_last=drop_last, **options
        )

    expected, states = [], []
    walked = loader(3, num_workers)
    states.append(walked.state_dict())
    for _ in range(3):
        for batch in walked:
            expected.append(content(batch))
            states.append(walked.state_dict())  # the batch has been trained on
    left_at = min(left_at, len(expected))
    resumed = loader(77, 2 - num_workers)  # another seed, which is replaced
    resumed.load_state_dict(json.loads(json.dumps(states[left_at])))
    assert resumed.state_dict() == states[left_at]
    got: list[Any] = []
    while resumed.epoch < 3:
        got.extend(content(batch) for batch in resumed)
    assert got == expected[left_at:]


def test_the_state_says_seed_epoch_and_batches() -> None:
    loader = DataLoader(TensorDataset(np.arange(10)), 4, seed=9)
    assert loader.state_dict() == {"seed": 9, "epoch": 0, "batches": 0}
    batches = iter(loader)
    assert loader.state_dict() == {"seed": 9, "epoch": 0, "batches": 0}
    next(batches)
    next(batches)
    assert loader.state_dict() == {"seed": 9, "epoch": 0, "batches": 2}
    next(batches)
    assert loader.state_dict() == {"seed": 9, "epoch": 0, "batches": 3}
    assert list(batches) == []
    assert loader.state_dict() == {"seed": 9, "epoch": 1, "batches": 0}
    for _ in loader:
        break
    assert loader.state_dict() == {"seed": 9, "epoch": 1, "batches": 1}
    loader.set_epoch(5)
    assert loader.state_dict() == {"seed": 9, "epoch": 5, "batches": 0}


def test_a_samplers_own_seed_is_part_of_the_state() -> None:
    sampler = RandomSampler(range(10), seed=4)
    state = DataLoader(range(10), 5, sampler=sampler, seed=9).state_dict()
    assert state == {"seed": 9, "epoch": 0, "batches": 0, "sampler_seed": 4}
    with pytest.raises(ValueError, match=r"must have the entries \['batches', 'epoch', 'seed'\]"):
        DataLoader(range(10), 5).load_state_dict(state)


def test_skipped_batches_are_not_loaded() -> None:
    loaded: list[int] = []

    class Watched(Noisy):
        def __getitem__(self, index: int) -> tuple[int, np.ndarray]:
            loaded.append(index)
            return super().__getitem__(index)

    loader = DataLoader(Watched(10), 2)
    loader.load_state_dict({"seed": 0, "epoch": 0, "batches": 4})
    assert [x.tolist() for x, _ in loader] == [[8, 9]]
    assert loaded == [8, 9]


def test_a_wrong_state_is_refused_and_changes_nothing() -> None:
    loader = DataLoader(range(10), 5, seed=1)
    before = loader.state_dict()
    for state, error, match in [
        ({"seed": 1}, ValueError, "must have the entries"),
        ({"seed": 1, "epoch": -1, "batches": 0}, ValueError, r"epoch must be in \[0, 2\*\*64\)"),
        ({"seed": 1, "epoch": 0, "batches": 0.0}, TypeError, r"batches must be an int, got 0\.0"),
        ([1, 2, 3], TypeError, "state must be a mapping"),
    ]:
        with pytest.raises(error, match=match):
            loader.load_state_dict(state)  # type: ignore[arg-type]
        assert loader.state_dict() == before
