"""OneCycleLR against lines and half cosines through its corners."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.optim import SGD, Adam, NAdam, Optimizer, RMSprop
from minicnn.optim.lr_scheduler import OneCycleLR
from minicnn.tensor import Tensor
from tests.machine import cases


def parameters() -> list[Tensor]:
    return [Tensor([1.0], requires_grad=True)]


def through(corners: list[tuple[float, float]], x: float, strategy: str) -> float:
    """The value at x of the curve through the corners (x, y)."""
    xs, ys = zip(*corners)
    if strategy == "linear":
        return float(np.interp(x, xs, ys))
    i = max(k for k in range(len(xs) - 1) if xs[k] <= x)
    part = (x - xs[i]) / (xs[i + 1] - xs[i])
    return ys[i] + (ys[i + 1] - ys[i]) * math.sin(math.pi * part / 2) ** 2


cycles = st.fixed_dictionaries(
    dict(
        pct_start=st.sampled_from([0.2, 0.3, 0.45]),
        anneal_strategy=st.sampled_from(["cos", "linear"]),
        three_phase=st.booleans(),
        div_factor=st.sampled_from([5.0, 25.0]),
        final_div_factor=st.sampled_from([10.0, 1e4]),
        base_momentum=st.sampled_from([0.8, 0.85]),
        max_momentum=st.sampled_from([0.9, 0.95]),
    )
)


@given(cycles, st.integers(11, 40), st.sampled_from([SGD, RMSprop, Adam, NAdam]))
@cases(60)
def test_rate_and_momentum_pass_the_corners(
    s: dict[str, Any], total: int, kind: type[Optimizer]
) -> None:
    start, peak = 2.0 / s["div_factor"], 2.0
    end = start / s["final_div_factor"]
    top = s["pct_start"] * total - 1
    low, high = s["base_momentum"], s["max_momentum"]
    if s["three_phase"]:
        lr_corners = [(0.0, start), (top, peak), (2 * top, start), (total - 1.0, end)]
        momentum_corners = [(0.0, high), (top, low), (2 * top, high), (total - 1.0, high)]
    else:
        lr_corners = [(0.0, start), (top, peak), (total - 1.0, end)]
        momentum_corners = [(0.0, high), (top, low), (total - 1.0, high)]
    optimizer = kind(parameters())  # type: ignore[call-arg]
    scheduler = OneCycleLR(optimizer, 2.0, total_steps=total, **s)
    for step in range(total):
        group = optimizer.param_groups[0]
        x = min(step, total - 1)
        expected = through(lr_corners, x, s["anneal_strategy"])
        assert group["lr"] == pytest.approx(expected, rel=1e-11)
        momentum = group["betas"][0] if "betas" in group else group["momentum"]
        expected = through(momentum_corners, x, s["anneal_strategy"])
        assert momentum == pytest.approx(expected, rel=1e-11)
        scheduler.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(end)  # and stays there


def test_the_cycle_ends() -> None:
    scheduler = OneCycleLR(SGD(parameters()), 1.0, epochs=2, steps_per_epoch=3)
    for _ in range(6):
        scheduler.step()
    with pytest.raises(ValueError, match="the cycle has total_steps=6 steps, got step 7"):
        scheduler.step()


@pytest.mark.parametrize("pct_start", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("three_phase", [False, True])
def test_phases_may_be_empty(pct_start: float, three_phase: bool) -> None:
    optimizer = SGD(parameters())
    scheduler = OneCycleLR(
        optimizer, 1.0, total_steps=10, pct_start=pct_start, three_phase=three_phase
    )
    for _ in range(9):
        assert 0 < optimizer.param_groups[0]["lr"] <= 1
        scheduler.step()


def test_groups_have_rates_of_their_own_and_momentum_may_stay() -> None:
    optimizer = SGD([{"params": parameters()}, {"params": parameters()}], momentum=0.3)
    OneCycleLR(optimizer, [1.0, 2.0], 10, cycle_momentum=False)
    groups = optimizer.param_groups
    assert [g["lr"] for g in groups] == pytest.approx([1 / 25, 2 / 25])
    assert [g["momentum"] for g in groups] == [0.3, 0.3]


def test_a_resumed_cycle_goes_on() -> None:
    def start() -> tuple[SGD, OneCycleLR]:
        optimizer = SGD(parameters(), momentum=0.9)
        return optimizer, OneCycleLR(optimizer, 1.0, total_steps=20)

    straight, scheduler = start()
    for _ in range(7):
        scheduler.step()
    saved = json.loads(json.dumps([straight.state_dict(), scheduler.state_dict()]))
    other, resumed = start()
    other.load_state_dict(saved[0])
    resumed.load_state_dict(saved[1])
    third = SGD(parameters(), momentum=0.9)
    third.load_state_dict(saved[0])
    continued = OneCycleLR(third, 1.0, total_steps=20, last_epoch=6)  # which begins step 7
    for _ in range(5):
        scheduler.step()
        resumed.step()
        continued.step()
        assert other.param_groups[0]["lr"] == straight.param_groups[0]["lr"]
        assert other.param_groups[0]["momentum"] == straight.param_groups[0]["momentum"]
        assert third.param_groups[0]["lr"] == straight.param_groups[0]["lr"]


def test_errors_say_what_is_missing() -> None:
    from minicnn.optim import Adagrad

    optimizer = SGD(parameters())
    with pytest.raises(ValueError, match="needs total_steps, or both epochs and steps_per_epoch"):
        OneCycleLR(optimizer, 1.0, epochs=3)
    with pytest.raises(ValueError, match="total_steps must be at least 1, got 0"):
        OneCycleLR(optimizer, 1.0, total_steps=0)
    with pytest.raises(ValueError, match=r"pct_start must be in \[0, 1\], got 30"):
        OneCycleLR(optimizer, 1.0, 10, pct_start=30)
    with pytest.raises(ValueError, match="must be 'cos' or 'linear', got 'sine'"):
        OneCycleLR(optimizer, 1.0, 10, anneal_strategy="sine")
    with pytest.raises(ValueError, match="Adagrad has neither momentum nor betas"):
        OneCycleLR(Adagrad(parameters()), 1.0, 10)
    with pytest.raises(ValueError, match="max_lr must be one number or one for each of the 1"):
        OneCycleLR(optimizer, [1.0, 2.0], 10)
