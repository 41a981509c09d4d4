"""The command that makes safetensors of torch's files: what it writes, and how it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minicnn
from minicnn.__main__ import main


def test_without_torch_the_error_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(["convert", "a.pt", str(tmp_path / "b.safetensors")]) == 1
    assert "minicnn convert: torch is needed to read its files: run `pip install torch`" in (
        capsys.readouterr().err
    )
    assert not list(tmp_path.iterdir())


def test_the_module_is_a_command() -> None:
    command = [sys.executable, "-m", "minicnn", "convert", "--help"]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert "no code of the file runs" in " ".join(text.split())


def test_weights_of_torch_arrive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    state = {
        "a.weight": torch.randn(3, 4).T,
        "b": torch.zeros((), dtype=torch.int64),
        "h": torch.ones(2, dtype=torch.bfloat16),
    }
    source, target = tmp_path / "x.pt", tmp_path / "x.safetensors"
    torch.save({"state_dict": state, "epoch": 3}, source)
    arguments = ["convert", str(source), str(target)]
    assert main(arguments) == 1
    assert "'epoch'" in capsys.readouterr().err
    assert main([*arguments, "--key", "state_dict"]) == 1
    assert "h has dtype torch.bfloat16" in capsys.readouterr().err
    assert not target.exists()
    assert main([*arguments, "--key", "state_dict", "--dtype", "float32"]) == 0
    loaded = minicnn.load(target)
    np.testing.assert_array_equal(loaded["a.weight"].data, state["a.weight"].numpy())
    assert (loaded["b"].shape, loaded["b"].dtype) == ((), np.int64)
    assert loaded["h"].tolist() == [1, 1]
    source.write_bytes(b"not torch's")
    assert main(arguments) == 1
    assert "torch cannot read it as weights" in capsys.readouterr().err
    assert main(["convert", str(tmp_path / "missing.pt"), str(target)]) == 1
    assert minicnn.load(target)["h"].tolist() == [1, 1]  # the old file is still there
