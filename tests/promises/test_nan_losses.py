"""NaN and infinity: losses with margins, likelihoods and grids, each row of docs/nan.md."""

from __future__ import annotations

import math

import numpy as np
import pytest

from minicnn.nn import functional as F
from tests.machine import SCALE
from tests.promises.test_nan import OF, drawn, results, somewhere, with_number

CASES = round(100 * SCALE)
inf, nan = math.inf, math.nan
LOSSES = [*OF["Margins"], *OF["Likelihoods"]]


@pytest.mark.parametrize("name", LOSSES)
def test_a_nan_shows_for_its_sample_and_no_other(name: str) -> None:
    rng = np.random.default_rng(0)
    for seed in range(CASES):
        call = drawn(name, seed)
        call.arguments["reduction"] = "none"
        path, place, _ = somewhere(call, rng)
        if (
            name == "F.multilabel_margin_loss"
            and (np.atleast_2d(call.arguments["1"])[:, 0]).min() < 0
        ):
            continue  # no class is right
        (usual,) = results(call)
        (got,) = results(with_number(call, path, place, nan))
        of_sample = np.zeros(usual.shape, bool)
        of_sample[place[: usual.ndim] if path != "weight" else ()] = True
        if name == "F.gaussian_nll_loss" and path == "2":  # a variance may be that of a whole row
            of_sample[place[: usual.ndim - 1] or ()] = True
            shows = np.isnan(got) & of_sample
            assert shows.any()
        else:
            assert np.isnan(got[of_sample]).all(), f"seed {seed}, {place} of argument {path}"
        assert got[~of_sample].tobytes() == usual[~of_sample].tobytes()


@pytest.mark.parametrize("name", LOSSES)
def test_a_mean_with_a_nan_is_nan(name: str) -> None:
    rng = np.random.default_rng(1)
    for seed in range(round(10 * SCALE)):
        call = drawn(name, seed)
        call.arguments["reduction"] = "mean"
        path, place, _ = somewhere(call, rng)
        if (
            name == "F.multilabel_margin_loss"
            and (np.atleast_2d(call.arguments["1"])[:, 0]).min() < 0
        ):
            continue
        (got,) = results(with_number(call, path, place, nan))
        assert np.isnan(got)


def test_infinite_scores_are_right_or_wrong() -> None:
    def ranked(a: float, b: float, y: float) -> float:
        return F.margin_ranking_loss([a], [b], [y]).item()

    assert (ranked(inf, 0, 1), ranked(inf, 0, -1), ranked(-inf, 0, 1)) == (0, inf, inf)
    assert math.isnan(ranked(inf, inf, 1))
    assert F.hinge_embedding_loss([inf, inf], [1, -1], reduction="none").tolist() == [inf, 0]
    assert F.multi_margin_loss([[inf, 0.0]], [0]).item() == 0
    assert F.multi_margin_loss([[inf, 0.0]], [1]).item() == inf
    assert F.multilabel_margin_loss([[inf, 0.0]], [[0, -1]]).item() == 0
    assert F.triplet_margin_loss([[0.0]], [[0.0]], [[inf]]).item() == 0
    assert math.isnan(F.cosine_embedding_loss([[inf, 0.0]], [[1.0, 0.0]], [1.0]).item())
    assert F.soft_margin_loss([inf, -inf], [1.0, 1.0], reduction="none").tolist() == [0, inf]
    assert F.poisson_nll_loss([inf], [0.0], log_input=True, reduction="sum").isnan().item()
    assert F.gaussian_nll_loss([0.0], [inf], [1.0]).item() == inf


def test_places_of_a_grid() -> None:
    x = np.arange(1.0, 7.0).reshape(1, 1, 2, 3)
    grid = np.array([[[[0.1, 0.2], [nan, 0.0], [0.0, inf], [-inf, 0.0]]]])
    for mode in ("bilinear", "nearest"):
        y = F.grid_sample(x, grid, mode).data.ravel()
        assert np.isfinite(y[0])
        assert np.isnan(y[1:]).all()
        y = F.grid_sample(x, grid, mode, padding_mode="border").data.ravel()
        assert np.isnan(y).tolist() == [False, True, False, False]
        assert y[2] == 5
    spoiled = x.copy()
    spoiled[0, 0, 0, 0] = nan
    middles = F.affine_grid(np.eye(2, 3)[np.newaxis], (1, 1, 2, 3))
    read = F.grid_sample(spoiled, middles, align_corners=False).data.ravel()
    assert not np.isnan(read[1:]).any()
    theta = np.eye(2, 3)[np.newaxis].copy()
    theta[0, 1, 0] = nan
    assert np.isnan(F.affine_grid(theta, (1, 1, 2, 3)).data).all((0, 1, 2)).tolist() == [
        False,
        True,
    ]
