"""The log of a run: what is written comes back, torn lines go, wrong files say so."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import FormatError
from minicnn.optim import SGD
from minicnn.training import History, RunLog, Trainer, read_log
from tests.machine import cases
from tests.training.nets import loader, small_net

plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.floats(allow_nan=False)),
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(st.text(), below)),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), plain), max_size=4))
@cases(25)
def test_what_is_written_comes_back(tmp_path_factory, records) -> None:
    log = RunLog(tmp_path_factory.mktemp("log") / "below" / "run.jsonl")
    for values in records:
        log.write("epoch", **values)
    if records:
        assert read_log(log.path) == [{"event": "epoch", **values} for values in records]


def test_arrays_become_lists_and_what_is_no_number_stays(tmp_path) -> None:
    log = RunLog(tmp_path / "run.jsonl")
    log.write("epoch", matrix=np.eye(2, dtype=int), loss=np.float32("nan"), best=-math.inf)
    (record,) = read_log(log.path)
    assert record["matrix"] == [[1, 0], [0, 1]]
    assert math.isnan(record["loss"])
    assert record["best"] == -math.inf


@pytest.mark.parametrize("torn", [b"{", b'{"event": "epoch", "n": 1', b"x" * 10_000, b"\0" * 5000])
@pytest.mark.parametrize("whole", [0, 1, 3])
def test_a_torn_last_line_is_passed_over_and_then_replaced(tmp_path, torn, whole) -> None:
    log = RunLog(tmp_path / "run.jsonl")
    for n in range(whole):
        log.write("epoch", n=n, padding="x" * 3000)
    with open(log.path, "ab") as file:
        file.write(torn)
    assert [record["n"] for record in read_log(log.path)] == list(range(whole))
    log.write("epoch", n=whole)
    assert [record["n"] for record in read_log(log.path)] == list(range(whole + 1))
    assert torn not in log.path.read_bytes()[-len(torn) - 1 :]


@pytest.mark.parametrize(
    "line", [b"", b"3", b"{}", b'{"event": 3}', b"\xff", b"[" * 100_000, b'{"event": "e", "x": NaN']
)
def test_a_wrong_line_is_named_by_its_place(tmp_path, line) -> None:
    log = RunLog(tmp_path / "run.jsonl")
    log.write("begin")
    place = log.path.stat().st_size
    log.path.write_bytes(log.path.read_bytes() + line + b"\n")
    with pytest.raises(FormatError, match=r"run\.jsonl: at byte \d+: the line is no record"):
        read_log(log.path)
    with pytest.raises(FormatError) as caught:
        History.read(log.path)
    assert caught.value.offset == place


def test_a_runs_log_tells_its_history_once(tmp_path) -> None:
    def fit(epochs: int, resume: bool) -> History:
        model = small_net()
        trainer = Trainer(SGD(model.parameters(), 0.1), progress=False)
        return trainer.fit(model, loader(), epochs, checkpoint=tmp_path, resume=resume)

    fit(3, resume=False)
    newest = max(tmp_path.glob("checkpoint-*"))
    newest.unlink()  # as if killed after the log's line and before the checkpoint
    history = fit(4, resume=True)
    path = tmp_path / "run.jsonl"
    events = [record["event"] for record in read_log(path)]
    assert events == ["begin", *["epoch"] * 3, "end", "resume", *["epoch"] * 2, "end"]
    assert list(History.read(path)) == list(history)


def test_a_log_that_lacks_epochs_is_refused(tmp_path) -> None:
    log = RunLog(tmp_path / "run.jsonl")
    log.write("resume", epochs_done=2)
    with pytest.raises(FormatError, match="cannot go on after 2 epochs of 0 logged"):
        History.read(log.path)


def test_what_cannot_be_stored_is_named_and_nothing_written(tmp_path) -> None:
    log = RunLog(tmp_path / "run.jsonl")
    with pytest.raises(TypeError, match=r"log.x is a set, which cannot be stored"):
        log.write("epoch", x={1})
    assert not log.path.exists()
