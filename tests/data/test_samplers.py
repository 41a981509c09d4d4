"""Samplers: every sample once, in an order that depends on seed and epoch alone."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import minicnn
from minicnn.data import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)


def test_sequential() -> None:
    assert list(SequentialSampler("abc")) == [0, 1, 2]
    assert len(SequentialSampler("abc")) == 3


@given(st.integers(0, 50), st.integers(0, 2**64 - 1))
def test_random_visits_every_sample_once(n: int, seed: int) -> None:
    sampler = RandomSampler(range(n), seed=seed)
    assert len(sampler) == n
    assert sorted(sampler) == list(range(n))


@given(st.integers(0, 2**64 - 1), st.integers(0, 30))
def test_an_epochs_order_depends_on_nothing_that_was_before(seed: int, epoch: int) -> None:
    walked, jumped = (RandomSampler(range(20), seed=seed) for _ in range(2))
    for _ in range(epoch):
        iter(walked)
        np.random.default_rng().random()
        minicnn.random.default_generator.random()
    jumped.set_epoch(epoch)
    assert list(walked) == list(jumped)
    assert walked.epoch == jumped.epoch == epoch + 1


def test_orders_differ_between_epochs_and_seeds() -> None:
    orders = set()
    for seed in (0, 1, 2**63):
        sampler = RandomSampler(range(100), seed=seed)
        orders |= {tuple(sampler) for _ in range(3)}
    assert len(orders) == 9


def test_all_orders_are_equally_likely() -> None:
    counts: dict[tuple[int, ...], int] = {}
    sampler = RandomSampler(range(3), seed=4)
    for _ in range(3000):
        order = tuple(sampler)
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    assert stats.chisquare(list(counts.values())).pvalue > 1e-4


def test_num_samples_and_replacement() -> None:
    few = RandomSampler(range(10), num_samples=4, seed=1)
    assert len(set(few)) == len(few) == 4
    many = list(RandomSampler(range(3), num_samples=8, seed=1))
    assert sorted(many[:3]) == sorted(many[3:6]) == [0, 1, 2]
    assert len(many) == 8
    drawn = list(RandomSampler(range(3), True, 1000, seed=1))
    assert stats.chisquare(np.bincount(drawn, minlength=3)).pvalue > 1e-4
    assert list(RandomSampler([], True, seed=1)) == []
    with pytest.raises(ValueError, match="cannot draw 3 samples from an empty dataset"):
        iter(RandomSampler([], num_samples=3))
    with pytest.raises(ValueError, match="num_samples must not be negative, got -1"):
        RandomSampler([], num_samples=-1)
    with pytest.raises(ValueError, match="seed must be in"):
        RandomSampler([], seed=-1)


def test_without_a_seed_one_is_drawn_from_the_generator() -> None:
    minicnn.manual_seed(3)
    first = RandomSampler(range(5)).seed
    second = RandomSampler(range(5)).seed
    minicnn.manual_seed(3)
    assert RandomSampler(range(5)).seed == first != second
    a, b = (RandomSampler(range(5), generator=np.random.default_rng(1)).seed for _ in range(2))
    assert a == b


@given(st.integers(0, 40), st.integers(1, 12), st.booleans())
def test_batches_cut_the_order_into_pieces(n: int, size: int, drop_last: bool) -> None:
    batches = list(BatchSampler(range(n), size, drop_last))
    assert len(BatchSampler(range(n), size, drop_last)) == len(batches)
    expected = [list(range(i, min(i + size, n))) for i in range(0, n, size)]
    if drop_last and expected and len(expected[-1]) < size:
        expected.pop()
    assert batches == expected
    assert list(chain(*batches)) == list(range(n))[: len(list(chain(*batches)))]


def test_batch_size_is_checked() -> None:
    with pytest.raises(ValueError, match="batch_size must be at least 1, got 0"):
        BatchSampler([], 0)


def test_the_epoch_begins_when_iter_is_called() -> None:
    sampler = RandomSampler(range(4), seed=1)
    first = iter(BatchSampler(sampler, 2))
    assert sampler.epoch == 1
    second = iter(BatchSampler(sampler, 2))
    order = [list(chain(*second)), list(chain(*first))]
    sampler.set_epoch(0)
    assert [list(sampler), list(sampler)] == [order[1], order[0]]


@given(st.lists(st.integers(0, 99), max_size=20), st.integers(0, 2**64 - 1))
def test_a_subset_is_visited_once(indices: list[int], seed: int) -> None:
    sampler = SubsetRandomSampler(indices, seed=seed)
    assert len(sampler) == len(indices)
    first = list(sampler)
    assert sorted(first) == sorted(indices)
    sampler.set_epoch(0)
    assert list(sampler) == first


WEIGHTS = [3.0, 0.0, 1.0, 2.0]


def test_samples_are_drawn_in_proportion_to_their_weights() -> None:
    drawn = list(WeightedRandomSampler(WEIGHTS, 6000, seed=1))
    counts = np.bincount(drawn, minlength=4)
    assert counts[1] == 0
    assert stats.chisquare(counts[[0, 2, 3]], [3000, 1000, 2000]).pvalue > 1e-4


def test_without_replacement_each_draw_is_in_proportion_to_the_weights_left() -> None:
    sampler = WeightedRandomSampler(WEIGHTS, 2, replacement=False, seed=1)
    counts: dict[tuple[int, ...], int] = {}
    for _ in range(6000):
        pair = tuple(sampler)
        counts[pair] = counts.get(pair, 0) + 1
    total = sum(WEIGHTS)
    expected = {
        (a, b): 6000 * WEIGHTS[a] / total * WEIGHTS[b] / (total - WEIGHTS[a])
        for a in (0, 2, 3)
        for b in (0, 2, 3)
        if a != b
    }
    assert set(counts) == set(expected)
    observed = [counts[pair] for pair in expected]
    assert stats.chisquare(observed, list(expected.values())).pvalue > 1e-4


def test_weights_are_checked() -> None:
    for weights in ([], [0.0], [1.0, -1.0], [1.0, np.nan], [[1.0]]):
        with pytest.raises(ValueError, match="weights must have one axis"):
            WeightedRandomSampler(weights, 1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"cannot draw num_samples=4 .* from 3 samples"):
        WeightedRandomSampler(WEIGHTS, 4, replacement=False)
    assert sorted(WeightedRandomSampler(WEIGHTS, 3, replacement=False)) == [0, 2, 3]
    with pytest.raises(ValueError, match="num_samples must be at least 1, got 0"):
        WeightedRandomSampler(WEIGHTS, 0)
    with pytest.raises(NotImplementedError, match="Sampler does not define __iter__"):
        iter(Sampler())
