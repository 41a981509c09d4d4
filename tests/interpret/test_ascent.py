"""Activation maximisation and DeepDream against their formulas."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import scipy.ndimage

import minicnn
from minicnn import nn
from minicnn.interpret import activation_maximization, deep_dream
from minicnn.interpret.ascent import blurred
from tests.digits_net import digits, trained, trained_on_canvas
from tests.interpret.test_inputs import state
from tests.reference import conv2d, conv2d_grad_x

CIRCLE: dict[str, Any] = dict(stride=(1, 1), dilation=(1, 1), groups=1)


def linear() -> tuple[nn.Sequential, np.ndarray]:
    minicnn.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(20, 3)).eval()
    return model, model[1].weight.data


def test_each_step_goes_along_the_gradient_by_lr_of_the_range() -> None:
    model, weight = linear()
    start = np.full((1, 4, 5), 3.0, np.float32)
    unit = weight[2].reshape(1, 1, 4, 5) / np.sqrt(np.mean(weight[2] ** 2))
    settings: dict[str, Any] = dict(start=start, lr=0.02, value_range=(-2.0, 8.0))
    one = activation_maximization(model, "1", 2, steps=1, **settings)
    np.testing.assert_allclose(one.image.data, 3 + 0.2 * unit, rtol=1e-5)
    decayed = activation_maximization(model, "1", 2, steps=1, decay=0.1, **settings)
    np.testing.assert_allclose(decayed.image.data, 0.9 * (3 + 0.2 * unit), rtol=1e-5)
    many = activation_maximization(model, "1", 2, steps=100, **settings)
    np.testing.assert_allclose(many.image.data, np.clip(3 + 100 * 0.2 * unit, -2, 8), rtol=1e-3)
    assert len(many.activations) == 101
    with minicnn.no_grad():
        ends = [model(x).data[0, 2] for x in (start[None], many.image)]
    np.testing.assert_allclose([many.activations[0], many.activations[-1]], ends, rtol=1e-5)


@pytest.mark.parametrize("sigma", [0.3, 0.5, 1.7])
def test_the_blur_is_scipys(sigma: float) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 9, 11))
    expected = scipy.ndimage.gaussian_filter(
        x, (0, 0, sigma, sigma), mode="nearest", radius=int(np.ceil(3 * sigma))
    )
    np.testing.assert_allclose(blurred(x, sigma), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("target", range(10))
def test_it_raises_each_class_at_least_fivefold_in_30_steps(target: int) -> None:
    """From an almost black image, of which the net thinks little, for or against."""
    black = 0.02 * np.random.default_rng(target).random((1, 16, 16)).astype(np.float32)
    found = activation_maximization(trained_on_canvas(), "8", target, start=black, steps=30)
    assert found.activations[-1] > 5 * abs(found.activations[0])
    assert found.activations[-1] > 5


@pytest.mark.parametrize("target", range(10))
def test_it_finds_images_that_a_class_likes_better_than_any_real_digit(target: int) -> None:
    model, (images, labels) = trained(), digits(train=False)
    minicnn.manual_seed(target)
    found = activation_maximization(model, "6", target, (1, 8, 8), steps=30)
    with minicnn.no_grad():
        real = model(images).data[labels == target, target]
        assert np.isclose(model(found.image).data[0, target], found.activations[-1], rtol=1e-5)
    assert found.activations[-1] > real.max()
    assert 0 <= found.image.data.min() <= found.image.data.max() <= 1


@pytest.mark.parametrize("channel", range(16))
def test_it_raises_the_channels_of_a_layer(channel: int) -> None:
    minicnn.manual_seed(channel)
    found = activation_maximization(trained(), "1", channel, (1, 8, 8), steps=30)
    assert found.activations[-1] > 1.2 * found.activations[0]


# -- DeepDream ------------------------------------------------------------------------------------


def circular(seed: int = 0) -> nn.Sequential:
    """One convolution on a torus: where the image is shifted to makes no difference."""
    minicnn.manual_seed(seed)
    conv = nn.Conv2d(2, 3, 3, padding=1, padding_mode="circular", dtype=np.float64)
    return nn.Sequential(conv).eval()


def gradient_by_hand(model: nn.Sequential, x: np.ndarray) -> np.ndarray:
    """The gradient of sum(conv(x) ** 2) / 2: the transposed convolution of conv(x)."""
    wide = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="wrap")
    weight = model[0].weight.data
    y = conv2d(wide, weight, model[0].bias.data)
    grad = conv2d_grad_x(y, wide, weight, padding=(0, 0), **CIRCLE)
    for axis in (2, 3):  # the margins are copies of the other side
        grad = np.moveaxis(grad, axis, 0)
        grad[1] += grad[-1]
        grad[-2] += grad[0]
        grad = np.moveaxis(grad[1:-1], 0, axis)
    return grad


def test_where_jitter_shifts_the_image_to_makes_no_difference_on_a_torus() -> None:
    model = nn.Sequential(*circular(), nn.Tanh()).eval()
    x = np.random.default_rng(0).uniform(0.3, 0.7, (1, 2, 7, 6))
    still, shifted = (
        activation_maximization(model, "1", 2, start=x, steps=5, lr=0.02, jitter=jitter)
        for jitter in (0, 5)
    )
    np.testing.assert_allclose(shifted.image.data, still.image.data, rtol=1e-9)
    assert abs(still.image.data - x).mean() > 0.05


@pytest.mark.parametrize("jitter", [0, 5])
def test_a_step_of_the_dream_moves_pixels_by_lr_on_average_along_the_gradient(jitter: int) -> None:
    model = circular()
    x = expected = np.random.default_rng(0).uniform(0.3, 0.7, (1, 2, 7, 6))
    for _ in range(3):
        grad = gradient_by_hand(model, expected)
        expected = np.clip(expected + 0.1 * grad / abs(grad).mean(), 0, 1)
    got = deep_dream(model, "0", x, octaves=1, steps=3, lr=0.1, jitter=jitter)
    np.testing.assert_allclose(got.image.data, expected, rtol=1e-9)
    assert got.activations == sorted(got.activations)
    y = conv2d(
        np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="wrap"),
        model[0].weight.data,
        model[0].bias.data,
    )
    np.testing.assert_allclose(got.activations[0], (y**2).mean() / 2)


def test_octaves_go_from_small_to_large_and_carry_the_detail_on() -> None:
    model, x = circular(), np.random.default_rng(0).uniform(0.3, 0.7, (1, 2, 16, 12))
    seen: list[Any] = []
    with model[0].register_forward_pre_hook(lambda m, args: seen.append(args[0].shape[2:])):
        same = deep_dream(model, "0", x, octaves=3, octave_scale=2.0, steps=0)
        np.testing.assert_array_equal(same.image.data, x)
        seen.clear()
        dream = deep_dream(model, "0", x, octaves=3, octave_scale=2.0, steps=2)
    assert seen == 2 * [(4, 3)] + 2 * [(8, 6)] + 3 * [(16, 12)]
    alone = deep_dream(model, "0", x, octaves=1, steps=2)
    assert dream.activations[0] > alone.activations[0]  # it begins with what the others found
    one = deep_dream(model, "0", x, 1, octaves=1, steps=2)
    assert one.activations == sorted(one.activations)


# -- both -----------------------------------------------------------------------------------------


def test_the_model_and_the_image_stay_as_they_were() -> None:
    model, x = trained(), np.full((1, 8, 8), 0.5, np.float32)
    before = state(model)
    activation_maximization(model, "2", 3, start=x, steps=2)
    deep_dream(model, model[2], x, steps=2, octaves=2)
    assert state(model) == before
    assert (x == 0.5).all()


def test_mistakes_are_said_with_the_fix() -> None:
    model, x = trained(), np.full((1, 8, 8), 0.5, np.float32)

    def raised(**settings: Any) -> Any:
        return activation_maximization(model, "6", 0, **{"start": x, **settings})

    def dreamt(image: Any = x, **settings: Any) -> Any:
        return deep_dream(model, "0", image, **settings)

    for call, message in (
        (lambda: raised(start=2 * x + 1), "start must be within 0 to 1, got 2 to 2; give value_ra"),
        (lambda: raised(start=None), "give either image_shape, (C, H, W), or start"),
        (lambda: raised(image_shape=(1, 8, 8)), "give either image_shape, (C, H, W), or start"),
        (lambda: raised(start=None, image_shape=8), "image_shape must be (C, H, W), got 8"),
        (lambda: raised(start=np.stack([x, x])), "start must be one image, of shape (C, H, W)"),
        (lambda: raised(decay=1.0), "decay must be below 1 and blur at most the image's size"),
        (lambda: raised(blur=99.0), "blur at most the image's size (8, 8), got 0.0 and 99.0"),
        (lambda: raised(blur=float("nan")), "blur must be finite and at least 0, got nan"),
        (lambda: raised(lr=float("inf")), "lr must be finite and above 0, got inf"),
        (lambda: raised(value_range=(1, 0)), "value_range[1] must be finite and above 1, got 0"),
        (lambda: raised(value_range=(0, float("inf"))), "value_range[1] must be finite and above"),
        (lambda: raised(value_range=(-float("inf"), 0)), "value_range[0] must be finite and at"),
        (lambda: raised(start=None, image_shape=(1, 2**40, 2**40)), "activation_maximization: "),
        (lambda: raised(steps=-1), "steps must be at least 0, got -1"),
        (lambda: activation_maximization(model, "6", 10, start=x), "channel must be from 0 to 9"),
        (lambda: activation_maximization(model, "7", 0, start=x), "no layer '7'; it has 0: Conv2d"),
        (lambda: dreamt(255 * x), "image must be within 0 to 1, got 127.5 to 127.5; give value_ra"),
        (lambda: dreamt(np.stack([x, x])), "image must be one image"),
        (lambda: dreamt(octave_scale=1.0), "octave_scale must be finite and above 1, got 1.0"),
        (lambda: dreamt(octaves=8), "7 times 1.4 times smaller, an image of (8, 8) has no pixel"),
        (lambda: dreamt(octaves=10**9), "999999999 times 1.4 times smaller, an image of (8, 8)"),
        (lambda: dreamt(octaves=0), "octaves must be at least 1, got 0"),
        (lambda: dreamt(channel=16), "channel must be from 0 to 15"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            call()
