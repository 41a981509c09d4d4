"""A run that is interrupted and resumed ends with the bits of the run that never was."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import numpy as np
import pytest

from minicnn.optim import SGD, Adam
from minicnn.training import Callback, CheckpointFolder, Trainer
from tests.training.nets import blobs, digest, loader, small_net


def checkpoints(folder: Path) -> list[str]:
    """Names of all files of a run but its log."""
    return sorted(path.name for path in folder.iterdir() if path.name != "run.jsonl")


class Interrupt(Callback):
    """Ends a run with an error before its step number `step`."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_gradients(self, run) -> None:
        if run.step == self.step:
            raise KeyboardInterrupt


@pytest.mark.parametrize("step", range(1, 12, 2))
@pytest.mark.parametrize("save_every", [None, 3])
def test_an_interrupted_run_goes_on_from_its_last_checkpoint(tmp_path, step, save_every) -> None:
    def fit(*callbacks: Callback, resume: bool):
        model = small_net()
        trainer = Trainer(Adam(model.parameters()), callbacks=callbacks, progress=False)
        arguments = dict(checkpoint=tmp_path, save_every=save_every, resume=resume)
        return digest(model), trainer.fit(model, loader(), 3, **arguments), digest(model)

    with pytest.raises(KeyboardInterrupt):
        fit(Interrupt(step), resume=False)
    _, history, weights = fit(resume=True)
    model = small_net()
    whole = Trainer(Adam(model.parameters()), progress=False).fit(model, loader(), 3)
    assert weights == digest(model)
    for name in ("epoch", "loss", "lr"):
        assert history[name] == whole[name]
    _, again, weights_again = fit(resume=True)  # of a run that is over: nothing more is done
    assert weights_again == weights
    assert again["loss"] == whole["loss"]


def test_batches_without_a_state_are_skipped_by_number(tmp_path) -> None:
    x, labels = (tensor.data for tensor in blobs(40).tensors)
    batches = [(x[i : i + 8], labels[i : i + 8]) for i in range(0, 40, 8)]
    digests = []
    for callbacks in ([Interrupt(8)], [], [Interrupt(99)]):
        model = small_net()
        folder = tmp_path if not digests else tmp_path / "other"
        trainer = Trainer(SGD(model.parameters(), 0.1), callbacks=callbacks, progress=False)
        if not callbacks:
            folder = tmp_path
        try:
            trainer.fit(model, batches, 3, checkpoint=folder, save_every=3, resume=True)
        except KeyboardInterrupt:
            continue
        digests.append(digest(model))
    assert digests[0] == digests[1]


def test_a_folder_in_use_is_not_begun_anew(tmp_path) -> None:
    model = small_net()
    trainer = Trainer(SGD(model.parameters(), 0.1), progress=False)
    trainer.fit(model, loader(), 1, checkpoint=tmp_path)
    with pytest.raises(FileExistsError, match=r"has the checkpoints of an earlier run; resume="):
        trainer.fit(model, loader(), 2, checkpoint=tmp_path)


def test_a_checkpoint_of_another_run_is_refused(tmp_path) -> None:
    model = small_net()
    Trainer(SGD(model.parameters(), 0.1), progress=False).fit(
        model, loader(), 1, checkpoint=tmp_path
    )
    before = digest(model)
    with pytest.raises(ValueError, match=r"resume: the checkpoint is of a run with.*'SGD'.*'Adam'"):
        Trainer(Adam(model.parameters()), progress=False).fit(
            model, loader(), 2, checkpoint=tmp_path, resume=True
        )
    assert digest(model) == before


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_fails_ends_the_run_and_leaves_the_checkpoints(
    tmp_path, monkeypatch, call
) -> None:
    def fit():
        model = small_net()
        trainer = Trainer(Adam(model.parameters()), progress=False)
        trainer.fit(model, loader(), 3, checkpoint=tmp_path, save_every=1, resume=True)
        return digest(model)

    real, calls = getattr(os, call), itertools.count()

    def failing(*args):
        if next(calls) == 13:
            raise OSError(28, "No space left on device")
        return real(*args)

    monkeypatch.setattr(os, call, failing)
    with pytest.raises(OSError, match=r"cannot write .*checkpoint-\d+\.safetensors: No space"):
        fit()
    assert len(checkpoints(tmp_path)) == 2  # and no temporary file
    monkeypatch.undo()
    resumed = fit()
    model = small_net()
    Trainer(Adam(model.parameters()), progress=False).fit(model, loader(), 3)
    assert resumed == digest(model)


def test_a_damaged_checkpoint_is_passed_over_with_a_warning(tmp_path) -> None:
    def fit(epochs: int, folder: Path):
        model = small_net()
        trainer = Trainer(Adam(model.parameters()), progress=False)
        trainer.fit(model, loader(), epochs, checkpoint=folder, resume=True)
        return digest(model)

    expected = fit(3, tmp_path / "whole")
    fit(2, tmp_path / "damaged")
    newest = CheckpointFolder(tmp_path / "damaged").paths()[0]
    data = bytearray(newest.read_bytes())
    data[len(data) // 2] ^= 16
    newest.write_bytes(data)
    with pytest.warns(RuntimeWarning, match=rf"{newest.name}: is damaged.*trying the one before"):
        assert fit(3, tmp_path / "damaged") == expected
    assert np.all([path.stat().st_size > 0 for path in (tmp_path / "damaged").iterdir()])


KEPT = ["checkpoint-00000012.safetensors", "checkpoint-00000015.safetensors"]


def fit_in(folder: Path) -> None:
    """Train for 3 epochs of 5 steps each, from the last checkpoint on."""
    model = small_net()
    trainer = Trainer(Adam(model.parameters()), progress=False)
    trainer.fit(model, loader(), 3, checkpoint=folder, save_every=4, resume=True)


@pytest.fixture
def killed(tmp_path) -> Path:
    """A run killed in its last save, when the new file had its name and no old one was removed."""
    fit_in(tmp_path)
    assert checkpoints(tmp_path) == KEPT
    half_written = f".{KEPT[0]}.{2**31 - 1}-01234567.tmp"  # by a process that no longer runs
    for name in ("checkpoint-00000010.safetensors", half_written):
        (tmp_path / name).write_bytes((tmp_path / KEPT[0]).read_bytes())
    return tmp_path


def test_a_run_killed_in_its_last_save_is_tidied_when_it_goes_on(killed) -> None:
    fit_in(killed)
    assert checkpoints(killed) == KEPT


def test_nothing_is_removed_for_a_checkpoint_that_cannot_be_taken(killed) -> None:
    before = checkpoints(killed)
    model = small_net()
    trainer = Trainer(SGD(model.parameters(), 0.1), progress=False)
    with pytest.raises(ValueError, match="does not fit this run"):
        trainer.fit(model, loader(), 3, checkpoint=killed, resume=True)
    assert checkpoints(killed) == before
