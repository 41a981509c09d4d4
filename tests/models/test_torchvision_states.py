"""Every network has torchvision's names and shapes, so that its weights load without renaming.

The names and shapes were written by tools/torchvision_states.py from torchvision 0.29.1.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minicnn
from minicnn import models, nn

STATES = json.loads((Path(__file__).parent / "torchvision_states.json").read_text())


def flat(tree: dict[str, Any], prefix: str = "") -> dict[str, tuple[int, ...]]:
    out: dict[str, tuple[int, ...]] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            out |= flat(value, f"{prefix}{key}.")
        else:
            out[prefix + key] = tuple(value)
    return out


def made(text: str) -> nn.Module:
    """The model of "mobilenet_v2 width_mult=0.35"; no values are drawn, no memory is touched."""
    name, *settings = text.split()
    with nn.init.undrawn():
        return getattr(models, name)(
            **{key: json.loads(value.lower()) for key, value in (s.split("=") for s in settings)}
        )


@pytest.mark.parametrize("text", STATES)
def test_names_shapes_and_order_are_torchvisions(text: str) -> None:
    ours = {key: value.shape for key, value in made(text).state_dict().items()}
    assert ours == flat(STATES[text])
    assert list(ours) == list(flat(STATES[text]))


def test_all_of_torchvisions_networks_here_are_compared() -> None:
    functions = {n for n in models.__all__ if n.islower()}
    cifar = {f"resnet{depth}" for depth in (20, 32, 44, 56, 110)}
    assert {text.split()[0] for text in STATES} == functions - cifar


def test_weights_of_a_file_are_loaded(tmp_path: Path) -> None:
    model = models.squeezenet1_1(num_classes=3)
    minicnn.save(model.state_dict(), tmp_path / "w.safetensors")
    again = models.squeezenet1_1(num_classes=3, weights=tmp_path / "w.safetensors")
    for key, value in model.state_dict().items():
        np.testing.assert_array_equal(again.state_dict()[key].data, value.data)
    with pytest.raises(minicnn.StateDictError, match=r"wrong shape +classifier.1.weight +\(4, 512"):
        models.squeezenet1_1(num_classes=4, weights=tmp_path / "w.safetensors")
    with pytest.raises(FileNotFoundError, match="no file 'DEFAULT'; minicnn downloads no weights"):
        models.resnet18(weights="DEFAULT")


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("wanted", [False, True])
def test_googlenet_takes_weights_with_or_without_side_exits(
    stored: bool, wanted: bool, tmp_path: Path
) -> None:
    path = tmp_path / "w.safetensors"
    model = models.GoogLeNet(5, aux_logits=stored)
    minicnn.save(model.state_dict(), path)
    if wanted and not stored:
        with pytest.raises(minicnn.StateDictError, match=r"missing +aux1.conv.conv.weight"):
            models.googlenet(5, aux_logits=True, weights=path)
        return
    loaded = models.googlenet(5, aux_logits=wanted, weights=path)
    assert loaded.transform_input  # as in torchvision, where weights are given
    assert any(k.startswith("aux") for k in loaded.state_dict()) == wanted
    assert loaded.fc.weight.tolist() == model.fc.weight.tolist()
    assert not models.googlenet(5, weights=path).aux_logits
