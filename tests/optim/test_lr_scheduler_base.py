"""What all schedulers share: construction, products, saving, errors."""

from __future__ import annotations

import json

import numpy as np
import pytest

from minicnn.optim import SGD, Adam, lr_scheduler
from minicnn.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    StepLR,
)
from minicnn.tensor import Tensor
from tests.optim.test_lr_scheduler import BASES, optimizer, rates


def test_two_schedulers_of_one_optimizer_multiply() -> None:
    sgd = optimizer()
    both = [ExponentialLR(sgd, 0.9), StepLR(sgd, 3, 0.5)]
    for epoch in range(10):
        expected = [base * 0.9**epoch * 0.5 ** (epoch // 3) for base in BASES]
        np.testing.assert_allclose(rates(sgd), expected, rtol=1e-12)
        for scheduler in both:
            scheduler.step()


def test_a_rate_that_the_user_changes_stays_changed() -> None:
    sgd = optimizer()
    scheduler = StepLR(sgd, 2, 0.5)
    sgd.param_groups[0]["lr"] = 8.0
    scheduler.step()
    assert rates(sgd) == [8.0, BASES[1]]
    scheduler.step()
    assert rates(sgd) == [4.0, BASES[1] * 0.5]


def test_construction_keeps_the_initial_rates_in_the_groups() -> None:
    sgd = optimizer()
    LinearLR(sgd, 0.5)
    assert [group["initial_lr"] for group in sgd.param_groups] == list(BASES)
    assert StepLR(sgd, 2).base_lrs == list(BASES)
    assert rates(sgd) == [0.4, 0.025]


def test_a_run_that_goes_on_needs_initial_rates() -> None:
    with pytest.raises(KeyError, match=r"param_groups\[0\] must have an 'initial_lr'"):
        StepLR(optimizer(), 2, last_epoch=4)
    p = Tensor([1.0], requires_grad=True)
    sgd = SGD([{"params": [p], "initial_lr": 1.0, "lr": 0.5}])
    StepLR(sgd, 2, 0.5, last_epoch=2)  # epoch 3 begins
    assert rates(sgd) == [0.5]


def test_the_optimizer_steps_with_the_rate_of_the_epoch() -> None:
    p = Tensor(np.zeros(1), requires_grad=True)
    sgd = SGD([p], lr=1.0)
    scheduler = ExponentialLR(sgd, 0.5)
    for _ in range(3):
        p.grad = np.ones(1)
        sgd.step()
        scheduler.step()
    assert p.item() == -1.75


class Warmup:
    """A function of the epoch that holds something."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def __call__(self, epoch: int) -> float:
        return min(1.0, (epoch + 1) / self.epochs)


def test_lambda_lr_saves_what_objects_hold_and_no_functions() -> None:
    state = LambdaLR(optimizer(), [Warmup(4), lambda epoch: 1.0]).state_dict()
    assert state["lr_lambdas"] == [{"epochs": 4}, None]
    other = LambdaLR(optimizer(), [Warmup(9), lambda epoch: 1.0])
    other.load_state_dict(json.loads(json.dumps(state)))
    other.step()
    assert other.get_last_lr() == [BASES[0] * 2 / 4, BASES[1]]


def test_errors_name_scheduler_and_setting() -> None:
    sgd = optimizer()
    with pytest.raises(TypeError, match="StepLR: optimizer must be an Optimizer, got 3"):
        StepLR(3, 1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="StepLR: step_size must be at least 1, got 0"):
        StepLR(sgd, 0)
    with pytest.raises(ValueError, match=r"ConstantLR: factor must be in \[0, 1\], got 2"):
        ConstantLR(sgd, 2)
    with pytest.raises(ValueError, match="ConstantLR: total_iters must be at least 1, got 0"):
        ConstantLR(sgd, 0.5, 0)
    with pytest.raises(ValueError, match=r"LinearLR: start_factor must be in \(0, 1\], got 0"):
        LinearLR(sgd, 0)
    with pytest.raises(ValueError, match=r"LinearLR: end_factor must be in \[0, 1\], got -1"):
        LinearLR(sgd, 0.5, -1)
    with pytest.raises(ValueError, match="CosineAnnealingLR: T_max must be at least 1, got 0"):
        CosineAnnealingLR(sgd, 0)
    with pytest.raises(ValueError, match=r"T_mult must be an int of at least 1, got 1\.5"):
        CosineAnnealingWarmRestarts(sgd, 3, 1.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one for each of the 2 groups, got 1"):
        LambdaLR(sgd, [lambda epoch: 1.0])
    assert rates(sgd) == list(BASES)


def test_loading_checks_the_keys_first() -> None:
    scheduler = StepLR(optimizer(), 2)
    with pytest.raises(ValueError, match=r"missing keys \['step_size'\], unexpected keys \[\]"):
        scheduler.load_state_dict(ExponentialLR(optimizer(), 0.3).state_dict())
    assert scheduler.gamma == 0.1


def test_a_saved_state_is_a_copy() -> None:
    scheduler = MultiStepLR(Adam([Tensor([1.0], requires_grad=True)]), [3])
    state = scheduler.state_dict()
    state["milestones"].append(7)
    scheduler.load_state_dict({**state, "milestones": (milestones := [5])})
    milestones.append(6)
    assert scheduler.milestones == [5]


def test_every_scheduler_is_public() -> None:
    assert all(
        issubclass(getattr(lr_scheduler, name), LRScheduler) for name in lr_scheduler.__all__
    )
