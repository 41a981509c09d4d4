"""A training run that is killed loses at most three steps, and ends with the same bits.

The run (see killed_run.py) has shuffled and augmented batches from two worker processes, dropout,
running statistics and means, Adam, a scheduler in steps, and gradients gathered over two batches.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from minicnn.training import History
from tests.machine import scaled
from tests.training import killed_run

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-u", "-m", "tests.training.killed_run"]
OLDEST = 3  # steps that may be lost
KILLS = max(4, scaled(20, most=200))
KILLS_OF_A_RUN = 4
STEPS = killed_run.EPOCHS * killed_run.STEPS_PER_EPOCH


@pytest.fixture(scope="module")
def expected() -> str:
    """The final hash of a run without kill, checkpoint or workers."""
    return killed_run.train(None, num_workers=0)


def killed_at_random(folder: Path, save_every: int, rng: random.Random) -> tuple[int, int]:
    """Kill a run some time after it said something; return where it began and its last step."""
    command = [*COMMAND, str(folder), str(save_every)]
    pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        assert process.stdout is not None
        heard = [process.stdout.readline() for _ in range(rng.randint(0, 6))]
        time.sleep(rng.random() * (0.02 if heard else 0.5))  # a step, or all that precedes
        process.kill()
        rest, errors = process.communicate()
    assert process.returncode in (-9, 0), errors  # 0: it was done already
    lines = "".join([*heard, rest]).splitlines()
    begin = next((int(line.split()[1]) for line in lines if line.startswith("begin ")), -1)
    steps = [int(line.split()[1]) for line in lines if line.startswith("step ")]
    return begin, max(steps, default=begin)


def finish(folder: Path, save_every: int) -> tuple[int, str]:
    """Resume in a new process until the end; return where it began, and its hash."""
    done = subprocess.run(
        [*COMMAND, str(folder), str(save_every)],
        **dict(check=True, cwd=ROOT, capture_output=True, timeout=120, text=True),
    )
    return int(done.stdout.split()[1]), (folder / "digest").read_text()


def assert_ended_well(folder: Path, save_every: int, reached: int, expected: str) -> None:
    begin, found = finish(folder, save_every)
    assert reached - OLDEST <= begin
    assert found == expected
    before_last = STEPS - 1 if save_every == 1 else STEPS - save_every
    names = [f"checkpoint-{step:08d}.safetensors" for step in (before_last, STEPS)]
    others = ["digest", "run.jsonl"]  # and no temporary file
    assert sorted(path.name for path in folder.iterdir()) == sorted(names + others)
    losses = str(History.read(folder / "run.jsonl")["loss"])
    assert losses in expected


def test_the_run_depends_on_all_that_a_checkpoint_keeps(expected) -> None:
    """Else the tests below could not fail: the augmentation and dropout must matter."""
    shifted = killed_run.SAMPLES
    try:
        killed_run.SAMPLES = shifted - 1
        assert killed_run.train(None, 0).split()[0] != expected.split()[0]
    finally:
        killed_run.SAMPLES = shifted


@pytest.mark.parametrize("seed", range(KILLS // KILLS_OF_A_RUN))
def test_a_run_killed_at_random_times_ends_with_the_same_bits(tmp_path, expected, seed) -> None:
    rng = random.Random(seed)
    save_every = 1 + seed % OLDEST
    reached = 0
    for _ in range(KILLS_OF_A_RUN):
        begin, last = killed_at_random(tmp_path, save_every, rng)
        assert begin == -1 or reached - OLDEST <= begin
        reached = max(reached, last)
    assert_ended_well(tmp_path, save_every, reached, expected)


# The last: where a run that is resumed has nothing left to save.
CALLS = [("fsync", 9), ("fsync", 10), ("replace", 3), ("unlink", 8), ("unlink", 46)]


@pytest.mark.parametrize(("call", "number"), CALLS)
def test_a_run_killed_while_it_writes_ends_with_the_same_bits(
    tmp_path, expected, call, number
) -> None:
    """In the place of the call that flushes a file or its folder, renames or removes."""
    killed = subprocess.run(
        [*COMMAND, str(tmp_path), "1", call, str(number)],
        **dict(cwd=ROOT, capture_output=True, timeout=120, text=True),
    )
    assert killed.returncode == -9
    reached = int(killed.stdout.split()[-1])
    assert_ended_well(tmp_path, 1, reached, expected)
