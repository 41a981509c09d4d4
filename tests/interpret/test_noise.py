"""Averages over noisy copies, against loops that draw the same noise."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
from minicnn import nn
from minicnn.interpret import NoiseTunnel, Saliency, SmoothGrad
from tests.digits_net import digits, trained


def images() -> np.ndarray:
    return digits(train=False)[0][:3]


def noise(seed: int, samples: int, shape: tuple[int, ...]) -> list[np.ndarray]:
    generator = minicnn.manual_seed(seed)
    return [generator.standard_normal(shape) for _ in range(samples)]


@pytest.mark.parametrize("nt_type", ["smoothgrad", "smoothgrad_sq", "vargrad"])
def test_noise_tunnel_is_a_mean_or_variance_over_copies(nt_type: str) -> None:
    x, method = images(), Saliency(trained())
    copies = [(x + 0.2 * e).astype(np.float32) for e in noise(5, 4, x.shape)]
    each = np.array([method.attribute(copy, 3, abs=False).data for copy in copies], np.float64)
    expected = {
        "smoothgrad": each.mean(axis=0),
        "smoothgrad_sq": np.mean(each**2, axis=0),
        "vargrad": each.var(axis=0),
    }[nt_type]
    minicnn.manual_seed(5)
    got = NoiseTunnel(method).attribute(x, nt_type, 4, 0.2, target=3, abs=False)
    np.testing.assert_allclose(got.data, expected, rtol=1e-5, atol=1e-5)


def test_smooth_grad_is_the_mean_gradient_with_noise_of_each_images_own_size() -> None:
    x, model = images(), trained()
    x[1] *= 0.5
    sigma = 0.3 * np.array([1.0, 0.5, 1.0]).reshape(3, 1, 1, 1)
    assert [np.ptp(image) for image in x] == [1.0, 0.5, 1.0]
    copies = [(x + sigma * e).astype(np.float32) for e in noise(2, 6, x.shape)]
    each = [Saliency(model).attribute(copy, [1, 2, 3], abs=False).data for copy in copies]
    for absolute in (False, True):
        minicnn.manual_seed(2)
        got = SmoothGrad(model).attribute(x, [1, 2, 3], absolute, n_samples=6, noise_level=0.3)
        mean = np.mean(each, axis=0)
        expected = abs(mean) if absolute else mean
        np.testing.assert_allclose(got.data, expected, rtol=1e-4, atol=1e-5)


def test_without_noise_it_is_the_gradient() -> None:
    x, model = images(), trained()
    plain = Saliency(model).attribute(x, 4).data
    smooth = SmoothGrad(model).attribute(x, 4, n_samples=3, noise_level=0.0).data
    np.testing.assert_allclose(smooth, plain, rtol=1e-6)


def test_settings_out_of_range_are_named() -> None:
    method, x = Saliency(nn.Flatten().eval()), np.zeros((1, 1, 2, 2), np.float32)
    with pytest.raises(ValueError, match=r"NoiseTunnel: nt_type must be one of .* got 'mean'"):
        NoiseTunnel(method).attribute(x, "mean")
    with pytest.raises(ValueError, match="NoiseTunnel: nt_samples must be at least 1, got 0"):
        NoiseTunnel(method).attribute(x, nt_samples=0)
    with pytest.raises(ValueError, match="stdevs must be finite and at least 0, got -1"):
        NoiseTunnel(method).attribute(x, stdevs=-1)
    with pytest.raises(ValueError, match="noise_level must be finite and at least 0, got nan"):
        SmoothGrad(nn.Flatten()).attribute(x, noise_level=float("nan"))
    with pytest.raises(TypeError, match=r"attribution_method must be one of .* got Flatten"):
        NoiseTunnel(nn.Flatten())  # type: ignore[arg-type]
