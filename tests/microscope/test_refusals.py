"""What the microscope refuses, in which words, from Python and from the command line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minicnn.microscope import avg_pool2d, conv2d, max_pool2d
from minicnn.microscope.__main__ import main
from tests.microscope.pages import Page


def zeros(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    return np.zeros(shape, dtype)


REFUSED: list[tuple[Any, type[Exception], str]] = [
    (lambda: conv2d(zeros(1, 3, 224, 224), zeros(8, 3, 3, 3)), ValueError,
     "microscope.conv2d: at most 16 rows of x can be read on a page, got 224; try a smaller"),
    (lambda: conv2d(zeros(1, 17, 4, 4), zeros(1, 17, 1, 1)), ValueError,
     "at most 16 channels of x"),
    (lambda: conv2d(zeros(5, 1, 4, 4), zeros(1, 1, 1, 1)), ValueError, "at most 4 images of x"),
    (lambda: conv2d(zeros(1, 1, 9, 9), zeros(1, 1, 1, 1)), ValueError,
     "at most 64 places of the window (H_out * W_out) can be read on a page, got 81"),
    (lambda: conv2d(zeros(1, 8, 3, 3), zeros(1, 8, 3, 3)), ValueError,
     "at most 64 terms of a sum (C_in / groups * K_h * K_w) can be read on a page, got 72"),
    (lambda: conv2d(zeros(1, 1, 3, 3), zeros(17, 1, 3, 3)), ValueError,
     "at most 16 output channels"),
    (lambda: conv2d(zeros(4, 4, 8, 8), zeros(16, 4, 3, 3), padding=1), ValueError,
     "at most 4000 multiplications can be read on a page, got 147456"),
    (lambda: conv2d(zeros(1, 1, 3, 3), zeros(1, 1, 1, 1), stride=9, padding=17), ValueError,
     "at most 16 pixels of padding"),
    (lambda: conv2d(zeros(0, 1, 3, 3), zeros(1, 1, 1, 1)), ValueError,
     "x must hold at least one image to look at, got shape (0, 1, 3, 3)"),
    (lambda: conv2d(zeros(3, 3), zeros(1, 1, 1, 1)), ValueError, "x must have shape (N, C, H, W)"),
    (lambda: conv2d(zeros(1, 1, 3, 3), zeros(1, 1)), ValueError, "weight must have shape (C_out,"),
    (lambda: conv2d(zeros(1, 2, 3, 3), zeros(1, 1, 1, 1)), ValueError,
     "with groups=1, weight.shape[1] must be x.shape[1] / groups = 2 / 1, got 1"),
    (lambda: conv2d(zeros(1, 1, 3, 3), zeros(2, 1, 1, 1), zeros(3)), ValueError, "(2,)"),
    (lambda: conv2d(zeros(1, 1, 3, 3), zeros(1, 1, 1, 1), grad_y=zeros(1, 1, 2, 2)), ValueError,
     "grad_y must have the shape of y, (1, 1, 3, 3), got (1, 1, 2, 2)"),
    (lambda: conv2d(zeros(1, 1, 3, 3), zeros(1, 1, 1, 1, dtype=np.float64)), TypeError,
     "must all be float32 or all float64"),
    (lambda: conv2d(zeros(1, 1, 3, 3, dtype=np.int64), zeros(1, 1, 1, 1)), TypeError,
     "microscope.conv2d: x must be float32 or float64, got int64"),
    (lambda: conv2d(zeros(1, 1, 3, 3), zeros(1, 1, 1, 1), stride=1.5), TypeError, "stride"),
    (lambda: conv2d(zeros(1, 1, 3, 3), zeros(1, 1, 1, 1), relu=1), TypeError, "relu"),
    (lambda: max_pool2d(zeros(3, 6, 4, 4), 2), ValueError, "at most 16 planes (N * C)"),
    (lambda: max_pool2d(zeros(1, 1, 16, 16), 9), ValueError, "at most 64 cells of a window"),
    (lambda: max_pool2d(zeros(1, 1, 16, 16), 1), ValueError, "at most 64 places of the window"),
    (lambda: max_pool2d(zeros(1, 1, 4, 4), 2, padding=2), ValueError,
     "padding must be at most kernel_size / 2"),
    (lambda: avg_pool2d(zeros(1, 1, 4, 4), 2, divisor_override=0), ValueError,
     "divisor_override must not be 0"),
    (lambda: avg_pool2d(zeros(1, 1, 4, 4), 5), ValueError, "the window covers"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "text"), REFUSED)
def test_what_cannot_be_shown_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Any, error: type[Exception], text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=re.escape(text)):
        call()
    assert not list(tmp_path.iterdir())


def test_sizes_at_the_limit_are_shown(tmp_path: Path) -> None:
    """The largest of each: 64 terms, 64 places, 16 channels, 16 x 16 pixels."""
    page = Page(conv2d(zeros(1, 16, 16, 16), zeros(2, 16, 2, 2), stride=14, path=tmp_path / "a"))
    assert page.arrays["columns"].shape == (1, 1, 64, 4)
    page = Page(conv2d(zeros(1, 1, 8, 8), zeros(16, 1, 1, 1), path=tmp_path / "a"))
    assert page.arrays["y"].shape == (1, 16, 8, 8)


def test_a_folder_that_does_not_exist_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["max_pool2d", "--input", "1,1,4,4", "--kernel-size", "2", "-o"]
    assert main([*arguments, str(tmp_path / "no" / "such.html")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("python -m minicnn.microscope max_pool2d: ")
    assert "such.html" in error
    assert error.count("\n") == 1


COMMANDS = {
    "conv2d": "conv2d --input 1,2,5,5 --weight 3,2,3,3 --stride 2 --padding 1",
    "max_pool2d": "max_pool2d --input 1,2,5,5 --kernel-size 3 --stride 2 --padding 1 --ceil-mode",
    "avg_pool2d": "avg_pool2d --input 1,2,5,5 --kernel-size 3,2 --no-count-include-pad",
}


@pytest.mark.parametrize("op", COMMANDS)
def test_the_command_writes_a_page_of_small_integers(
    op: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(COMMANDS[op].split()) == 0
    assert capsys.readouterr().out.startswith(f"{op}.html: open it in a browser")
    first = Page(tmp_path / f"{op}.html").arrays
    assert main([*COMMANDS[op].split(), "-o", "again.html"]) == 0
    assert main([*COMMANDS[op].split(), "-o", "other.html", "--seed", "1"]) == 0
    assert main([*COMMANDS[op].split(), "-o", "normal.html", "--values", "normal"]) == 0
    for name in ("x", "grad_y"):
        assert set(np.unique(first[name])) <= {-3, -2, -1, 1, 2, 3}
        np.testing.assert_array_equal(Page(tmp_path / "again.html").arrays[name], first[name])
        assert (Page(tmp_path / "other.html").arrays[name] != first[name]).any()
        normal = Page(tmp_path / "normal.html").arrays[name]
        assert (normal != np.round(normal)).all()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("conv2d --input 1,2,5 --weight 3,2,3,3", "wants 4 sizes of at least 1 with commas"),
        ("conv2d --input 1,2,5,5 --weight 3,2,3,x", "such as 1,2,5,5, got '3,2,3,x'"),
        (
            "conv2d --input 1,2,5,5 --weight 3,2,3,3 --stride 1,2,3",
            "wants one int, or height,width",
        ),
        ("conv2d --input 1,2,5,5", "required: --weight"),
        ("max_pool2d --input 1,2,5,5", "required: --kernel-size"),
        ("conv3d", "invalid choice: 'conv3d'"),
        ("conv2d --input 1,2,5,5 --weight 3,2,3,3 --groups x", "invalid int value: 'x'"),
    ],
)
def test_the_command_says_what_it_wants(
    arguments: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments.split())
    assert stopped.value.code == 2
    assert text in capsys.readouterr().err


def test_the_command_refuses_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conv2d", "--input", "1,3,32,32", "--weight", "8,3,3,3"]) == 1
    assert capsys.readouterr().err == (
        "python -m minicnn.microscope conv2d: microscope.conv2d: at most 16 rows of x can be read"
        " on a page, got 32; try a smaller example: the microscope is for a few numbers that fit on"
        " a page\n"
    )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("conv2d --input 99999999,99999999,9999,9999 --weight 1,1,1,1", "numbers of an array"),
        ("max_pool2d --input 1,1,4,4 --kernel-size 2 --seed -1", "--seed must be at least 0"),
        ("conv2d --input 1,2,5,5 --weight 3,2,3,3 --groups 0", "groups must be at least 1, got 0"),
        ("conv2d --input 1,2,5,5 --weight 3,2,3,3 --padding -1", "padding must be at least 0"),
        ("avg_pool2d --input 1,2,5,5 --kernel-size 2 --divisor-override 0", "must not be 0"),
    ],
)
def test_the_command_refuses_hostile_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: str, text: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(arguments.split()) == 1
    assert text in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_microscope_is_imported_when_it_is_asked_for() -> None:
    program = "import sys, minicnn; sys.exit('minicnn.microscope' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    command = [sys.executable, "-m", "minicnn.microscope", "--help"]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert "--weight 3,2,3,3" in text
