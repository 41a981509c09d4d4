"""Samples of the losses with margins and of likelihoods, and of reading images along a grid."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.torch_parity.draw import Buffer, Draw, Sample, samples
from tests.torch_parity.losses import constant, reduction


def signs(d: Draw, *shape: int) -> Buffer:
    """Draw what is 1 or -1; torch computes no gradient of targets."""
    return Buffer(np.asarray(1.0 - 2.0 * d.flags(*shape)))


@samples("F.margin_ranking_loss")
def margin_ranking_loss(d: Draw) -> Sample:
    shape = d.shape(1)
    args = (d.floats(*shape), d.floats(*shape), signs(d, *shape))
    return args, reduction(d) | d.some(margin=d.number(0.1, 2.0))


@samples("F.hinge_embedding_loss")
def hinge_embedding_loss(d: Draw) -> Sample:
    shape = d.shape(0)
    x = d.floats(*shape, low=0.0, high=3.0)
    return (x, signs(d, *shape)), reduction(d) | d.some(margin=d.number(0.5, 2.0))


@samples("F.soft_margin_loss")
def soft_margin_loss(d: Draw) -> Sample:
    shape = d.shape(0)
    return (d.floats(*shape, low=-9.0, high=9.0), signs(d, *shape)), reduction(d)


@samples("F.cosine_embedding_loss")
def cosine_embedding_loss(d: Draw) -> Sample:
    N, D = d.integer(1, 5), d.integer(2, 5)
    batch = (N,) if d.integer(0, 4) else ()
    args = (d.floats(*batch, D), d.floats(*batch, D), signs(d, *batch))
    return args, reduction(d) | d.some(margin=d.number(-0.5, 0.5))


@samples("F.triplet_margin_loss")
def triplet_margin_loss(d: Draw) -> Sample:
    shape = (d.integer(1, 5), d.integer(1, 5))
    settings = d.some(margin=d.number(0.5, 4.0), p=d.one_of(1.0, 2.0, 3.0), swap=d.flag())
    return tuple(d.floats(*shape) for _ in range(3)), reduction(d) | settings


@samples("F.triplet_margin_with_distance_loss")
def triplet_margin_with_distance_loss(d: Draw) -> Sample:
    shape = (d.integer(1, 5), d.integer(1, 5))
    settings = d.some(margin=d.number(0.5, 4.0), swap=d.flag())
    return tuple(d.floats(*shape) for _ in range(3)), reduction(d) | settings


@samples("F.multi_margin_loss")
def multi_margin_loss(d: Draw) -> Sample:
    N, C = d.integer(1, 5), d.integer(2, 5)
    batch = (N,) if d.integer(0, 4) else ()
    target = d.integers(*batch, low=0, high=C - 1)
    weight = d.some(weight=constant(d.floats(C, low=0.2, high=2.0)))
    settings = d.some(p=d.integer(1, 2), margin=d.number(0.5, 2.0))
    return (d.floats(*batch, C), target), reduction(d) | settings | weight


@samples("F.multilabel_margin_loss")
def multilabel_margin_loss(d: Draw) -> Sample:
    N, C = d.integer(1, 5), d.integer(2, 5)
    target = np.stack([d.rng.permutation(C) for _ in range(N)])
    for row in target:
        row[d.integer(0, C - 1) :][:1] = -1
    batch = d.integer(0, 4) > 0
    x, target = d.floats(N, C), target.astype(np.int64)
    return ((x, target) if batch else (x[0].copy(), target[0].copy())), reduction(d)


@samples("F.multilabel_soft_margin_loss")
def multilabel_soft_margin_loss(d: Draw) -> Sample:
    N, C = d.integer(1, 5), d.integer(2, 5)
    target = Buffer(d.flags(N, C).astype(float))
    weight = d.some(weight=constant(d.floats(C, low=0.2, high=2.0)))
    return (d.floats(N, C, low=-9.0, high=9.0), target), reduction(d) | weight


@samples("F.poisson_nll_loss")
def poisson_nll_loss(d: Draw) -> Sample:
    shape, log_input = d.shape(0), d.flag()
    x = d.floats(*shape, low=-3.0 if log_input else 0.2, high=3.0)
    target = Buffer(np.asarray(d.integers(*shape, low=0, high=6), float))
    return (x, target), reduction(d) | dict(log_input=log_input) | d.some(full=d.flag())


@samples("F.gaussian_nll_loss")
def gaussian_nll_loss(d: Draw) -> Sample:
    shape = d.shape(1)
    sizes = d.one_of(shape, (*shape[:-1], 1), shape[:-1])
    var = d.floats(*sizes, low=0.05, high=3.0)
    settings = d.some(full=d.flag(), eps=d.number(1e-4, 0.04))  # below all variances
    return (d.floats(*shape), d.floats(*shape), var), reduction(d) | settings


@samples("F.grid_sample")
def grid_sample(d: Draw) -> Sample:
    N, C = d.integer(1, 2), d.integer(1, 3)
    x = d.floats(N, C, d.integer(1, 5), d.integer(1, 5))
    reach = d.one_of(0.95, 0.95, 2.5)
    grid = d.floats(N, d.integer(1, 4), d.integer(1, 4), 2, low=-reach, high=reach)
    return (x, grid), grid_settings(d) | dict(mode=d.one_of("bilinear", "bilinear", "nearest"))


def grid_settings(d: Draw) -> dict[str, Any]:
    padding = d.one_of("zeros", "border", "reflection")
    return dict(padding_mode=padding, align_corners=d.flag())


@samples("F.affine_grid")
def affine_grid(d: Draw) -> Sample:
    N = d.integer(1, 3)
    size = (N, d.integer(1, 3), d.integer(1, 5), d.integer(1, 5))
    return (d.floats(N, 2, 3), size), dict(align_corners=d.flag())
