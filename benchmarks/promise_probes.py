"""One probe for each row of promises_pytorch.py; each runs in a process of its own.

    python benchmarks/promise_probes.py NAME minicnn|torch        # prints one JSON object

A probe returns `text`, what the table says, and the numbers that it was made from.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import promise_hostile
import reference
from promise_libraries import Library, conv_passes, digest, library, trained_digest
from shapes import CONV_SHAPES, ConvShape

Result = dict[str, Any]
EPS = float(np.finfo(np.float32).eps)
SMALL = [ConvShape(3, 5, 9, 7, 3, 1, 1), ConvShape(2, 8, 15, 12, 5, 2, 2)]


def arrays_of(s: ConvShape, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x, w, g = (rng.standard_normal(shape).astype(np.float32) for shape in (s.x, s.weight, s.y))
    return x, w, g


def threads_bits(lib: Library) -> Result:
    """Bits of one convolution's results with 1 and with 2 threads."""
    differ = dict.fromkeys(("y", "grad_x", "grad_weight"), 0)
    for s in CONV_SHAPES:
        x, w, g = arrays_of(s)
        results = []
        for threads in (1, 2):
            lib.set_threads(threads)
            results.append(conv_passes(lib, x, w, g, stride=s.stride, padding=s.padding))
        for name in differ:
            differ[name] += results[0][name].tobytes() != results[1][name].tobytes()
    total = len(CONV_SHAPES)
    if not any(differ.values()):
        return {"text": f"equal in all {total} layers", "differ": differ}
    parts = [f"{name} differs in {count}" for name, count in differ.items() if count]
    return {"text": f"of {total} layers, {', '.join(parts)}", "differ": differ}


def training_bits(lib: Library) -> Result:
    """The hash of all weights after 30 steps with 1, 2 and 3 threads."""
    hashes = [trained_digest(lib, threads) for threads in (1, 2, 3)]
    count = len(set(hashes))
    text = "the same weights" if count == 1 else f"{count} different sets of weights"
    return {"text": text, "hashes": hashes}


def run_hash(lib: Library) -> Result:
    """One of several runs that are to be alike; the driver compares."""
    return {"text": trained_digest(lib, 2)}


def ctrl_c(lib: Library) -> Result:
    """Seconds from SIGINT to KeyboardInterrupt, inside of one convolution of some seconds."""
    lib.set_threads(1)
    s = ConvShape(16, 64, 64, 64, 5, 1, 2)
    x, w, _ = arrays_of(s)
    lib.F.conv2d(lib.tensor(x), lib.tensor(w), padding=2)
    start = time.perf_counter()
    lib.F.conv2d(lib.tensor(x), lib.tensor(w), padding=2)
    times = max(1, round(4 / (time.perf_counter() - start)))
    large = lib.tensor(np.tile(x, (times, 1, 1, 1)))
    sent: list[float] = []

    def interrupt() -> None:
        time.sleep(0.5)
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    start = time.perf_counter()
    try:
        lib.F.conv2d(large, lib.tensor(w), padding=2)
        time.sleep(1)  # the signal may be delivered right after
        return {"text": "not interrupted"}
    except KeyboardInterrupt:
        now = time.perf_counter()
    delay, whole = now - sent[0], now - start
    return {"text": f"after {delay * 1000:.0f} ms", "delay": delay, "until then": whole}


def fork(lib: Library) -> Result:
    """Children forked after kernels ran with 2 threads; each computes the same and says so."""
    lib.set_threads(2)
    s = ConvShape(8, 16, 32, 32, 3, 1, 1)
    x, w, g = arrays_of(s)
    expected = digest(list(conv_passes(lib, x, w, g, padding=1).values()))
    hung = wrong = 0
    for cycle in range(20):
        child = os.fork()
        if child == 0:
            same = digest(list(conv_passes(lib, x, w, g, padding=1).values())) == expected
            os._exit(0 if same else 1)
        end = time.monotonic() + 10
        while (done := os.waitpid(child, os.WNOHANG))[0] == 0 and time.monotonic() < end:
            time.sleep(0.005)
        if done[0] == 0:
            hung += 1
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            if hung == 3:
                return {"text": f"hang: 3 of {cycle + 1} children", "hung": hung}
        else:
            wrong += done[1] != 0
    text = "20 of 20 children compute" if hung + wrong == 0 else f"{hung} hang, {wrong} wrong"
    return {"text": text, "hung": hung, "wrong": wrong}


def weights(seed: int, megabytes: float = 4) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    count = int(megabytes * 2**20 / 4 / 4)
    return {f"layer{i}": rng.standard_normal(count).astype(np.float32) for i in range(4)}


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return a.keys() == b.keys() and all(a[k].tobytes() == b[k].tobytes() for k in a)


def full_disk(lib: Library) -> Result:
    """Saving over a checkpoint when only a part of the new one fits (RLIMIT_FSIZE)."""
    import resource

    lost = leftovers = 0
    parts = (0, 1, 100, 4096, 2**20, 2**21, 4 * 2**20)
    for allowed in parts:
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/checkpoint"
            lib.save(weights(0), path)
            resource.setrlimit(resource.RLIMIT_FSIZE, (allowed, resource.RLIM_INFINITY))
            try:
                lib.save(weights(1), path)
            except Exception as error:
                said = str(error)
            else:
                said = "nothing"
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
            try:
                lost += not same(lib.load(path), weights(0))
            except Exception:
                lost += 1
            leftovers += len(os.listdir(folder)) - 1
    text = f"the old one is {'kept' if not lost else 'destroyed'}: {lost} of {len(parts)} lost"
    return {"text": text, "lost": lost, "left files": leftovers, "last error": said}


def killed(lib: Library) -> Result:
    """SIGKILL at random times while one checkpoint is saved over another, again and again."""
    rng = np.random.default_rng(0)
    lost, kills = 0, 20
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/checkpoint"
        for _ in range(kills):
            lib.save(weights(0, 16), path)
            child = os.fork()
            if child == 0:
                while True:
                    lib.save(weights(0, 16), path)
            time.sleep(float(rng.uniform(0.05, 0.5)))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            try:
                lost += not same(lib.load(path), weights(0, 16))
            except Exception:
                lost += 1
    return {"text": f"{lost} of {kills} kills lose the checkpoint", "lost": lost}


def flipped(save: Callable[..., None], load: Callable[[str], Any]) -> Result:
    """Flip one bit of a file; is it refused, harmless, or are wrong weights loaded?"""
    rng = np.random.default_rng(0)
    good, count = weights(0, 0.02), 300
    outcome = dict.fromkeys(("refused", "harmless", "wrong weights, silently"), 0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        save(good, str(path))
        data = path.read_bytes()
        for _ in range(count):
            broken = bytearray(data)
            broken[rng.integers(len(data))] ^= 1 << int(rng.integers(8))
            path.write_bytes(broken)
            try:
                right = same(load(str(path)), good)
            except Exception:
                outcome["refused"] += 1
            else:
                outcome["harmless" if right else "wrong weights, silently"] += 1
    text = ", ".join(f"{n} {what}" for what, n in outcome.items() if n)
    return {"text": f"of {count}: {text}", **outcome}


def flipped_checkpoint(lib: Library) -> Result:
    return flipped(lib.save, lib.load)


def flipped_weights(lib: Library) -> Result:
    return flipped(lib.save_weights, lib.load_weights)


def layouts(lib: Library) -> Result:
    """Arrays as NumPy may have them, given to a convolution without a copy by the caller."""
    s = SMALL[0]
    x, w, g = arrays_of(s)
    expected = conv_passes(lib, x, w, g, padding=1)["y"]
    refused, wrong = [], []
    cases = promise_hostile.layouts_of(x)
    for name, array in cases.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # PyTorch warns of read-only arrays
                y = lib.array(lib.F.conv2d(lib.tensor(array), lib.tensor(w), padding=1))
        except (TypeError, ValueError, RuntimeError):
            refused.append(name)
        else:
            if not np.allclose(y, expected, atol=1e-4):
                wrong.append(name)
    text = f"{len(cases) - len(refused) - len(wrong)} of {len(cases)} accepted"
    text += f"; refused: {', '.join(refused)}" if refused else ""
    text += f"; WRONG: {', '.join(wrong)}" if wrong else ""
    return {"text": text, "refused": refused, "wrong": wrong}


def rounding(lib: Library) -> Result:
    """The largest |error| / (eps * cond) over layers and passes, against NumPy in float64."""
    lib.set_threads(2)
    worst = dict.fromkeys(("y", "grad_x", "grad_weight"), 0.0)
    rng = np.random.default_rng(1)
    shapes = list(SMALL)
    for _ in range(60):
        K, stride = int(rng.integers(1, 6)), int(rng.integers(1, 4))
        N, C, H, C_out = (int(i) for i in rng.integers((1, 1, 6, 1), (9, 40, 24, 40)))
        shapes.append(ConvShape(N, C, H, C_out, K, stride, K // 2))
    for i, s in enumerate(shapes):
        x, w, g = arrays_of(s, i)
        got = conv_passes(lib, x, w, g, stride=s.stride, padding=s.padding)
        wide = [a.astype(np.float64) for a in (x, w, g)]
        for name, expected, cond in zip(worst, passes(s, *wide), passes(s, *map(np.abs, wide))):
            error = np.abs(got[name] - expected) / (EPS * np.maximum(cond, 1e-300))
            worst[name] = max(worst[name], float(error.max()))
    text = ", ".join(f"{name} {value:.2f}" for name, value in worst.items())
    return {"text": text, **worst}


def passes(s: ConvShape, x: np.ndarray, w: np.ndarray, g: np.ndarray) -> list[np.ndarray]:
    return [
        reference.forward(s, x, w),
        reference.backward_input(s, g, w),
        reference.backward_weight(s, g, x),
    ]


PROBES: dict[str, Callable[[Library], Result]] = {
    "threads": threads_bits,
    "training": training_bits,
    "run": run_hash,
    "ctrl-c": ctrl_c,
    "fork": fork,
    "full disk": full_disk,
    "kill": killed,
    "flipped checkpoint": flipped_checkpoint,
    "flipped weights": flipped_weights,
    "hostile": promise_hostile.hostile,
    "layouts": layouts,
    "rounding": rounding,
}


if __name__ == "__main__":
    print(json.dumps(PROBES[sys.argv[1]](library(sys.argv[2]))))
