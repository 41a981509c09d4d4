"""ReduceLROnPlateau against metrics whose reductions were counted by hand, and one slow oracle."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.optim import SGD
from minicnn.optim.lr_scheduler import ReduceLROnPlateau
from minicnn.tensor import Tensor
from tests.machine import cases


def optimizer(*lrs: float) -> SGD:
    return SGD([{"params": [Tensor([1.0], requires_grad=True)], "lr": lr} for lr in lrs])


def history(metrics: list[float], **s: Any) -> list[float]:
    """The rate after each metric, from 1.0 on with factor 0.5."""
    sgd = optimizer(1.0)
    scheduler = ReduceLROnPlateau(sgd, factor=0.5, **s)
    lrs = []
    for metric in metrics:
        scheduler.step(metric)
        assert scheduler.get_last_lr() == [sgd.param_groups[0]["lr"]]
        lrs.append(sgd.param_groups[0]["lr"])
    return lrs


def test_reductions_counted_by_hand() -> None:
    assert history([3, 2, 2, 2, 2], patience=2) == [1, 1, 1, 1, 0.5]
    assert history([3, 3, 3, 3, 3], patience=0) == [1, 0.5, 0.25, 0.125, 0.0625]
    # the two epochs of a cooldown count as good, whatever their metric
    assert history([3, 3, 3, 3, 3, 3], patience=0, cooldown=2) == [1, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert history([1, 2, 3, 3, 2], mode="max", patience=0) == [1, 1, 1, 0.5, 0.25]
    assert history([3, float("nan"), 2], patience=0) == [1, 0.5, 0.5]


def test_an_improvement_must_exceed_the_threshold() -> None:
    rel, absolute = dict(threshold=0.1, patience=0), dict(threshold=0.1, threshold_mode="abs")
    assert history([10, 9.1], **rel) == [1, 0.5]
    assert history([10, 8.9], **rel) == [1, 1]
    assert history([10, 10.9], mode="max", **rel) == [1, 0.5]
    assert history([10, 11.1], mode="max", **rel) == [1, 1]
    assert history([10, 9.95], patience=0, **absolute) == [1, 0.5]
    assert history([10, 9.85], patience=0, **absolute) == [1, 1]
    assert history([10, 10.05], mode="max", patience=0, **absolute) == [1, 0.5]
    assert history([10, 10.15], mode="max", patience=0, **absolute) == [1, 1]


def test_rates_have_a_lower_limit_for_each_group_and_tiny_changes_are_left_out() -> None:
    sgd = optimizer(1.0, 1.0)
    scheduler = ReduceLROnPlateau(sgd, factor=0.5, patience=0, min_lr=[0.4, 0.0], eps=0.2)
    lrs = []
    for _ in range(5):
        scheduler.step(Tensor([1.0]))
        lrs.append([group["lr"] for group in sgd.param_groups])
    # 0.5 would become 0.4, and 0.25 would become 0.125: changes below eps
    assert lrs == [[1.0, 1.0], [0.5, 0.5], [0.5, 0.25], [0.5, 0.25], [0.5, 0.25]]


@given(
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from(["min", "max"]),
    st.integers(0, 2**32 - 1),
)
@cases(60)
def test_random_metrics(patience: int, cooldown: int, mode: str, seed: int) -> None:
    metrics = np.random.default_rng(seed).integers(0, 20, size=30).astype(float).tolist()
    signed = [m if mode == "max" else -m for m in metrics]
    lrs, lr, bad, rest = [], 1.0, 0, 0  # epochs: bad ones in a row, and left of a cooldown
    for i, value in enumerate(signed):
        improved = i == 0 or value > max(signed[:i])
        bad = 0 if improved or rest > 0 else bad + 1
        rest = max(rest - 1, 0)
        if bad == patience + 1:
            lr, bad, rest = lr / 2, 0, cooldown
        lrs.append(lr)
    got = history(metrics, patience=patience, cooldown=cooldown, mode=mode, threshold=0.0, eps=0.0)
    assert got == lrs


def test_a_resumed_scheduler_goes_on() -> None:
    first = ReduceLROnPlateau(optimizer(1.0), factor=0.5, patience=2)
    for metric in (3.0, 2.0, 2.0, 2.0):
        first.step(metric)
    state = json.loads(json.dumps(first.state_dict()))
    assert (state["best"], state["num_bad_epochs"]) == (2.0, 2)
    sgd = optimizer(1.0)
    second = ReduceLROnPlateau(sgd)
    second.load_state_dict(state)
    second.step(2.0)
    assert sgd.param_groups[0]["lr"] == 0.5


def test_errors_name_the_setting() -> None:
    sgd = optimizer(1.0)
    with pytest.raises(ValueError, match="factor must be below 1, got 1"):
        ReduceLROnPlateau(sgd, factor=1)
    with pytest.raises(ValueError, match=r"mode must be in \('min', 'max'\), got 'auto'"):
        ReduceLROnPlateau(sgd, "auto")
    with pytest.raises(ValueError, match=r"threshold_mode must be in \('rel', 'abs'\), got 'x'"):
        ReduceLROnPlateau(sgd, threshold_mode="x")
    with pytest.raises(ValueError, match="one for each of the 1 groups, got 2"):
        ReduceLROnPlateau(sgd, min_lr=[0.0, 0.1])
    with pytest.raises(TypeError, match="optimizer must be an Optimizer, got 1"):
        ReduceLROnPlateau(1)  # type: ignore[arg-type]
