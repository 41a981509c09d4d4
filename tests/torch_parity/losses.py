"""Samples of losses, embeddings, attention, and of dropout where nothing is left to chance."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.torch_parity.draw import Buffer, Draw, Sample, samples


def reduction(d: Draw) -> dict[str, Any]:
    return d.some(reduction=d.one_of("mean", "sum", "none"))


def class_scores(d: Draw) -> tuple[np.ndarray, np.ndarray, int]:
    """Draw scores (N, C, ...) or (C,), a target class for each place, and C."""
    C = d.integer(2, 5)
    if d.integer(0, 4) == 0:
        return d.floats(C), d.integers(low=0, high=C - 1), C
    N, places = d.integer(1, 4), d.shape(0, 2, 3)
    return d.floats(N, C, *places), d.integers(N, *places, low=0, high=C - 1), C


def class_settings(d: Draw, target: np.ndarray, C: int) -> dict[str, Any]:
    settings = reduction(d)
    if target.size > 1 and d.flag():  # one place left out, never all of them
        settings["ignore_index"] = d.one_of(-100, -1, C + 2)
        target.ravel()[0] = settings["ignore_index"]
    return settings


@samples("F.cross_entropy")
def cross_entropy(d: Draw) -> Sample:
    x, target, C = class_scores(d)
    weight = d.maybe(d.floats(C, low=0.2, high=2.0))
    smoothing = d.some(label_smoothing=d.number(0.0, 0.9))
    if d.flag():
        probabilities = d.floats(*x.shape, low=0.0, high=1.0)
        return (x, probabilities, constant(weight)), reduction(d) | smoothing
    return (x, target, constant(weight)), class_settings(d, target, C) | smoothing


def constant(weight: np.ndarray | None) -> Buffer | None:
    """Return weights as torch takes them: it computes no gradient of them."""
    return None if weight is None else Buffer(weight)


@samples("F.nll_loss")
def nll_loss(d: Draw) -> Sample:
    x, target, C = class_scores(d)
    weight = d.maybe(d.floats(C, low=0.2, high=2.0))
    return (x, target, constant(weight)), class_settings(d, target, C)


@samples("F.binary_cross_entropy")
def binary_cross_entropy(d: Draw) -> Sample:
    shape = d.shape(0)
    x, target = (d.floats(*shape, low=0.01, high=0.99) for _ in range(2))
    return (x, target, constant(d.maybe(d.floats(*d.narrower(shape), low=0.1)))), reduction(d)


@samples("F.binary_cross_entropy_with_logits")
def binary_cross_entropy_with_logits(d: Draw) -> Sample:
    shape = d.shape(1)
    target = d.floats(*shape, low=0.0, high=1.0)
    weight = constant(d.maybe(d.floats(*d.narrower(shape), low=0.1)))
    pos_weight = d.some(pos_weight=constant(d.floats(shape[-1], low=0.1)))
    return (d.floats(*shape, low=-9.0, high=9.0), target, weight), reduction(d) | pos_weight


def two(d: Draw) -> tuple[np.ndarray, np.ndarray]:
    shape = d.shape(0)
    return d.floats(*shape), d.floats(*shape)


@samples("F.mse_loss", "F.l1_loss")
def regression(d: Draw) -> Sample:
    return two(d), reduction(d)


@samples("F.smooth_l1_loss")
def smooth_l1_loss(d: Draw) -> Sample:
    return two(d), reduction(d) | d.some(beta=d.number(0.1, 2.0))


@samples("F.huber_loss")
def huber_loss(d: Draw) -> Sample:
    return two(d), reduction(d) | d.some(delta=d.number(0.1, 2.0))


@samples("F.kl_div")
def kl_div(d: Draw) -> Sample:
    shape = d.shape(1)
    settings = d.some(reduction=d.one_of("mean", "sum", "none", "batchmean"), log_target=d.flag())
    low = -3.0 if settings.get("log_target") else 0.05
    return (d.floats(*shape, low=-3.0, high=0.0), d.floats(*shape, low=low, high=1.0)), settings


# -- the rest -------------------------------------------------------------------------------------


@samples("F.embedding")
def embedding(d: Draw) -> Sample:
    words = d.integer(2, 6)
    settings = d.some(padding_idx=d.integer(-words, words - 1))
    index = d.integers(*d.shape(0, 3), low=0, high=words - 1)
    return (index, d.floats(words, d.integer(1, 4))), settings


@samples("F.one_hot")
def one_hot(d: Draw) -> Sample:
    classes = d.integer(1, 6)
    index = d.integers(*d.shape(0, 3), low=0, high=classes - 1)
    return (index,), d.some(num_classes=classes)


@samples("F.scaled_dot_product_attention")
def attention(d: Draw) -> Sample:
    front, L, S, E, E_v = d.shape(1, 2, 3), *(d.integer(1, 5) for _ in range(4))
    settings: dict[str, Any] = d.some(scale=d.number(0.1, 2.0))
    kind = d.integer(0, 2)
    if kind == 0:
        settings["is_causal"] = True
    elif kind == 1:
        mask = d.flags(L, S)
        mask[:, 0] = True  # torch's softmax over nothing is NaN
        settings["attn_mask"] = d.one_of(mask, d.floats(L, S))
    query, key = d.floats(*front, L, E), d.floats(*front, S, E)
    return (query, key, d.floats(*front, S, E_v)), settings


@samples("F.dropout", "F.dropout2d")
def dropout(d: Draw) -> Sample:
    """Random numbers differ between the libraries: only what does not depend on them."""
    x = d.floats(*[d.integer(1, 4) for _ in range(4)])
    settings = (dict(p=0.0), dict(p=1.0), dict(p=0.0, training=True), dict(training=False))
    return (x,), d.one_of(*settings, dict(p=d.number(0.0, 1.0), training=False))
