"""The update rules against the papers' formulas, written out for one number in float64."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.optim import SGD, Adam, AdamW, Optimizer
from minicnn.tensor import Tensor
from tests.machine import cases

Step = Callable[[float, float], float]  # (value, gradient) to the next value

rates = st.floats(1e-4, 0.5)
seeds = st.integers(0, 2**32 - 1)


def sgd_step(s: dict[str, Any]) -> Step:
    velocity: list[float] = []

    def step(p: float, g: float) -> float:
        g = (-g if s["maximize"] else g) + s["weight_decay"] * p
        if s["momentum"] == 0:
            return p - s["lr"] * g
        if velocity:
            velocity[0] = s["momentum"] * velocity[0] + (1 - s["dampening"]) * g
        else:
            velocity.append(g)
        ahead = g + s["momentum"] * velocity[0] if s["nesterov"] else velocity[0]
        return p - s["lr"] * ahead

    return step


def adam_step(s: dict[str, Any], decoupled: bool) -> Step:
    m = v = v_max = 0.0
    t = 0
    beta1, beta2 = s["betas"]

    def step(p: float, g: float) -> float:
        nonlocal m, v, v_max, t
        t += 1
        g = -g if s["maximize"] else g
        if decoupled:
            p -= s["lr"] * s["weight_decay"] * p
        else:
            g += s["weight_decay"] * p
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        v_max = max(v_max, v)
        m_hat = m / (1 - beta1**t)
        v_hat = (v_max if s["amsgrad"] else v) / (1 - beta2**t)
        return p - s["lr"] * m_hat / (math.sqrt(v_hat) + s["eps"])

    return step


sgd_settings = st.fixed_dictionaries(
    dict(
        lr=rates,
        momentum=st.sampled_from([0.0, 0.5, 0.9]),
        dampening=st.sampled_from([0.0, 0.3]),
        weight_decay=st.sampled_from([0.0, 0.1]),
        nesterov=st.booleans(),
        maximize=st.booleans(),
    )
).filter(lambda s: not s["nesterov"] or (s["momentum"] > 0 and s["dampening"] == 0))

adam_settings = st.fixed_dictionaries(
    dict(
        lr=rates,
        betas=st.tuples(st.sampled_from([0.0, 0.9]), st.sampled_from([0.5, 0.999])),
        eps=st.sampled_from([1e-8, 1e-2]),
        weight_decay=st.sampled_from([0.0, 0.1]),
        amsgrad=st.booleans(),
        maximize=st.booleans(),
    )
)


def follows(
    make: Callable[..., Optimizer], rule: Callable[[], Step], seed: int, dtype: str
) -> None:
    """Assert that 8 steps of three parameters, some of them without a gradient, follow the rule."""
    rng = np.random.default_rng(seed)
    params = [Tensor(rng.normal(size=s).astype(dtype), True) for s in [(2, 3), (4,), ()]]
    expected = [p.data.astype(float).ravel().tolist() for p in params]
    rules = [[rule() for _ in values] for values in expected]
    optimizer = make(params)
    for _ in range(8):
        for p, values, steps in zip(params, expected, rules):
            p.grad = None
            if rng.random() < 0.8:
                p.grad = rng.normal(size=p.shape).astype(dtype)
                kept = p.grad.copy()
                for i, g in enumerate(np.ravel(kept).tolist()):
                    values[i] = steps[i](values[i], g)
        optimizer.step()
    for p, values in zip(params, expected):
        assert p.dtype == dtype
        # 8 steps of about 10 roundings each, of numbers up to about 10
        tolerance = 1e-12 if dtype == "float64" else 2e-4
        np.testing.assert_allclose(p.data.ravel(), values, rtol=tolerance, atol=tolerance)


@given(sgd_settings, seeds)
@cases(60)
def test_sgd_follows_its_formula(s: dict[str, Any], seed: int) -> None:
    follows(lambda params: SGD(params, **s), lambda: sgd_step(s), seed, "float64")


@given(adam_settings, seeds)
@cases(60)
def test_adam_follows_its_formula(s: dict[str, Any], seed: int) -> None:
    follows(lambda params: Adam(params, **s), lambda: adam_step(s, False), seed, "float64")


@given(adam_settings, seeds)
@cases(60)
def test_adamw_follows_its_formula(s: dict[str, Any], seed: int) -> None:
    follows(lambda params: AdamW(params, **s), lambda: adam_step(s, True), seed, "float64")


def test_float32_stays_float32() -> None:
    s = dict(lr=0.01, momentum=0.9, dampening=0.0, weight_decay=0.1, nesterov=True, maximize=False)
    follows(lambda params: SGD(params, **s), lambda: sgd_step(s), 3, "float32")
    a: dict[str, Any] = dict(
        lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1, amsgrad=True, maximize=False
    )
    follows(lambda params: Adam(params, **a), lambda: adam_step(a, False), 3, "float32")


def test_defaults_are_torchs() -> None:
    p = [Tensor([1.0], requires_grad=True)]
    assert SGD(p).param_groups[0] == dict(
        params=p,
        lr=1e-3,
        momentum=0.0,
        dampening=0.0,
        weight_decay=0.0,
        nesterov=False,
        maximize=False,
    )
    adam = dict(
        params=p,
        lr=1e-3,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=0.0,
        amsgrad=False,
        maximize=False,
        decoupled_weight_decay=False,
    )
    assert Adam(p).param_groups[0] == adam
    decoupled = dict(weight_decay=0.01, decoupled_weight_decay=True)
    assert AdamW(p).param_groups[0] == {**adam, **decoupled}


def test_gradients_are_not_changed() -> None:
    for make in (
        lambda p: SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
        lambda p: AdamW(p, 0.1),
    ):
        p = Tensor(np.ones(3), requires_grad=True)
        optimizer = make([p])
        for _ in range(3):
            p.grad = np.array([1.0, 2.0, 3.0])
            p.grad.flags.writeable = False
            optimizer.step()
            assert p.grad.tolist() == [1, 2, 3]


def test_a_first_buffer_is_a_copy_of_the_gradient() -> None:
    p = Tensor(np.ones(2), requires_grad=True)
    optimizer = SGD([p], lr=1.0, momentum=0.5)
    p.grad = np.array([1.0, 1.0])
    optimizer.step()
    p.grad *= 0  # in place, as a user may
    optimizer.step()
    assert p.tolist() == pytest.approx([-0.5, -0.5])
