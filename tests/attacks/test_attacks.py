"""FGSM and PGD: where the images end up, against formulas, and what it does to a net."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
from minicnn import nn
from minicnn.attacks import FGSM, PGD
from minicnn.nn import functional as F
from tests.digits_net import accuracy, digits, trained
from tests.machine import cases
from tests.strategies import seeds

radii = st.sampled_from([0.0, 1e-9, 0.1, 0.3, 1 / 3, 1.0, 50.0])


def net(seed: int, dtype: Any = np.float32) -> nn.Sequential:
    minicnn.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 3, dtype=dtype)).eval()


def images(seed: int, low: float, high: float, dtype: Any = np.float32) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.uniform(low, high, (4, 1, 3, 4)).astype(dtype)
    x.flat[:2] = low, high  # as rounded to the dtype
    return np.clip(x, dtype(low), dtype(high))


@cases(40)
@given(
    st.sampled_from([(0.0, 1.0), (-2.1179, 2.64), (0.1, 0.3)]),
    radii,
    st.sampled_from([np.float32, np.float64]),
    st.booleans(),
    seeds,
)
def test_no_pixel_leaves_the_box_or_the_range_by_a_single_bit(
    bounds: tuple[float, float], radius: float, dtype: Any, targeted: bool, seed: int
) -> None:
    model, x, y = net(seed, dtype), images(seed, *bounds, dtype), [0, 1, 2, 0]
    results = [
        FGSM(model, None, *bounds).perturb(x, radius, y, targeted=targeted),
        PGD(model, None, *bounds).perturb(
            x, radius, radius / 2.5, 4, y, targeted=targeted, random_start=True
        ),
    ]
    for result in results:
        assert result.dtype == dtype
        distance = abs(result.data.astype(np.longdouble) - x.astype(np.longdouble))
        assert distance.max() <= radius
        assert dtype(bounds[0]) <= result.data.min() <= result.data.max() <= dtype(bounds[1])
        if radius > 1e-3:
            assert distance.max() > 0.5 * min(radius, bounds[1] - bounds[0])


def test_a_step_that_floats_can_hold_is_taken_in_full() -> None:
    x, y = np.full((4, 1, 3, 4), 0.5, np.float32), [0, 2, 1, 1]
    assert set(FGSM(net(0)).perturb(x, 0.25, y).data.flat) == {0.25, 0.75}
    assert set(PGD(net(0)).perturb(x, 0.25, 0.25, 1, y).data.flat) == {0.25, 0.75}


@pytest.mark.parametrize("targeted", [False, True])
def test_fgsm_is_a_step_along_the_sign_of_the_losss_gradient(targeted: bool) -> None:
    """For a linear model, dL/dx = (softmax(W x + b) - one_hot(y)) W."""
    model, x, y = net(0), images(0, 0.2, 0.8), np.array([0, 2, 1, 1])
    weight, bias = (p.data.astype(np.float64) for p in model.parameters())
    scores = x.reshape(4, 12).astype(np.float64) @ weight.T + bias
    share = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    grad = ((share - np.eye(3)[y]) @ weight).reshape(x.shape)
    assert abs(grad).min() > 1e-5  # no sign is in doubt
    expected = x + (-0.1 if targeted else 0.1) * np.sign(grad)
    got = FGSM(model).perturb(x, 0.1, y, targeted=targeted)
    np.testing.assert_allclose(got.data, expected, atol=1e-7)


def test_another_loss_is_climbed_if_it_is_given() -> None:
    model, x = net(0), images(0, 0.2, 0.8)
    weight = model[1].weight.data

    def first_output(outputs: Any, labels: Any) -> Any:
        return outputs[:, 0].sum()

    got = FGSM(model, first_output).perturb(x, 0.1, 0)
    np.testing.assert_allclose(
        got.data - x, 0.1 * np.sign(weight[0]).reshape(1, 1, 3, 4) + 0 * x, atol=1e-7
    )


def test_pgd_of_one_full_step_is_fgsm_and_of_no_step_the_image() -> None:
    model, x, y = trained(), digits(train=False)[0][:20], digits(train=False)[1][:20]
    one = PGD(model).perturb(x, 0.1, 0.1, 1, y)
    np.testing.assert_array_equal(one.data, FGSM(model).perturb(x, 0.1, y).data)
    np.testing.assert_array_equal(PGD(model).perturb(x, 0.1, 0.1, 0, y).data, x)


@cases(25)
@given(st.sampled_from([0.0, 0.1, 1.0, 4.0]), st.booleans(), seeds)
def test_in_the_l2_ball_the_change_is_no_longer_than_the_radius(
    radius: float, random_start: bool, seed: int
) -> None:
    model, x = net(seed), images(seed, 0.0, 1.0)
    got = PGD(model).perturb(
        x, radius, radius / 2, 5, [0, 1, 2, 0], random_start=random_start, norm="L2"
    )
    lengths = np.linalg.norm((got.data.astype(np.float64) - x).reshape(4, -1), axis=1)
    assert lengths.max() <= radius + 12 * np.finfo(np.float32).eps  # 12 pixels, each rounded
    assert 0 <= got.data.min() <= got.data.max() <= 1


def test_an_l2_step_has_the_steps_length_along_the_gradient() -> None:
    model, x = net(1), np.full((1, 1, 3, 4), 0.5, np.float32)

    def first_output(outputs: Any, labels: Any) -> Any:
        return outputs[:, 0].sum()

    got = PGD(model, first_output).perturb(x, 0.3, 0.2, 1, 0, norm="L2")
    weight = model[1].weight.data[0]
    expected = 0.5 + 0.2 * weight / np.linalg.norm(weight)
    np.testing.assert_allclose(got.data.ravel(), expected, rtol=1e-5)


def test_random_starts_are_drawn_from_the_default_generator_and_differ() -> None:
    model, x, y = trained(), digits(train=False)[0][:10], digits(train=False)[1][:10]
    minicnn.manual_seed(4)
    attack = [PGD(model).perturb(x, 0.1, 0.02, 2, y, random_start=True).data for _ in range(2)]
    assert (attack[0] != attack[1]).any()
    minicnn.manual_seed(4)
    again = PGD(model).perturb(x, 0.1, 0.02, 2, y, random_start=True)
    np.testing.assert_array_equal(again.data, attack[0])


# -- what it does to a net ------------------------------------------------------------------------

EPSILONS = [0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3]


def test_accuracy_falls_as_epsilon_grows() -> None:
    model, (x, y) = trained(), digits(train=False)
    attacked = [accuracy(model, FGSM(model).perturb(x, e, y).data, y) for e in EPSILONS]
    assert attacked[0] == accuracy(model, x, y) > 0.95
    assert attacked == sorted(attacked, reverse=True)
    assert attacked[-1] < 0.3


def test_pgd_finds_more_errors_than_fgsm_and_noise_hardly_any() -> None:
    model, (x, y) = trained(), digits(train=False)
    fgsm = accuracy(model, FGSM(model).perturb(x, 0.1, y).data, y)
    pgd = accuracy(model, PGD(model).perturb(x, 0.1, 0.02, 10, y).data, y)
    signs = np.random.default_rng(0).choice([-0.1, 0.1], x.shape)
    noise = accuracy(model, np.clip(x + signs, 0, 1).astype(np.float32), y)
    assert pgd < fgsm < noise - 0.2


def test_a_targeted_attack_leads_to_the_class_that_was_wished_for() -> None:
    model, (x, y) = trained(), digits(train=False)
    wished = (y + 1) % 10
    before = accuracy(model, x, wished)
    step = accuracy(model, FGSM(model).perturb(x, 0.2, wished, targeted=True).data, wished)
    steps = accuracy(
        model, PGD(model).perturb(x, 0.2, 0.04, 10, wished, targeted=True).data, wished
    )
    assert before < 0.05 < step < steps
    assert steps > 0.5


# -- mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("attack", [FGSM, PGD])
def test_mistakes_are_said_with_the_fix(attack: Any) -> None:
    model, x = net(0), images(0, 0.0, 1.0)
    settings = (0.1,) if attack is FGSM else (0.1, 0.1, 2)
    length = "epsilon" if attack is FGSM else "radius"

    def perturb(x: Any = x, *args: Any, target: Any = 0, **kwargs: Any) -> Any:
        return attack(model, **kwargs).perturb(x, *(args or settings), target)

    with pytest.raises(ValueError, match="inputs must be within 0 to 1, got 0 to 255; give lower"):
        perturb(255 * x)
    assert perturb(255 * x, upper_bound=255.0).shape == x.shape
    with pytest.raises(ValueError, match="target must be from 0 to 2, got 3"):
        perturb(target=3)
    with pytest.raises(ValueError, match=f"{length} must be finite and at least 0, got -0.1"):
        perturb(x, -0.1, *settings[1:])
    with pytest.raises(TypeError, match=f"{length} must be a number, got '0.1'"):
        perturb(x, "0.1", *settings[1:])
    with pytest.raises(ValueError, match=r"lower_bound must be below upper_bound, got 1.0 and 0.5"):
        perturb(lower_bound=1.0, upper_bound=0.5)
    with pytest.raises(ValueError, match=r"lower_bound must be below upper_bound, got 0.5 and 0.5"):
        perturb(lower_bound=0.5, upper_bound=0.5)
    with pytest.raises(TypeError, match=f"{attack.__name__}: model must be a Module, got int"):
        attack(3)
    model.train()
    with pytest.raises(ValueError, match=r"call model.eval\(\) first"):
        perturb()


def test_settings_of_pgd_are_named() -> None:
    attack, x = PGD(net(0)), images(0, 0.0, 1.0)
    with pytest.raises(ValueError, match="PGD: norm must be 'Linf' or 'L2', got 'L1'"):
        attack.perturb(x, 0.1, 0.1, 1, 0, norm="L1")
    with pytest.raises(ValueError, match="PGD: step_num must be at least 0, got -1"):
        attack.perturb(x, 0.1, 0.1, -1, 0)
    with pytest.raises(ValueError, match="PGD: step_size must be finite and at least 0, got nan"):
        attack.perturb(x, 0.1, float("nan"), 1, 0)


@pytest.mark.parametrize("attack", [FGSM, PGD])
def test_the_model_and_its_gradients_stay_as_they_were(attack: Any) -> None:
    model, x = net(0), images(0, 0.0, 1.0)
    F.cross_entropy(model(x), np.zeros(4, np.int64)).backward()
    before = [(p.data.copy(), p.grad.copy(), p.requires_grad) for p in model.parameters()]
    attack(model).perturb(x, *((0.1,) if attack is FGSM else (0.1, 0.1, 2)), 0)
    for p, (values, grad, requires_grad) in zip(model.parameters(), before):
        np.testing.assert_array_equal(p.data, values)
        np.testing.assert_array_equal(p.grad, grad)
        assert p.requires_grad == requires_grad
