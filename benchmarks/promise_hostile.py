"""Arguments that nobody should pass, and arrays as NumPy may have them, for promise_probes.py."""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from promise_libraries import Library

INTEGERS = (0, -1, 2**31 - 1, 2**31, 2**31 + 1, 2**62, 2**63 - 1)
Case = tuple[str, Callable[[Library], Any], tuple[int, ...] | None]


def layouts_of(x: np.ndarray) -> dict[str, np.ndarray]:
    """Return the values of x, shape (N, C, H, W), in memory layouts of every kind."""
    misaligned = np.frombuffer(b"." + x.tobytes(), np.uint8)[1:].view(x.dtype).reshape(x.shape)
    read_only = x.copy()
    read_only.flags.writeable = False
    wide = np.zeros((*x.shape[:3], 2 * x.shape[3]), x.dtype)
    wide[..., ::2] = x
    field = np.zeros(x.shape, [("other", "u1"), ("value", x.dtype)])
    field["value"] = x
    with tempfile.NamedTemporaryFile() as file:
        memmap = np.memmap(file.name, x.dtype, "w+", shape=x.shape)
        memmap[...] = x

    class Own(np.ndarray):
        pass

    return {
        "C order": x,
        "Fortran order": np.asfortranarray(x),
        "channels last": np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2),
        "every second column": wide[..., ::2],
        "negative strides": np.ascontiguousarray(x[:, :, ::-1, ::-1])[:, :, ::-1, ::-1],
        "misaligned": misaligned,
        "read-only": read_only,
        "other byte order": x.astype(x.dtype.newbyteorder()),
        "field of a struct": field["value"],
        "memory map": memmap,
        "subclass": x.view(Own),
    }


def size(image: int, kernel: int, stride: int, padding: int, dilation: int) -> int | None:
    """Return the number of windows along an axis, in integers without bound; None if refused."""
    if stride < 1 or padding < 0 or dilation < 1:
        return None
    extent = image + 2 * padding - dilation * (kernel - 1)
    return (extent - 1) // stride + 1 if extent >= 1 else None


def cases() -> Iterator[Case]:
    """Yield a name, a call and the shape that it may have (None: it must be refused)."""
    x, w = np.ones((1, 4, 6, 6), np.float32), np.ones((4, 4, 2, 2), np.float32)
    settings = ("stride", "padding", "dilation")
    for op in ("conv2d", "max_pool2d", "avg_pool2d"):
        for name in settings[: 2 if op == "avg_pool2d" else 3]:
            for value in INTEGERS:
                for pair in (False, True):
                    numbers = [dict(stride=1, padding=0, dilation=1) for _ in range(2)]
                    numbers[1][name] = value
                    numbers[0][name] = numbers[0][name] if pair else value
                    sides = [size(6, 2, **axis) for axis in numbers]
                    limited = op != "conv2d" and any(axis["padding"] > 1 for axis in numbers)
                    fits = not limited and None not in sides and sides[0] * sides[1] * 16 < 2**40
                    given: Any = {name: (numbers[0][name], value) if pair else value}
                    if op != "conv2d":
                        given = dict(kernel_size=2, stride=1) | given
                    yield (
                        f"{op}({given})",
                        lambda lib, op=op, given=given: getattr(lib.F, op)(
                            lib.tensor(x), *([lib.tensor(w)] if op == "conv2d" else []), **given
                        ),
                        (1, 4, *sides) if fits else None,
                    )
    for value in INTEGERS:
        yield (
            f"conv2d(groups={value})",
            lambda lib, value=value: lib.F.conv2d(lib.tensor(x), lib.tensor(w), groups=value),
            None,
        )


def outcome(lib: Library, call: Callable[[Library], Any], shape: tuple[int, ...] | None) -> str:
    """Run in a child: what became of one call."""
    resource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33))
    start = time.perf_counter()
    try:
        got = tuple(call(lib).shape)
    except (ValueError, TypeError, MemoryError, RuntimeError, OverflowError, IndexError):
        kind = "refused"
    else:
        kind = "right" if got == shape else f"wrong shape {got}"
    slow = time.perf_counter() - start > 0.5
    return f"{kind}, slow" if slow else kind


def hostile(lib: Library) -> dict[str, Any]:
    """Each call in a forked child, so that a crash or an endless loop ends only that."""
    lib.set_threads(1)
    found: dict[str, list[str]] = {"refused": [], "right": []}
    for name, call, shape in cases():
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writer, outcome(lib, call, shape).encode())
            os._exit(0)
        os.close(writer)
        ready, _, _ = select.select([reader], [], [], 10)
        text = os.read(reader, 1000).decode() if ready else "no answer in 10 s"
        os.close(reader)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        found.setdefault((text or "crash").partition(" (")[0], []).append(f"{name}: {text}")
    counts = {kind: len(names) for kind, names in found.items()}
    text = ", ".join(f"{n} {kind}" for kind, n in counts.items() if n)
    examples = {kind: names[:8] for kind, names in found.items() if kind not in ("refused",)}
    return {
        "text": f"of {sum(counts.values())}: {text}",
        "examples": json.loads(json.dumps(examples)),
    }
