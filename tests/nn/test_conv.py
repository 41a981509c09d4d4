"""Conv1d and the transposed convolution layers; Conv2d is in test_layers.py."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
from minicnn import nn
from tests.machine import cases
from tests.reference_convolution import Transposed, convolve, transposed_cases

PAD = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@given(
    kernel=st.integers(1, 5),
    dilation=st.integers(1, 2),
    mode=st.sampled_from(sorted(PAD)),
    padding=st.sampled_from(["same", "valid", 2]),
    groups=st.sampled_from([1, 2]),
)
@cases(60)
def test_conv1d_pads_as_it_says(kernel, dilation, mode, padding, groups):
    layer = nn.Conv1d(
        4,
        6,
        kernel,
        padding=padding,
        dilation=dilation,
        groups=groups,
        padding_mode=mode,
        dtype=np.float64,
    )
    x = np.random.default_rng(0).normal(size=(2, 4, 9))
    reach = dilation * (kernel - 1)
    margins = {"same": (reach // 2, math.ceil(reach / 2)), "valid": (0, 0), 2: (2, 2)}[padding]
    padded = np.pad(x, [(0, 0), (0, 0), margins], mode=PAD[mode])
    expected = convolve(
        padded,
        layer.weight.data,
        stride=(1,),
        margins=[(0, 0)],
        dilation=(dilation,),
        groups=groups,
    )
    np.testing.assert_allclose(
        layer(x).data, expected + layer.bias.data[:, None], rtol=1e-10, atol=1e-12
    )
    assert layer.weight.shape == (6, 4 // groups, kernel)


@pytest.mark.parametrize(("kind", "n"), [(nn.ConvTranspose1d, 1), (nn.ConvTranspose2d, 2)])
@given(data=st.data())
@cases(40)
def test_transposed_layers_do_what_their_settings_say(kind, n, data):
    (x_shape, (C_in, C_out, *kernel)), settings = data.draw(transposed_cases(n))
    layer = kind(
        C_in,
        C_out * settings["groups"],
        tuple(kernel),
        bias=data.draw(st.booleans()),
        dtype=np.float64,
        **settings,
    )
    x = np.random.default_rng(0).normal(size=x_shape)
    expected = Transposed(x, layer.weight.data, **settings).y()
    if layer.bias is not None:
        expected = expected + layer.bias.data.reshape(-1, *(1,) * n)
    np.testing.assert_allclose(layer(x).data, expected, rtol=1e-10, atol=1e-12)


@given(stride=st.integers(1, 4), height=st.integers(6, 12), width=st.integers(6, 12))
@cases(30)
def test_output_size_undoes_a_convolution(stride, height, width):
    down = nn.Conv2d(2, 3, 3, stride, 1)
    up = nn.ConvTranspose2d(3, 2, 3, stride, 1)
    x = np.ones((1, 2, height, width), np.float32)
    assert up(down(x), output_size=(height, width)).shape == x.shape
    assert up(down(x), output_size=x.shape).shape == x.shape


def test_output_size_must_be_one_that_can_be():
    up = nn.ConvTranspose2d(3, 2, 3, 2, 1)
    x = np.ones((1, 3, 4, 4), np.float32)
    with pytest.raises(
        ValueError,
        match=r"^ConvTranspose2d: output_size must be from \(7, 7\) to \(8, 8\) for an input of"
        r" size \(4, 4\), got \(8, 9\)",
    ):
        up(x, output_size=(8, 9))
    with pytest.raises(ValueError, match=r"output_size must have 2 sizes, or 4 with those of"):
        up(x, output_size=(8,))


def test_the_initial_weights_are_within_torchs_bounds():
    minicnn.manual_seed(0)
    for layer, fan_in in (
        (nn.Conv1d(8, 32, 5), 8 * 5),
        (nn.ConvTranspose1d(16, 32, 5), 32 * 5),
        (nn.ConvTranspose2d(16, 32, 3, groups=2), 16 * 9),
    ):
        bound = 1 / math.sqrt(fan_in)
        for values in (layer.weight.data, layer.bias.data):
            assert 0.8 * bound < abs(values).max() <= bound


def test_settings_are_checked():
    with pytest.raises(ValueError, match="ConvTranspose2d: groups=3 must divide in_channels=4"):
        nn.ConvTranspose2d(4, 6, 3, groups=3)
    with pytest.raises(ValueError, match="ConvTranspose1d: padding_mode must be 'zeros', got"):
        nn.ConvTranspose1d(4, 6, 3, padding_mode="reflect")
    with pytest.raises(TypeError, match="ConvTranspose1d: padding must be of ints, got 'same'"):
        nn.ConvTranspose1d(4, 6, 3, padding="same")
    with pytest.raises(TypeError, match="Conv1d: kernel_size must be an int or a tuple of one int"):
        nn.Conv1d(4, 6, (3, 3))
    with pytest.raises(ValueError, match="Conv1d: padding must be 'same', 'valid', an int or"):
        nn.Conv1d(4, 6, 3, padding="full")


def test_the_summary_counts_their_products():
    model = nn.Sequential(nn.ConvTranspose2d(4, 6, 3, 2, groups=2, bias=False))
    row = minicnn.summary(model, (4, 5, 7)).rows[0]
    # each pixel of each channel meets 3 output channels' 3 x 3 weights
    assert (row.multiply_adds, row.parameters) == (4 * 5 * 7 * 3 * 9, 4 * 3 * 9)
    row = minicnn.summary(nn.Conv1d(4, 6, 3), (4, 10)).rows[0]
    assert row.multiply_adds == 6 * 8 * 4 * 3
