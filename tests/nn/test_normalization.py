"""The normalization layers: their state, their printed form, and that they pass settings on."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import nn
from minicnn.nn import functional as F

X = np.random.default_rng(0).normal(size=(4, 6, 5, 3))


def shapes(layer: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: t.shape for name, t in layer.state_dict().items()}


@pytest.mark.parametrize(
    ("layer", "text", "state"),
    [
        (
            nn.LayerNorm([5, 3]),
            "LayerNorm((5, 3), eps=1e-05, elementwise_affine=True)",
            {"weight": (5, 3), "bias": (5, 3)},
        ),
        (
            nn.LayerNorm(3, bias=False),
            "LayerNorm((3,), eps=1e-05, elementwise_affine=True)",
            {"weight": (3,)},
        ),
        (
            nn.LayerNorm(3, 1e-3, False),
            "LayerNorm((3,), eps=0.001, elementwise_affine=False)",
            {},
        ),
        (
            nn.GroupNorm(2, 6),
            "GroupNorm(2, 6, eps=1e-05, affine=True)",
            {"weight": (6,), "bias": (6,)},
        ),
        (
            nn.InstanceNorm2d(6, track_running_stats=True),
            "InstanceNorm2d(6, eps=1e-05, momentum=0.1, affine=False, track_running_stats=True)",
            {"running_mean": (6,), "running_var": (6,)},
        ),
        (nn.LocalResponseNorm(2), "LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1.0)", {}),
    ],
)
def test_repr_and_state_are_torchs(layer, text, state) -> None:  # type: ignore[no-untyped-def]
    assert repr(layer) == text
    assert shapes(layer) == state


def test_layers_pass_their_settings_on() -> None:
    scale, shift = np.random.default_rng(1).normal(size=(2, 6))
    group = nn.GroupNorm(3, 6, eps=0.1, dtype=np.float64)
    group.load_state_dict({"weight": scale, "bias": shift})
    expected = F.group_norm(X, 3, scale, shift, 0.1).data
    np.testing.assert_array_equal(group(X).data, expected)
    group.reset_parameters()
    np.testing.assert_array_equal(group(X).data, F.group_norm(X, 3, eps=0.1).data)
    layer = nn.LayerNorm((5, 3), eps=0.2, dtype=np.float64)
    np.testing.assert_array_equal(layer(X).data, F.layer_norm(X, (5, 3), eps=0.2).data)
    response = nn.LocalResponseNorm(3, 0.5, 1.0, 2.0)
    expected = F.local_response_norm(X, 3, 0.5, 1.0, 2.0).data
    np.testing.assert_array_equal(response(X).data, expected)


def test_instance_norm_evaluates_with_running_values_if_it_has_them() -> None:
    bare = nn.InstanceNorm2d(6, dtype=np.float64)
    np.testing.assert_array_equal(bare.eval()(X).data, F.instance_norm(X).data)
    layer = nn.InstanceNorm2d(6, momentum=1.0, track_running_stats=True, dtype=np.float64)
    np.testing.assert_array_equal(layer(X).data, F.instance_norm(X).data)
    mean = X.mean(axis=(0, 2, 3))
    var = X.var(axis=(2, 3), ddof=1).mean(axis=0)
    expected = (X - mean[:, None, None]) / np.sqrt(var[:, None, None] + 1e-5)
    np.testing.assert_allclose(layer.eval()(X).data, expected, rtol=1e-10, atol=1e-12)


def test_errors_name_the_layer() -> None:
    with pytest.raises(ValueError, match="GroupNorm: num_groups=4 must divide num_channels=6"):
        nn.GroupNorm(4, 6)
    with pytest.raises(
        ValueError, match=r"InstanceNorm2d: x must have shape \(N, 5, H, W\) or \(5, H, W\), got"
    ):
        nn.InstanceNorm2d(5)(X)
    with pytest.raises(ValueError, match="LayerNorm: normalized_shape must be at least 1, got 0"):
        nn.LayerNorm((3, 0))
