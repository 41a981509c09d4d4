"""Each scheduler against the formula of its documentation, for every epoch on its own."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.optim import SGD
from minicnn.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiplicativeLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from minicnn.tensor import Tensor
from tests.machine import cases

Rate = Callable[[float, int], float]  # (initial rate, epoch) to the rate
BASES = (0.8, 0.05)

counts = st.integers(1, 9)
factors = st.sampled_from([0.1, 0.5, 0.9])


def optimizer() -> SGD:
    """An optimizer of two groups with the rates BASES."""
    a, b = (Tensor([1.0], requires_grad=True) for _ in range(2))
    return SGD([{"params": [a]}, {"params": [b], "lr": BASES[1]}], lr=BASES[0], momentum=0.9)


def rates(of: SGD) -> list[float]:
    return [group["lr"] for group in of.param_groups]


def follows(make: Callable[..., LRScheduler], rate: Rate, epochs: int = 40) -> None:
    """Assert the rates of each epoch, of one jumped to, and of runs that were interrupted."""
    sgd = optimizer()
    scheduler = make(sgd)
    expected = np.array([[rate(base, epoch) for base in BASES] for epoch in range(epochs)])
    tolerance: dict[str, Any] = dict(rtol=1e-11, atol=1e-13)  # up to 40 products, one after another
    for epoch in range(epochs):
        np.testing.assert_allclose(rates(sgd), expected[epoch], **tolerance)
        assert scheduler.get_last_lr() == rates(sgd)
        assert scheduler.last_epoch == epoch
        if epoch == epochs // 3:
            saved = json.loads(json.dumps(scheduler.state_dict()))
            groups = sgd.state_dict()
        scheduler.step()
    for with_state in (True, False):
        other = optimizer()
        if with_state:
            resumed = make(other)
            other.load_state_dict(groups)
            resumed.load_state_dict(saved)
            resumed.step()
        else:
            other.load_state_dict(groups)
            resumed = make(other, last_epoch=epochs // 3)  # which begins the next epoch
        for epoch in (epochs // 3 + 1, epochs // 3 + 2):
            np.testing.assert_allclose(rates(other), expected[epoch], **tolerance)
            resumed.step()
    for epoch in (epochs - 1, 0, epochs // 2):
        scheduler.step(epoch)
        np.testing.assert_allclose(rates(sgd), expected[epoch], **tolerance)
        assert scheduler.get_last_lr() == rates(sgd)


few = cases(25)


@given(counts, factors)
@few
def test_step_lr(size: int, gamma: float) -> None:
    follows(lambda o, **k: StepLR(o, size, gamma, **k), lambda base, e: base * gamma ** (e // size))


@given(st.lists(st.integers(1, 20), max_size=5), factors)
@few
def test_multi_step_lr(milestones: list[int], gamma: float) -> None:
    follows(
        lambda o, **k: MultiStepLR(o, milestones, gamma, **k),
        lambda base, e: base * gamma ** sum(m <= e for m in milestones),
    )


@given(counts, st.sampled_from([0.0, 0.25, 1.0]))
@few
def test_constant_lr(total: int, factor: float) -> None:
    follows(
        lambda o, **k: ConstantLR(o, factor, total, **k),
        lambda base, e: base * factor if e < total else base,
    )


@given(counts, st.sampled_from([0.01, 0.5, 1.0]), st.sampled_from([0.25, 1.0]))
@few
def test_linear_lr(total: int, start: float, end: float) -> None:
    follows(
        lambda o, **k: LinearLR(o, start, end, total, **k),
        lambda base, e: base * float(np.interp(e, [0, total], [start, end])),
    )


def test_linear_lr_may_end_at_zero() -> None:
    sgd = optimizer()
    scheduler = LinearLR(sgd, 1.0, 0.0, 4)
    for _ in range(4):
        scheduler.step()
    for _ in range(3):
        np.testing.assert_allclose(rates(sgd), [0.0, 0.0], atol=1e-16)
        scheduler.step()


@given(factors)
@few
def test_exponential_lr(gamma: float) -> None:
    follows(lambda o, **k: ExponentialLR(o, gamma, **k), lambda base, e: base * gamma**e)


def test_lambda_lr_with_one_function_and_with_one_for_each_group() -> None:
    follows(lambda o, **k: LambdaLR(o, lambda e: 1 / (1 + e), **k), lambda base, e: base / (1 + e))
    follows(
        lambda o, **k: LambdaLR(o, [lambda e: 0.9**e, lambda e: 2.0 + e], **k),
        lambda base, e: base * (0.9**e if base == BASES[0] else 2.0 + e),
    )


def half_cosine(high: float, low: float, part: float) -> float:
    """SGDR, equation 5, with sin**2 in place of (1 + cos) / 2."""
    return low + (high - low) * math.sin(math.pi * (1 - part) / 2) ** 2


@given(counts, st.sampled_from([0.0, 0.01]))
@few
def test_cosine_annealing_lr(T_max: int, eta_min: float) -> None:
    # The recursive form divides by 1 + cos near its zero, which loses digits next to eta_min
    # when eta_min is reached again and again: one period and a half is what it is made for.
    follows(
        lambda o, **k: CosineAnnealingLR(o, T_max, eta_min, **k),
        lambda base, e: half_cosine(base, eta_min, e / T_max),
        epochs=max(6, 3 * T_max // 2),
    )


def test_cosine_annealing_goes_on_from_any_current_rate() -> None:
    p = Tensor([1.0], requires_grad=True)
    sgd = SGD([{"params": [p], "initial_lr": 0.8, "lr": 0.123}])
    scheduler = CosineAnnealingLR(sgd, 8, last_epoch=1)
    for epoch in (2, 3, 4):
        assert scheduler.get_last_lr() == [pytest.approx(half_cosine(0.8, 0.0, epoch / 8))]
        scheduler.step()


@given(counts, st.integers(1, 3), st.sampled_from([0.0, 0.01]))
@few
def test_cosine_annealing_warm_restarts(T_0: int, T_mult: int, eta_min: float) -> None:
    def rate(base: float, epoch: float) -> float:
        starts = [0]
        lengths = [T_0]
        while starts[-1] + lengths[-1] <= epoch:
            starts.append(starts[-1] + lengths[-1])
            lengths.append(lengths[-1] * T_mult)
        return half_cosine(base, eta_min, (epoch - starts[-1]) / lengths[-1])

    def make(o: SGD, **k: int) -> LRScheduler:
        return CosineAnnealingWarmRestarts(o, T_0, T_mult, eta_min, **k)

    follows(make, rate)
    sgd = optimizer()
    scheduler = CosineAnnealingWarmRestarts(sgd, T_0, T_mult, eta_min)
    for i in range(1, 60):
        scheduler.step(i / 4)
        np.testing.assert_allclose(rates(sgd), [rate(base, i / 4) for base in BASES], rtol=1e-11)
        assert scheduler.last_epoch == i // 4
    with pytest.raises(ValueError, match="epoch must not be negative, got -1"):
        scheduler.step(-1)


@given(total=counts, power=st.sampled_from([0.5, 1.0, 2.0]))
def test_polynomial_lr(total: int, power: float) -> None:
    follows(
        lambda sgd, **run: PolynomialLR(sgd, total, power, **run),
        lambda base, epoch: base * (max(total - epoch, 0) / total) ** power,
    )


def test_multiplicative_lr_multiplies_the_current_rate() -> None:
    sgd = optimizer()
    scheduler = MultiplicativeLR(sgd, [lambda epoch: 1 / epoch, lambda epoch: 0.5])
    assert rates(sgd) == [0.8, 0.05]
    for epoch in range(1, 9):
        scheduler.step()
        expected = [0.8 / math.factorial(epoch), 0.05 * 0.5**epoch]
        np.testing.assert_allclose(rates(sgd), expected, rtol=1e-14)
    with pytest.raises(ValueError, match=r"^MultiplicativeLR: lr_lambda must be one function or"):
        MultiplicativeLR(sgd, [lambda epoch: 1.0])
