"""The rules of RMSprop and its relatives, written out for one number in float64."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.optim import Adadelta, Adagrad, Adamax, NAdam, Optimizer, RMSprop
from minicnn.tensor import Tensor
from tests.machine import cases
from tests.optim.test_updates import Step, follows, rates, seeds

Settings = dict[str, Any]


def downhill(s: Settings, p: float, g: float) -> float:
    return (-g if s["maximize"] else g) + s["weight_decay"] * p


def rmsprop_step(s: Settings) -> Step:
    past: list[float] = []
    velocity = 0.0

    def step(p: float, g: float) -> float:
        nonlocal velocity
        g = downhill(s, p, g)
        past.append(g)
        # the running means, unrolled: weights (1 - alpha) * alpha**age
        weights = [(1 - s["alpha"]) * s["alpha"] ** age for age in reversed(range(len(past)))]
        spread = sum(w * x * x for w, x in zip(weights, past))
        if s["centered"]:
            mean = sum(w * x for w, x in zip(weights, past))
            spread = max(spread - mean**2, 0.0)
        velocity = s["momentum"] * velocity + g / (math.sqrt(spread) + s["eps"])
        return p - s["lr"] * velocity

    return step


def adadelta_step(s: Settings) -> Step:
    squares = deltas = 0.0

    def step(p: float, g: float) -> float:
        nonlocal squares, deltas
        g = downhill(s, p, g)
        squares = s["rho"] * squares + (1 - s["rho"]) * g**2
        delta = math.sqrt((deltas + s["eps"]) / (squares + s["eps"])) * g
        deltas = s["rho"] * deltas + (1 - s["rho"]) * delta**2
        return p - s["lr"] * delta

    return step


def adagrad_step(s: Settings) -> Step:
    past: list[float] = []

    def step(p: float, g: float) -> float:
        g = downhill(s, p, g)
        rate = s["lr"] / (1 + len(past) * s["lr_decay"])
        past.append(g)
        total = s["initial_accumulator_value"] + math.fsum(x * x for x in past)
        return p - rate * g / (math.sqrt(total) + s["eps"])

    return step


def adamax_step(s: Settings) -> Step:
    past: list[float] = []
    beta1, beta2 = s["betas"]

    def step(p: float, g: float) -> float:
        g = downhill(s, p, g)
        past.append(g)
        t = len(past)
        mean = sum((1 - beta1) * beta1 ** (t - 1 - i) * x for i, x in enumerate(past))
        largest = max(beta2 ** (t - 1 - i) * (abs(x) + s["eps"]) for i, x in enumerate(past))
        return p - s["lr"] / (1 - beta1**t) * mean / largest

    return step


def nadam_step(s: Settings) -> Step:
    m = v = 0.0
    t = 0
    beta1, beta2 = s["betas"]

    def mu(i: int) -> float:
        return beta1 * (1 - 0.5 * 0.96 ** (i * s["momentum_decay"]))

    def step(p: float, g: float) -> float:
        nonlocal m, v, t
        t += 1
        if s["decoupled_weight_decay"]:
            g = downhill({**s, "weight_decay": 0.0}, p, g)
            p -= s["lr"] * s["weight_decay"] * p
        else:
            g = downhill(s, p, g)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        product = math.prod(mu(i) for i in range(1, t + 1))
        m_hat = mu(t + 1) * m / (1 - product * mu(t + 1)) + (1 - mu(t)) * g / (1 - product)
        return p - s["lr"] * m_hat / (math.sqrt(v / (1 - beta2**t)) + s["eps"])

    return step


def drawn(**own: st.SearchStrategy[Any]) -> st.SearchStrategy[Settings]:
    common = dict(
        lr=rates,
        eps=st.sampled_from([1e-4, 1e-2]),
        weight_decay=st.sampled_from([0.0, 0.1]),
        maximize=st.booleans(),
    )
    return st.fixed_dictionaries({**common, **own})


betas = st.tuples(st.sampled_from([0.0, 0.9]), st.sampled_from([0.5, 0.999]))
small = cases(40)


# Centered and without history, the deviation is the square root of one rounding's size: that
# multiplies rounding errors by 1e8, so alpha stays away from 0 here.
@given(
    drawn(
        alpha=st.sampled_from([0.5, 0.9, 0.99]),
        momentum=st.sampled_from([0.0, 0.5, 0.9]),
        centered=st.booleans(),
    ),
    seeds,
)
@small
def test_rmsprop_follows_its_formula(s: Settings, seed: int) -> None:
    follows(lambda params: RMSprop(params, **s), lambda: rmsprop_step(s), seed, "float64")


@given(drawn(rho=st.sampled_from([0.0, 0.5, 0.9, 1.0])), seeds)
@small
def test_adadelta_follows_its_formula(s: Settings, seed: int) -> None:
    follows(lambda params: Adadelta(params, **s), lambda: adadelta_step(s), seed, "float64")


@given(
    drawn(
        lr_decay=st.sampled_from([0.0, 0.3]),
        initial_accumulator_value=st.sampled_from([0.0, 0.7]),
    ),
    seeds,
)
@small
def test_adagrad_follows_its_formula(s: Settings, seed: int) -> None:
    follows(lambda params: Adagrad(params, **s), lambda: adagrad_step(s), seed, "float64")


@given(drawn(betas=betas), seeds)
@small
def test_adamax_follows_its_formula(s: Settings, seed: int) -> None:
    follows(lambda params: Adamax(params, **s), lambda: adamax_step(s), seed, "float64")


@given(
    drawn(
        betas=betas,
        momentum_decay=st.sampled_from([0.0, 4e-3, 2.0]),
        decoupled_weight_decay=st.booleans(),
    ),
    seeds,
)
@small
def test_nadam_follows_its_formula(s: Settings, seed: int) -> None:
    follows(lambda params: NAdam(params, **s), lambda: nadam_step(s), seed, "float64")


DEFAULTS: dict[type[Optimizer], Settings] = {
    RMSprop: dict(lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0, centered=False),
    Adadelta: dict(lr=1.0, rho=0.9, eps=1e-6, weight_decay=0.0),
    Adagrad: dict(
        lr=1e-2, lr_decay=0.0, weight_decay=0.0, initial_accumulator_value=0.0, eps=1e-10
    ),
    Adamax: dict(lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0),
    NAdam: dict(
        lr=2e-3,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=0.0,
        momentum_decay=4e-3,
        decoupled_weight_decay=False,
    ),
}
RULES: dict[type[Optimizer], Callable[[Settings], Step]] = {
    RMSprop: rmsprop_step,
    Adadelta: adadelta_step,
    Adagrad: adagrad_step,
    Adamax: adamax_step,
    NAdam: nadam_step,
}
every_optimizer = pytest.mark.parametrize("kind", DEFAULTS, ids=lambda kind: kind.__name__)


@every_optimizer
def test_defaults_and_order_are_torchs(kind: type[Optimizer]) -> None:
    p = [Tensor([1.0], requires_grad=True)]
    expected = {**DEFAULTS[kind], "maximize": False, "params": p}
    assert kind(p).param_groups[0] == expected  # type: ignore[call-arg]
    values = list(DEFAULTS[kind].values())
    assert kind(p, *values).param_groups[0] == expected


@every_optimizer
def test_float32_stays_float32(kind: type[Optimizer]) -> None:
    s = {**DEFAULTS[kind], "lr": 0.01, "eps": 1e-3, "weight_decay": 0.1, "maximize": True}
    follows(lambda params: kind(params, **s), lambda: RULES[kind](s), 5, "float32")


@every_optimizer
def test_gradients_are_not_changed_and_arrays_may_have_any_layout(kind: type[Optimizer]) -> None:
    data = np.arange(24.0).reshape(4, 6)
    strided, plain = (
        Tensor(x, requires_grad=True) for x in (data[::2, ::3].T, data[::2, ::3].T.copy())
    )
    optimizer = kind([strided, plain])  # type: ignore[call-arg]
    for _ in range(3):
        for p in (strided, plain):
            p.grad = np.array([[1.0, -2.0], [0.5, 3.0]])
            p.grad.flags.writeable = False
        optimizer.step()
    np.testing.assert_array_equal(strided.data, plain.data)
    assert (plain.data == data[::2, ::3].T).all()
    assert (data[1::2] == np.arange(24.0).reshape(4, 6)[1::2]).all()


@every_optimizer
def test_a_resumed_run_ends_where_an_uninterrupted_one_does(kind: type[Optimizer]) -> None:
    def run(p: Tensor, optimizer: Optimizer, steps: range) -> None:
        for i in steps:
            p.grad = np.sin(np.arange(3.0) + i)
            optimizer.step()

    straight, first = (Tensor(np.ones(3), requires_grad=True) for _ in range(2))
    run(straight, kind([straight]), range(7))  # type: ignore[call-arg]
    optimizer = kind([first])  # type: ignore[call-arg]
    run(first, optimizer, range(4))
    saved, reached = copy.deepcopy(optimizer.state_dict()), first.data.copy()
    run(first, optimizer, range(4, 6))  # what is saved does not change any more
    second = Tensor(reached, requires_grad=True)
    resumed = kind([second])  # type: ignore[call-arg]
    resumed.load_state_dict(saved)
    run(second, resumed, range(4, 7))
    np.testing.assert_array_equal(straight.data, second.data)


def test_centered_rmsprop_survives_the_rounding_of_a_variance_of_zero() -> None:
    p = Tensor(np.ones(1000, np.float32), requires_grad=True)
    optimizer = RMSprop([p], lr=1e-6, alpha=0.5, eps=1e-2, centered=True)
    gradient = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    for _ in range(60):
        p.grad = gradient
        optimizer.step()
    assert np.isfinite(p.data).all()


@every_optimizer
def test_errors_name_the_setting(kind: type[Optimizer]) -> None:
    p = [Tensor([1.0], requires_grad=True)]
    for name, value in DEFAULTS[kind].items():
        if isinstance(value, float):
            message = rf"{kind.__name__}: {name} must not be negative, got -1"
            with pytest.raises(ValueError, match=message):
                kind(p, **{name: -1})  # type: ignore[arg-type]
        elif name == "betas":
            with pytest.raises(
                ValueError, match=rf"{kind.__name__}: betas\[1\] must be in \[0, 1\)"
            ):
                kind(p, betas=(0.9, 1.0))  # type: ignore[call-arg]
    with pytest.raises(ValueError, match=r"Adadelta: rho must be in \[0, 1\], got 1.5"):
        Adadelta(p, rho=1.5)
    p[0].grad = np.ones(1)
    with pytest.raises(TypeError, match="must both be float32 or both float64, got float32 and"):
        kind(p).step()  # type: ignore[call-arg]
