"""The ladder's example: every step is measured, checked against the first, and drawn."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from minicnn import _core
from minicnn.roof import Roof

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "kernel_ladder.py"
ROOF = Roof(gflops=100.0, gb_per_s=1000.0)


@pytest.fixture(scope="module")
def ladder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("kernel_ladder", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["kernel_ladder"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_it_knows_every_step_of_the_library(ladder: ModuleType) -> None:
    assert list(ladder.COPIES) == list(_core.CONV2D_ALGORITHMS)


def test_each_step_is_measured_and_close_to_the_first(ladder: ModuleType) -> None:
    shape = ladder.Shape(N=2, C=12, H=8, O=12, K=3)
    assert shape.flops == 2 * (2 * 12 * 8 * 8) * (12 * 3 * 3)
    assert shape.arrays == 4 * (2 * 12 * 64 + 12 * 12 * 9 + 2 * 12 * 64)
    rungs = ladder.measure(shape, ROOF, seconds=0.0)
    assert [r.step for r in rungs] == list(_core.CONV2D_ALGORITHMS)
    assert rungs[0].difference == rungs[0].borrowed == 0
    eps = float(np.finfo(np.float32).eps)
    for r in rungs:
        assert r.difference <= 16 * eps * 12 * 9  # |x|, |w| < 1: each sum has 108 terms below 1
        assert r.gflops == pytest.approx(1e-9 * shape.flops / r.seconds)
        assert r.of_peak == pytest.approx(r.gflops / 100)
    im2col = next(r for r in rungs if r.step == "im2col")
    assert im2col.borrowed >= 4 * 64 * 12 * 9  # the column matrix of one image
    assert im2col.moved == shape.arrays + 2 * 4 * 2 * 64 * 12 * 9


def test_a_step_that_does_not_serve_is_left_out(ladder: ModuleType, capsys) -> None:
    rungs = ladder.measure(ladder.Shape(N=1, C=2, H=6, O=2, K=5), ROOF, seconds=0.0)
    assert [r.step for r in rungs] == ["direct", "im2col", "tiled", "strip"]
    assert "winograd4 is left out: conv2d: algorithm 'winograd4' needs" in capsys.readouterr().out


def test_the_picture_has_a_point_for_each_step_and_the_roof(ladder: ModuleType) -> None:
    shape = ladder.Shape(N=1, C=64, H=8, O=64, K=3)
    rungs = [
        ladder.Rung("direct", 1.0, 1.0, 0.01, 1e6, 0.0, 0.0),
        ladder.Rung("strip", 0.1, 80.0, 0.8, 1e6, 0.0, 1e-6),
        ladder.Rung("winograd4", 0.1, 200.0, 2.0, 1e6, 0.0, 1e-6),
    ]
    figure = ladder.draw(rungs, shape, ROOF, threads=2)
    (axes,) = figure.axes
    points = np.asarray(axes.collections[0].get_offsets())
    assert points.tolist() == [[1, 0], [80, 1], [200, 2]]
    assert axes.get_xscale() == "log"
    assert [text.get_text() for text in axes.get_yticklabels()] == ["direct", "strip", "winograd4"]
    roof = axes.lines[-1]
    assert np.allclose(roof.get_xdata(), 100)
    texts = [text.get_text() for text in axes.texts]
    assert texts[:2] == ["1 GFLOP/s, 1 % of the peak", "80 GFLOP/s, 80 % of the peak"]
    assert texts[2] == "200 GFLOP/s, 200 % of the peak\nwith 1/4 of the products"
    assert texts[3] == "roof (FMA peak): 100 "
    assert "2 threads" in axes.get_title(loc="left")


def test_the_table_is_text_or_markdown(ladder: ModuleType) -> None:
    rungs = [ladder.Rung("strip", 0.1, 80.0, 0.8, 2e6, 3e6, 1e-6)]
    header, row = ladder.table(rungs).splitlines()
    assert header.split()[:3] == ["step", "ms", "GFLOP/s"]
    assert row.split() == ["strip", "100.00", "80.0", "80.0%", "2.0", "3.0", "1.0e-06"]
    *_, ruler, last = ladder.table(rungs, markdown=True).splitlines()
    assert last == "| strip | 100.00 | 80.0 | 80.0% | 2.0 | 3.0 | 1.0e-06 |"
    assert ruler.count("|") == last.count("|")
