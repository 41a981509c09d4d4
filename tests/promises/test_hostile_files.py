"""Reading any bytes gives a result or a FormatError, soon, and in memory bounded by the bytes.

A failing case names itself: `python -m tests.promises.hostile_files NAME NUMBER` reads it again.
"""

from __future__ import annotations

import time
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest

from minicnn import FormatError
from tests.machine import SCALE
from tests.promises.hostile_files import FORMATS, case, samples
from tests.promises.scratch import overwrite

QUICK = {"idx": 3000, "idx.gz": 4000, "cifar": 1000, "safetensors": 4000, "checkpoint": 2500}
QUICK |= {"log": 3000, "onnx": 1000, "image": 1500}  # 20,000 in all
LONG = 2.5 * SCALE if SCALE > 1 else SCALE  # with `make test-long` 1,000,000 in all
SECONDS = 2.0


@pytest.fixture(params=FORMATS)
def name(request: pytest.FixtureRequest) -> str:
    if request.param in ("onnx", "image"):
        pytest.importorskip({"onnx": "onnx", "image": "PIL"}[request.param])
    return request.param


def read(name: str, path: Path, data: bytes, traced: bool = False) -> str:
    """Read the bytes and return what came of it; check the memory, if asked to: it takes time."""
    overwrite(path, data)
    if traced:
        tracemalloc.start()
    start = time.process_time()
    try:
        peak, refusal = FORMATS[name].read(path), ""
    except FormatError as error:
        peak, refusal = 0, str(error)
    finally:
        seconds = time.process_time() - start
        if traced:
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
    assert seconds < SECONDS
    assert peak <= FORMATS[name].own + FORMATS[name].memory * len(data)
    assert not refusal or refusal.startswith(f"{path}:")
    return "refused" if refusal else "read"


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # of what it can read nevertheless
def test_any_bytes_are_read_or_refused_by_a_format_error(name, tmp_path) -> None:
    for data in samples(name):
        assert read(name, tmp_path / "file", data) == "read"
    outcomes: Counter[str] = Counter()
    for number in range(max(50, round(QUICK[name] * LONG))):
        try:
            traced = number % 8 == 0
            outcomes[read(name, tmp_path / "file", case(name, number), traced)] += 1
        except BaseException:
            print(f"reproduce: python -m tests.promises.hostile_files {name} {number}")
            raise
    assert min(outcomes["read"], outcomes["refused"]) > 0.02 * outcomes.total(), outcomes


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_every_beginning_of_a_file_is_read_or_refused(name, tmp_path) -> None:
    for data in samples(name):
        step = 1 if SCALE > 1 else 1 + len(data) // 200
        outcomes = {read(name, tmp_path / "file", data[:n]) for n in range(0, len(data), step)}
        assert "refused" in outcomes or name == "log"  # whose lines may end anywhere
