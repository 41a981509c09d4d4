"""Any damage to a checkpoint is noticed, and the one before it is loaded with a warning."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from minicnn import FormatError
from minicnn.optim import Adam
from minicnn.training import CheckpointFolder, Trainer, load_checkpoint
from tests.machine import scaled
from tests.promises.scratch import overwrite
from tests.training.nets import loader, small_net

FLIPS = 10_000
FALLBACKS = scaled(300, most=3000)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> CheckpointFolder:
    """The folder of a real run."""
    folder = tmp_path_factory.mktemp("run")
    model = small_net()
    trainer = Trainer(Adam(model.parameters()), progress=False)
    trainer.fit(model, loader(), 2, checkpoint=folder)
    return CheckpointFolder(folder)


@pytest.fixture
def newest(run: CheckpointFolder) -> Iterator[Path]:
    """The newest checkpoint, which gets its bytes back afterwards."""
    path = run.paths()[0]
    data = path.read_bytes()
    yield path
    path.write_bytes(data)


def small_checkpoint(run: CheckpointFolder) -> bytes:
    """A whole file of 1 kB or so, with all kinds of values."""
    folder = CheckpointFolder(run.folder / "small")
    values = {"step": 3, "w": np.arange(6.0), "moments": {0: (0.9, np.ones(3, np.float32))}}
    return folder.save(1, values).read_bytes()


def assert_noticed(path: Path, data: bytes) -> None:
    overwrite(path, data)
    with pytest.raises(FormatError, match=re.escape(str(path))):
        load_checkpoint(path)


def test_every_single_bit_of_a_small_checkpoint_matters(run, tmp_path) -> None:
    data = small_checkpoint(run)
    for place in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            assert_noticed(tmp_path / "flipped", changed)


def test_every_truncation_is_noticed(run, newest, tmp_path) -> None:
    for data in (small_checkpoint(run), newest.read_bytes()):
        for length in range(len(data)):
            assert_noticed(tmp_path / "short", data[:length])
        assert_noticed(tmp_path / "long", data + b"\0")


def test_flips_anywhere_in_a_runs_checkpoint_are_noticed(newest, tmp_path) -> None:
    data = newest.read_bytes()
    rng = random.Random(0)
    for _ in range(FLIPS):
        changed = bytearray(data)
        for _ in range(rng.choice((1, 1, 2, 8))):
            changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        if changed != data:
            assert_noticed(tmp_path / "flipped", changed)


def cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def flipped(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def zeroed(data: bytes, rng: random.Random) -> bytes:
    """As a power cut leaves a file whose blocks were not flushed."""
    begin = rng.randrange(len(data) - 64)
    return data[:begin] + bytes(len(data) - begin)


@pytest.mark.parametrize("damage", [cut, flipped, zeroed])
def test_the_one_before_is_loaded_with_a_warning(
    run, newest, damage: Callable[[bytes, random.Random], bytes]
) -> None:
    data, rng = newest.read_bytes(), random.Random(0)
    before = load_checkpoint(run.paths()[1])
    assert before["counters"]["epoch"] == 1
    for _ in range(FALLBACKS // 3):
        overwrite(newest, damage(data, rng))
        with pytest.warns(RuntimeWarning, match=rf"{newest.name}.*; trying the one before"):
            state = run.load()
        assert state["counters"] == before["counters"]
        weights = state["parts"]["model"]["0.weight"]
        assert weights.tolist() == before["parts"]["model"]["0.weight"].tolist()
