"""A checkpoint whose checksum is right can still hold anything: what does not fit is refused.

The refusal is a FormatError that names the file, and the run is as it was before.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minicnn import FormatError
from minicnn.metrics import Accuracy
from minicnn.optim import Adam
from minicnn.optim.ema import ExponentialMovingAverage
from minicnn.optim.lr_scheduler import StepLR
from minicnn.training import (
    CheckpointFolder,
    EarlyStopping,
    Trainer,
    load_checkpoint,
    save_checkpoint,
)
from tests.training.nets import digest, loader, small_net

Tree = dict[str, Any]
Place = tuple[Any, ...]  # keys from the top of the tree


class Run:
    """Everything that a checkpoint has parts of."""

    def __init__(self) -> None:
        self.model = small_net()
        optimizer = Adam(self.model.parameters())
        self.trainer = Trainer(
            optimizer,
            metrics=[Accuracy()],
            scheduler=StepLR(optimizer, 1),
            callbacks=[EarlyStopping(monitor="loss")],
            ema=ExponentialMovingAverage(self.model.parameters(), decay=0.5),
            progress=False,
        )

    def fit(self, folder: Path, epochs: int = 2) -> None:
        self.trainer.fit(self.model, loader(16), epochs, checkpoint=folder, resume=True)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    folder = tmp_path_factory.mktemp("run")
    Run().fit(folder, epochs=1)
    return load_checkpoint(CheckpointFolder(folder).paths()[0])


def places(tree: Any, above: Place = ()) -> Iterator[Place]:
    """Yield the place of each entry of a dictionary or a list, at any depth."""
    entries = {dict: lambda: tree.items(), list: lambda: enumerate(tree)}.get(type(tree), dict)
    for key, value in entries():
        yield (*above, key)
        yield from places(value, (*above, key))


def changed(state: Tree, place: Place, *value: Any) -> Tree:
    """Return a copy with another value at this place, or without the entry."""
    tree = copy.deepcopy(state)
    above: Any = tree
    for key in place[:-1]:
        above = above[key]
    if value:
        above[place[-1]] = value[0]
    else:
        del above[place[-1]]
    return tree


def problem(folder: Path, state: Tree) -> str:
    """Go on from this state; return what was wrong with it, or nothing."""
    path = folder / "checkpoint-00000002.safetensors"
    for old in CheckpointFolder(folder).paths():
        old.unlink()
    save_checkpoint(state, path)
    run = Run()
    before = digest(run.model)
    try:
        run.fit(folder)
    except FormatError as error:
        text = str(error)
    else:
        return ""
    assert text.startswith(f"{path}: does not fit this run: ")
    assert digest(run.model) == before
    assert not run.trainer.optimizer.state
    assert run.trainer.scheduler.last_epoch == 0
    return text


def may_be_missing(place: Place) -> bool:
    """Tell of logs of earlier epochs, of a parameter without a gradient, of settings that stay."""
    return (
        (place[0] == "history" and len(place) > 1)
        or (place[:3] == ("parts", "optimizer", "state") and len(place) == 4)
        or (place[:3] == ("parts", "optimizer", "param_groups") and len(place) == 5)
        or (place[:2] == ("parts", "scheduler") and len(place) == 4)
    )


def test_what_is_missing_is_named_with_the_file(state: Tree, tmp_path: Path) -> None:
    found = list(places(state))
    assert len(found) > 100
    for place in found:
        text = problem(tmp_path, changed(state, place))
        if not text:
            assert may_be_missing(place), place
        elif isinstance(place[-1], str) and place[0] != "random":  # where NumPy says it
            assert place[-1] in text, place


@pytest.mark.parametrize("value", [None, -1, "x", [], {}, 2**70, float("nan"), [[]]])
def test_what_is_something_else_is_named_with_the_file(
    state: Tree, value: Any, tmp_path: Path
) -> None:
    tops = [(key,) for key in state if not (key == "history" and value == [])]
    counters = [("counters", name) for name in ("epoch", "batch", "step") if value != 2**70]
    for place in (*tops, *counters, *(("parts", part) for part in state["parts"])):
        assert problem(tmp_path, changed(state, place, value)), place


def test_the_state_itself_is_taken(state: Tree, tmp_path: Path) -> None:
    assert not problem(tmp_path, state)
