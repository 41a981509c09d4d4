"""SequentialLR: each part's formula, counted from its own milestone; ChainedScheduler: all."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from minicnn.optim import SGD
from minicnn.optim.lr_scheduler import (
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)
from minicnn.tensor import Tensor


def optimizer() -> SGD:
    return SGD([Tensor([1.0], requires_grad=True)], lr=0.8, momentum=0.9)


def warm_up_then_cosine() -> tuple[SGD, SequentialLR]:
    sgd = optimizer()
    parts = [LinearLR(sgd, 0.1, total_iters=5), CosineAnnealingLR(sgd, 10), StepLR(sgd, 2, 0.5)]
    return sgd, SequentialLR(sgd, parts, [5, 15])


def expected(epoch: int) -> float:
    if epoch < 5:
        return 0.8 * (0.1 + 0.9 * epoch / 5)
    if epoch < 15:
        return 0.8 * math.cos(math.pi * (epoch - 5) / 20) ** 2
    return 0.8 * 0.5 ** ((epoch - 15) // 2)


def test_each_part_counts_from_its_milestone() -> None:
    sgd, scheduler = warm_up_then_cosine()
    for epoch in range(22):
        assert sgd.param_groups[0]["lr"] == pytest.approx(expected(epoch), rel=1e-12)
        assert scheduler.get_last_lr() == [sgd.param_groups[0]["lr"]]
        assert scheduler.last_epoch == epoch
        scheduler.step()


@pytest.mark.parametrize("at", [0, 3, 4, 5, 9, 14, 17])
def test_a_resumed_sequence_goes_on(at: int) -> None:
    sgd, scheduler = warm_up_then_cosine()
    for _ in range(at):
        scheduler.step()
    saved = json.loads(json.dumps([sgd.state_dict(), scheduler.state_dict()]))
    other, resumed = warm_up_then_cosine()
    other.load_state_dict(saved[0])
    resumed.load_state_dict(saved[1])
    for epoch in range(at + 1, 20):
        resumed.step()
        assert other.param_groups[0]["lr"] == pytest.approx(expected(epoch), rel=1e-12)


def test_every_kind_may_be_a_part() -> None:
    sgd = optimizer()
    parts = [
        ConstantLR(sgd, 0.5, 9),
        LambdaLR(sgd, lambda epoch: 1 / (1 + epoch)),
        CosineAnnealingWarmRestarts(sgd, 2),
        ExponentialLR(sgd, 0.5),
    ]
    scheduler = SequentialLR(sgd, parts, [2, 4, 7])
    lrs = []
    for _ in range(10):
        lrs.append(sgd.param_groups[0]["lr"] / 0.8)
        scheduler.step()
    np.testing.assert_allclose(lrs, [0.5, 0.5, 1, 0.5, 1, 0.5, 1, 1, 0.5, 0.25])


def test_a_cycle_may_be_the_second_part() -> None:
    sgd = optimizer()
    parts = [ConstantLR(sgd, 0.5, 9), OneCycleLR(sgd, 1.0, 10, anneal_strategy="linear")]
    scheduler = SequentialLR(sgd, parts, [3])
    lrs = []
    for _ in range(6):
        lrs.append(sgd.param_groups[0]["lr"])
        scheduler.step()
    # the cycle made 1 / 25 the initial rate, which the other one starts from
    np.testing.assert_allclose(lrs, [0.02, 0.02, 0.02, 0.04, 0.52, 1.0])


def test_errors_say_which_part_does_not_fit() -> None:
    sgd = optimizer()
    step = StepLR(sgd, 2)
    with pytest.raises(ValueError, match="schedulers is empty"):
        SequentialLR(sgd, [], [])
    with pytest.raises(ValueError, match="2 schedulers need 1 milestones, got 2"):
        SequentialLR(sgd, [step, step], [1, 2])
    with pytest.raises(ValueError, match=r"milestones must be in order, got \[5, 2\]"):
        SequentialLR(sgd, [step, step, step], [5, 2])
    with pytest.raises(ValueError, match=r"schedulers\[1\] is a ReduceLROnPlateau"):
        SequentialLR(sgd, [step, ReduceLROnPlateau(sgd)], [1])
    with pytest.raises(ValueError, match=r"schedulers\[0\] belongs to another optimizer"):
        SequentialLR(sgd, [StepLR(optimizer(), 2), step], [1])
    scheduler = SequentialLR(sgd, [step], [])
    with pytest.raises(ValueError, match="there are 1 schedulers here, 3 in state_dict"):
        scheduler.load_state_dict(warm_up_then_cosine()[1].state_dict())


def test_a_chain_multiplies_what_its_parts_do_and_can_be_resumed() -> None:
    def chain() -> tuple[SGD, ChainedScheduler]:
        sgd = optimizer()
        return sgd, ChainedScheduler([ConstantLR(sgd, 0.5, 4), ExponentialLR(sgd, 0.9)], sgd)

    sgd, scheduler = chain()
    rates = []
    for epoch in range(10):
        if epoch == 3:
            saved = json.loads(json.dumps(scheduler.state_dict()))
            state = sgd.state_dict()
        rates.append(sgd.param_groups[0]["lr"])
        assert scheduler.get_last_lr() == rates[-1:]
        scheduler.step()
    expected = [0.8 * (0.5 if epoch < 4 else 1.0) * 0.9**epoch for epoch in range(10)]
    np.testing.assert_allclose(rates, expected, rtol=1e-13)
    resumed, again = chain()
    resumed.load_state_dict(state)
    again.load_state_dict(saved)
    for epoch in range(3, 10):
        assert resumed.param_groups[0]["lr"] == rates[epoch]
        again.step()


def test_errors_of_a_chain() -> None:
    with pytest.raises(ValueError, match=r"^ChainedScheduler: schedulers is empty"):
        ChainedScheduler([])
    parts = [StepLR(optimizer(), 2), StepLR(optimizer(), 2)]
    with pytest.raises(ValueError, match=r"schedulers\[1\] belongs to another optimizer"):
        ChainedScheduler(parts)
