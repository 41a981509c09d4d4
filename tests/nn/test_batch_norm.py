"""The batch normalization layers: their state, their modes, and torch's errors."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import nn
from minicnn.tensor import Tensor


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return 2 + 3 * np.random.default_rng(seed).normal(size=shape)


def test_state_has_torchs_names_shapes_and_dtypes() -> None:
    state = nn.BatchNorm2d(5).state_dict()
    assert {name: (t.shape, str(t.dtype)) for name, t in state.items()} == {
        "weight": ((5,), "float32"),
        "bias": ((5,), "float32"),
        "running_mean": ((5,), "float32"),
        "running_var": ((5,), "float32"),
        "num_batches_tracked": ((), "int64"),
    }
    assert not nn.BatchNorm2d(5, affine=False, track_running_stats=False).state_dict()
    assert repr(nn.BatchNorm1d(4, momentum=None)) == (
        "BatchNorm1d(4, eps=1e-05, momentum=None, affine=True, track_running_stats=True)"
    )


@pytest.mark.parametrize("shape", [(6, 3), (6, 3, 5), (6, 3, 4, 5)])
@pytest.mark.parametrize("momentum", [0.1, None])
def test_running_values_follow_the_batches(shape: tuple[int, ...], momentum: float | None) -> None:
    kind = nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d
    layer = kind(3, momentum=momentum, dtype=np.float64)
    axes = tuple(i for i in range(len(shape)) if i != 1)
    mean, var = np.zeros(3), np.ones(3)
    for step in range(4):
        x = normal(*shape, seed=step)
        y = layer(x).data
        share = 1 / (step + 1) if momentum is None else momentum
        mean = (1 - share) * mean + share * x.mean(axis=axes)
        var = (1 - share) * var + share * x.var(axis=axes, ddof=1)
        np.testing.assert_allclose(y.mean(axis=axes), 0, atol=1e-12)
        np.testing.assert_allclose(y.var(axis=axes), 1, rtol=1e-5)
    assert layer.running_mean is not None
    assert layer.running_var is not None
    assert layer.num_batches_tracked is not None
    np.testing.assert_allclose(layer.running_mean.data, mean, rtol=1e-12)
    np.testing.assert_allclose(layer.running_var.data, var, rtol=1e-12)
    assert layer.num_batches_tracked.item() == 4

    layer.eval()
    x = normal(*shape, seed=9)
    ones = [1] * (len(shape) - 2)
    expected = (x - mean.reshape(3, *ones)) / np.sqrt(var.reshape(3, *ones) + 1e-5)
    np.testing.assert_allclose(layer(x).data, expected, rtol=1e-10, atol=1e-12)
    assert layer.num_batches_tracked.item() == 4
    layer.reset_parameters()
    assert layer.running_mean.tolist() == [0, 0, 0]
    assert layer.running_var.tolist() == [1, 1, 1]
    assert layer.num_batches_tracked.item() == 0


def test_without_running_values_evaluation_uses_the_batchs_own() -> None:
    layer = nn.BatchNorm2d(3, track_running_stats=False, dtype=np.float64)
    x = normal(4, 3, 5, 5)
    np.testing.assert_array_equal(layer.eval()(x).data, layer.train()(x).data)


def test_weight_and_bias_learn() -> None:
    layer = nn.BatchNorm1d(2)
    x = Tensor(normal(8, 2).astype(np.float32), requires_grad=True)
    (layer(x) * normal(8, 2, seed=1).astype(np.float32)).sum().backward()
    for p in layer.parameters():
        assert p.grad is not None
        assert p.grad.shape == (2,)
    assert x.grad is not None
    # a shift or a scale of a whole channel changes nothing, so the gradient is orthogonal to both
    np.testing.assert_allclose(x.grad.sum(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose((x.grad * (x.data - x.data.mean(axis=0))).sum(axis=0), 0, atol=1e-4)


def test_errors_name_the_layer_and_the_rule() -> None:
    with pytest.raises(
        ValueError, match=r"BatchNorm2d: x must have shape \(N, C, H, W\), got shape"
    ):
        nn.BatchNorm2d(3)(np.zeros((2, 3), np.float32))
    with pytest.raises(ValueError, match=r"BatchNorm1d: x must have shape \(N, C\) or \(N, C, L\)"):
        nn.BatchNorm1d(3)(np.zeros((2, 3, 4, 4), np.float32))
    with pytest.raises(
        ValueError, match="so 4 channels, but this layer was made with num_features=3"
    ):
        nn.BatchNorm1d(3)(np.zeros((2, 4), np.float32))
    layer = nn.BatchNorm1d(3)
    with pytest.raises(
        ValueError, match=r"needs more than 1 value per channel; x with shape \(1, 3\)"
    ):
        layer(np.zeros((1, 3), np.float32))
    assert layer.num_batches_tracked is not None
    assert layer.num_batches_tracked.item() == 0
    layer.eval()(np.zeros((1, 3), np.float32))
    with pytest.raises(ValueError, match="BatchNorm2d: eps must be positive, got 0"):
        nn.BatchNorm2d(3, eps=0)
    with pytest.raises(ValueError, match=r"momentum must be None or in \[0, 1\], got 2"):
        nn.BatchNorm2d(3, momentum=2)
    with pytest.raises(ValueError, match="num_features must be at least 1, got 0"):
        nn.BatchNorm2d(0)
