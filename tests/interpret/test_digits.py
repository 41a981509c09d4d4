"""What a net that has learnt the digits looks at: the stroke."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn.interpret import GradCAM, GuidedBackprop, Occlusion, Saliency, SmoothGrad
from tests.digits_net import accuracy, on_canvas, trained_on_canvas


def share_on_ink(attribution: np.ndarray, images: np.ndarray) -> float:
    """Which part of what speaks for the class lies on the stroke; the mean over the images."""
    positive = np.maximum(attribution, 0)
    total = positive.sum(axis=(1, 2, 3))
    assert (total > 0).all()
    return float(((positive * (images > 0)).sum(axis=(1, 2, 3)) / total).mean())


def test_the_net_has_learnt_the_digits() -> None:
    assert accuracy(trained_on_canvas(), *on_canvas(train=False)) > 0.9


@pytest.mark.parametrize(
    ("name", "times"),
    [("Saliency", 3), ("SmoothGrad", 3), ("GuidedBackprop", 3), ("Occlusion", 5), ("GradCAM", 3)],
)
def test_it_looks_at_the_stroke_far_more_than_chance(name: str, times: float) -> None:
    """By chance, the share of the stroke is that of its pixels: about 13 %."""
    images, labels = on_canvas(train=False)
    x, y, model = images[:50], labels[:50], trained_on_canvas()
    found = {
        "Saliency": lambda: Saliency(model).attribute(x, y),
        "SmoothGrad": lambda: SmoothGrad(model).attribute(x, y, n_samples=10),
        "GuidedBackprop": lambda: GuidedBackprop(model).attribute(x, y),
        "Occlusion": lambda: Occlusion(model).attribute(x, (1, 2, 2), 2, target=y),
        "GradCAM": lambda: GradCAM(model, "5").attribute(x, y),
    }[name]()
    chance = float((x > 0).mean())
    assert 0.1 < chance < 0.15
    assert share_on_ink(found.data, x) > times * chance
