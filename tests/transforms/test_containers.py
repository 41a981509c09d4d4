"""Transforms of transforms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

import minicnn
from minicnn.transforms import Compose, Lambda, Pad, RandomApply, RandomChoice, RandomOrder


def appending(letter: str) -> Lambda:
    return Lambda(lambda text: text + letter)


ABC = [appending(letter) for letter in "abc"]


def outcomes(transform: Any, count: int) -> dict[str, int]:
    minicnn.manual_seed(5)
    seen: dict[str, int] = {}
    for _ in range(count):
        text = transform("")
        seen[text] = seen.get(text, 0) + 1
    return seen


def test_compose_calls_in_order_and_passes_labels_on() -> None:
    assert Compose(ABC)("x") == "xabc"
    assert Compose([])("x") == "x"
    image, label = Compose([Pad(1), Pad(2)])(np.zeros((1, 1), np.uint8), 3)
    assert (image.shape, label) == ((7, 7), 3)
    assert "Pad(padding=1" in repr(Compose([Pad(1), appending("a")]))


def test_apply_calls_all_or_none() -> None:
    seen = outcomes(RandomApply(ABC, p=0.25), 1000)
    assert set(seen) == {"", "abc"}
    assert stats.binomtest(seen["abc"], 1000, 0.25).pvalue > 1e-4


def test_choice_calls_one_by_its_weight() -> None:
    seen = outcomes(RandomChoice(ABC, p=[1, 0, 3]), 1000)
    assert set(seen) == {"a", "c"}
    assert stats.binomtest(seen["a"], 1000, 0.25).pvalue > 1e-4
    assert stats.chisquare(list(outcomes(RandomChoice(ABC), 900).values())).pvalue > 1e-4


def test_order_is_any() -> None:
    seen = outcomes(RandomOrder(ABC), 1200)
    assert {"".join(sorted(text)) for text in seen} == {"abc"}
    assert len(seen) == 6
    assert stats.chisquare(list(seen.values())).pvalue > 1e-4


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(TypeError, match="transforms must be a list of transforms or functions"):
        Compose([1])  # type: ignore[list-item]
    with pytest.raises(ValueError, match=r"p must be 3 weights, not negative, got \[1\]"):
        RandomChoice(ABC, p=[1])
    with pytest.raises(ValueError, match="at least one transform"):
        RandomChoice([])
    with pytest.raises(TypeError, match="lambd must be a function, got int"):
        Lambda(3)  # type: ignore[arg-type]
