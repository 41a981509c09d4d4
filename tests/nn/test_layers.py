"""Layers compute what their functions do, print as in torch, and word their errors."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal, special

import minicnn
from minicnn import nn
from minicnn.tensor import Tensor
from tests.machine import cases


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (lambda: nn.Linear(3, 4), "Linear(in_features=3, out_features=4, bias=True)"),
        (lambda: nn.Linear(3, 4, bias=False), "Linear(in_features=3, out_features=4, bias=False)"),
        (lambda: nn.Conv2d(1, 6, 5), "Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1))"),
        (
            lambda: nn.Conv2d(4, 8, (3, 1), 2, (1, 0), 2, 2, False, "reflect"),
            "Conv2d(4, 8, kernel_size=(3, 1), stride=(2, 2), padding=(1, 0), dilation=(2, 2),"
            " groups=2, bias=False, padding_mode=reflect)",
        ),
        (
            lambda: nn.Conv2d(1, 1, 3, padding="same"),
            "Conv2d(1, 1, kernel_size=(3, 3), stride=(1, 1), padding=same)",
        ),
        (
            lambda: nn.Conv1d(4, 8, 3, padding=1, padding_mode="circular"),
            "Conv1d(4, 8, kernel_size=(3,), stride=(1,), padding=(1,), padding_mode=circular)",
        ),
        (
            lambda: nn.ConvTranspose2d(4, 8, 3, 2, 1, 1, 2, False, 3),
            "ConvTranspose2d(4, 8, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1),"
            " dilation=(3, 3), output_padding=(1, 1), groups=2, bias=False)",
        ),
        (
            lambda: nn.MaxPool2d(2),
            "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)",
        ),
        (
            lambda: nn.MaxPool2d((2, 3), 1, 1, ceil_mode=True),
            "MaxPool2d(kernel_size=(2, 3), stride=1, padding=1, dilation=1, ceil_mode=True)",
        ),
        (lambda: nn.AvgPool2d(3, 2), "AvgPool2d(kernel_size=3, stride=2, padding=0)"),
        (lambda: nn.AdaptiveAvgPool2d(1), "AdaptiveAvgPool2d(output_size=1)"),
        (lambda: nn.AdaptiveMaxPool2d((2, None)), "AdaptiveMaxPool2d(output_size=(2, None))"),
        (lambda: nn.Flatten(), "Flatten(start_dim=1, end_dim=-1)"),
        (lambda: nn.Unflatten(1, [2, 5]), "Unflatten(dim=1, unflattened_size=(2, 5))"),
        (lambda: nn.Dropout(), "Dropout(p=0.5, inplace=False)"),
        (lambda: nn.Dropout2d(0.1), "Dropout2d(p=0.1, inplace=False)"),
        (lambda: nn.ReLU(), "ReLU()"),
        (lambda: nn.ReLU(inplace=True), "ReLU(inplace=True)"),
        (lambda: nn.LeakyReLU(), "LeakyReLU(negative_slope=0.01)"),
        (lambda: nn.ELU(), "ELU(alpha=1.0)"),
        (lambda: nn.GELU(), "GELU(approximate='none')"),
        (lambda: nn.SiLU(), "SiLU()"),
        (lambda: nn.Sigmoid(), "Sigmoid()"),
        (lambda: nn.Tanh(), "Tanh()"),
        (lambda: nn.Softplus(), "Softplus(beta=1.0, threshold=20.0)"),
        (lambda: nn.Softmax(dim=1), "Softmax(dim=1)"),
        (lambda: nn.LogSoftmax(dim=-1), "LogSoftmax(dim=-1)"),
        (lambda: nn.Identity(54, unused=1), "Identity()"),
        (lambda: nn.CrossEntropyLoss(), "CrossEntropyLoss()"),
        (lambda: nn.MSELoss(), "MSELoss()"),
    ],
)
def test_repr_is_torchs(layer: Callable[[], nn.Module], text: str) -> None:
    assert repr(layer()) == text


# -- linear ---------------------------------------------------------------------------------------


def test_linear_is_a_matrix_product() -> None:
    layer = nn.Linear(4, 3, dtype=np.float64)
    x = normal(2, 5, 4)
    assert layer.weight.shape == (3, 4)
    assert layer.bias is not None
    expected = np.einsum("abi,oi->abo", x, layer.weight.data) + layer.bias.data
    np.testing.assert_allclose(layer(x).data, expected, rtol=1e-13)
    bare = nn.Linear(4, 3, bias=False, dtype=np.float64)
    assert bare.bias is None
    assert list(bare.state_dict()) == ["weight"]
    np.testing.assert_allclose(bare(x[0]).data, x[0] @ bare.weight.data.T, rtol=1e-13)


def test_linear_names_both_widths() -> None:
    layer = nn.Linear(400, 120)
    with pytest.raises(
        ValueError,
        match=r"Linear: x has shape \(64, 256\), whose last axis is 256 wide, but this layer was"
        r" made with in_features=400; Linear\(256, 120\) would fit",
    ):
        layer(np.zeros((64, 256), np.float32))
    with pytest.raises(
        ValueError, match=r"in_features=400 = 16 \* 5 \* 5: put a Flatten before it"
    ):
        layer(np.zeros((64, 16, 5, 5), np.float32))
    with pytest.raises(ValueError, match=r"x has shape \(\), whose last axis is none wide"):
        layer(np.float32(1))


def test_sizes_are_checked_when_a_layer_is_made() -> None:
    with pytest.raises(ValueError, match="Linear: in_features must be at least 1, got 0"):
        nn.Linear(0, 3)
    with pytest.raises(TypeError, match=r"Linear: out_features must be an int, got 3\.0"):
        nn.Linear(3, 3.0)  # type: ignore[arg-type]


# -- convolution ----------------------------------------------------------------------------------


def correlate(x: np.ndarray, layer: nn.Conv2d, margins: tuple[int, ...], mode: str) -> np.ndarray:
    """Return SciPy's answer for stride 1 and groups 1: pad, dilate kernels, correlate each pair."""
    left, right, top, bottom = margins
    pad_mode = {"zeros": "constant", "replicate": "edge", "circular": "wrap"}.get(mode, mode)
    padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), mode=pad_mode)
    w = layer.weight.data
    d_h, d_w = layer.dilation
    wide = np.zeros((*w.shape[:2], d_h * (w.shape[2] - 1) + 1, d_w * (w.shape[3] - 1) + 1))
    wide[:, :, ::d_h, ::d_w] = w
    out = [
        [sum(signal.correlate2d(c, k, "valid") for c, k in zip(image, kernel)) for kernel in wide]
        for image in padded
    ]
    assert layer.bias is not None
    return np.array(out) + layer.bias.data[:, None, None]


@given(
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    mode=st.sampled_from(["zeros", "reflect", "replicate", "circular"]),
    padding=st.sampled_from(["same", "valid", "numbers"]),
)
@cases(60)
def test_conv2d_pads_as_it_says(
    kernel: tuple[int, int], dilation: tuple[int, int], mode: str, padding: str
) -> None:
    layer = nn.Conv2d(
        2,
        3,
        kernel,
        padding=(2, 1) if padding == "numbers" else padding,
        dilation=dilation,
        padding_mode=mode,
        dtype=np.float64,
    )
    x = normal(2, 2, 9, 8)
    if padding == "same":
        reach_h, reach_w = dilation[0] * (kernel[0] - 1), dilation[1] * (kernel[1] - 1)
        # what is left over of an odd number goes to the right and the bottom
        margins = (reach_w // 2, math.ceil(reach_w / 2), reach_h // 2, math.ceil(reach_h / 2))
    else:
        margins = (1, 1, 2, 2) if padding == "numbers" else (0, 0, 0, 0)
    y = layer(x).data
    np.testing.assert_allclose(y, correlate(x, layer, margins, mode), rtol=1e-10, atol=1e-12)
    if padding == "same":
        assert y.shape == (2, 3, 9, 8)


def test_conv2d_with_stride_and_groups() -> None:
    layer = nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2, dtype=np.float64)
    assert layer.weight.shape == (6, 2, 3, 3)
    x = normal(1, 4, 8, 8)
    dense = nn.Conv2d(2, 3, 3, dtype=np.float64)
    assert layer.bias is not None
    for group in range(2):
        part = slice(3 * group, 3 * group + 3)
        dense.load_state_dict({"weight": layer.weight.data[part], "bias": layer.bias.data[part]})
        full = correlate(x[:, 2 * group : 2 * group + 2], dense, (1, 1, 1, 1), "zeros")
        np.testing.assert_allclose(layer(x).data[:, part], full[:, :, ::2, ::2], rtol=1e-12)


def test_conv2d_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="groups=3 must divide in_channels=4: 4 % 3 = 1"):
        nn.Conv2d(4, 6, 3, groups=3)
    with pytest.raises(ValueError, match="groups=4 must divide out_channels=6"):
        nn.Conv2d(4, 6, 3, groups=4)
    with pytest.raises(ValueError, match=r"padding='same' needs stride 1, got stride=\(2, 2\)"):
        nn.Conv2d(4, 6, 3, stride=2, padding="same")
    with pytest.raises(ValueError, match="padding must be 'same', 'valid', an int or a pair"):
        nn.Conv2d(4, 6, 3, padding="full")
    with pytest.raises(ValueError, match="Conv2d: padding must be at least 0, got -1"):
        nn.Conv2d(4, 6, 3, padding=-1)
    with pytest.raises(ValueError, match="kernel_size must be at least 1, got 0"):
        nn.Conv2d(4, 6, (3, 0))
    with pytest.raises(TypeError, match="stride must be an int or two ints"):
        nn.Conv2d(4, 6, 3, stride="2")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"padding_mode must be one of .* got 'mirror'"):
        nn.Conv2d(4, 6, 3, padding_mode="mirror")


# -- the others -----------------------------------------------------------------------------------


def test_pooling_layers() -> None:
    x = normal(2, 3, 6, 6)
    blocks = x.reshape(2, 3, 3, 2, 3, 2)
    np.testing.assert_array_equal(nn.MaxPool2d(2)(x).data, blocks.max(axis=(3, 5)))
    np.testing.assert_allclose(nn.AvgPool2d(2)(x).data, blocks.mean(axis=(3, 5)), rtol=1e-12)
    np.testing.assert_allclose(
        nn.AdaptiveAvgPool2d(1)(x).data, x.mean(axis=(2, 3), keepdims=True), rtol=1e-12
    )
    np.testing.assert_array_equal(nn.AdaptiveMaxPool2d(3)(x).data, blocks.max(axis=(3, 5)))
    assert nn.MaxPool2d(3, 1)(x).shape == (2, 3, 4, 4)
    _, indices = nn.MaxPool2d(6, return_indices=True)(x)
    np.testing.assert_array_equal(indices.data.ravel(), x.reshape(6, 36).argmax(axis=1))


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.ReLU(), lambda x: np.where(x > 0, x, 0)),
        (nn.LeakyReLU(0.2), lambda x: np.where(x > 0, x, 0.2 * x)),
        (nn.ELU(0.5), lambda x: np.where(x > 0, x, 0.5 * (np.exp(x) - 1))),
        (nn.SiLU(), lambda x: x * special.expit(x)),
        (nn.GELU(), lambda x: x * special.ndtr(x)),
        (nn.Sigmoid(), special.expit),
        (nn.Tanh(), np.tanh),
        (nn.Softplus(), lambda x: np.log1p(np.exp(x))),
        (nn.Softmax(dim=1), lambda x: special.softmax(x, axis=1)),
        (nn.LogSoftmax(dim=0), lambda x: special.log_softmax(x, axis=0)),
        (nn.Flatten(), lambda x: x.reshape(2, 60)),
        (nn.Flatten(0, 1), lambda x: x.reshape(6, 4, 5)),
        (nn.Unflatten(2, (2, -1)), lambda x: x.reshape(2, 3, 2, 2, 5)),
        (nn.Identity(), lambda x: x),
    ],
)
def test_layers_without_parameters(layer: nn.Module, expected: Callable[..., np.ndarray]) -> None:
    x = 3 * normal(2, 3, 4, 5)
    y = layer(Tensor(x))
    assert y.dtype == np.float64
    np.testing.assert_allclose(y.data, expected(x), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("layer", [nn.Dropout(0.25), nn.Dropout2d(0.25)])
def test_dropout_drops_only_while_training(layer: nn.Module) -> None:
    minicnn.manual_seed(0)
    x = Tensor(np.ones((50, 40, 5, 2), np.float32))
    y = layer.train()(x).data
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}
    units = y[:, :, 0, 0] if isinstance(layer, nn.Dropout2d) else y
    # a binomial count, within 5 standard deviations
    assert abs((units == 0).mean() - 0.25) < 5 * math.sqrt(0.25 * 0.75 / units.size)
    if isinstance(layer, nn.Dropout2d):
        assert (y == y[:, :, :1, :1]).all()
    np.testing.assert_array_equal(layer.eval()(x).data, x.data)
    with pytest.raises(ValueError, match=r"p must be in \[0, 1\], got 1\.5"):
        type(layer)(1.5)  # type: ignore[call-arg]


def test_losses() -> None:
    logits, target = normal(6, 4), np.array([0, 3, 1, 1, 2, 0])
    log_p = special.log_softmax(logits, axis=1)
    nll = -log_p[np.arange(6), target]
    weight = np.array([1.0, 2.0, 0.5, 3.0])
    for loss, x in ((nn.CrossEntropyLoss, logits), (nn.NLLLoss, log_p)):
        assert loss()(x, target).item() == pytest.approx(nll.mean(), rel=1e-12)
        assert loss(reduction="sum")(x, target).item() == pytest.approx(nll.sum(), rel=1e-12)
        np.testing.assert_allclose(loss(reduction="none")(x, target).data, nll, rtol=1e-12)
        weighted = (weight[target] * nll).sum() / weight[target].sum()
        assert loss(weight)(x, target).item() == pytest.approx(weighted, rel=1e-12)
        kept = nll[target != 1].mean()
        assert loss(ignore_index=1)(x, target).item() == pytest.approx(kept, rel=1e-12)
        assert list(loss(weight).state_dict()) == ["weight"]
    smooth = 0.9 * nll - 0.1 * log_p.mean(axis=1)
    got = nn.CrossEntropyLoss(label_smoothing=0.1)(logits, target).item()
    assert got == pytest.approx(smooth.mean(), rel=1e-12)
    other = normal(6, 4, seed=1)
    assert nn.MSELoss()(logits, other).item() == pytest.approx(((logits - other) ** 2).mean())
    assert nn.L1Loss(reduction="sum")(logits, other).item() == pytest.approx(
        abs(logits - other).sum()
    )


def test_loss_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="MSELoss: reduction must be 'mean', 'sum' or 'none'"):
        nn.MSELoss(reduction="average")
    with pytest.raises(ValueError, match=r"label_smoothing must be in \[0, 1\], got 2"):
        nn.CrossEntropyLoss(label_smoothing=2)
