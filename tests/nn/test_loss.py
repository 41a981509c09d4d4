"""Loss layers that test_layers.py does not draw: they pass their settings on."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import nn
from minicnn.nn import functional as F

P = np.random.default_rng(0).uniform(0.1, 0.9, (4, 3))
Q = np.random.default_rng(1).uniform(0.1, 0.9, (4, 3))
W = np.array([0.5, 1.0, 2.0])


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.SmoothL1Loss(beta=0.2), F.smooth_l1_loss(P, Q, beta=0.2)),
        (nn.SmoothL1Loss(reduction="sum"), F.smooth_l1_loss(P, Q, reduction="sum")),
        (nn.HuberLoss("none", 0.3), F.huber_loss(P, Q, "none", 0.3)),
        (nn.KLDivLoss(reduction="batchmean"), F.kl_div(P, Q, reduction="batchmean")),
        (nn.KLDivLoss(log_target=True), F.kl_div(P, Q, log_target=True)),
        (nn.BCELoss(W), F.binary_cross_entropy(P, Q, W)),
        (nn.BCELoss(reduction="none"), F.binary_cross_entropy(P, Q, reduction="none")),
        (
            nn.BCEWithLogitsLoss(W, pos_weight=2 * W, reduction="sum"),
            F.binary_cross_entropy_with_logits(P, Q, W, pos_weight=2 * W, reduction="sum"),
        ),
    ],
)
def test_layers_pass_their_settings_on(layer, expected) -> None:  # type: ignore[no-untyped-def]
    np.testing.assert_array_equal(layer(P, Q).data, expected.data)


def test_weights_are_part_of_the_state() -> None:
    layer = nn.BCEWithLogitsLoss(W, pos_weight=W)
    assert list(layer.state_dict()) == ["weight", "pos_weight"]
    assert list(nn.BCELoss().state_dict()) == []


def test_reductions_are_checked_when_the_layer_is_made() -> None:
    with pytest.raises(
        ValueError, match="KLDivLoss: reduction must be 'batchmean', 'mean', 'sum' or"
    ):
        nn.KLDivLoss(reduction="median")
    with pytest.raises(
        ValueError, match="BCELoss: reduction must be 'mean', 'sum' or 'none', got 'b"
    ):
        nn.BCELoss(reduction="batchmean")
