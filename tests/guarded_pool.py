"""Pool arrays that lie against forbidden pages: a read outside of an input ends this process.

Run by tests/ops/test_max_pool2d.py and test_avg_pool2d.py with the op's name as the argument.
"""

from __future__ import annotations

import ctypes
import itertools
import mmap
import sys

import numpy as np

from minicnn import Tensor, _core, ops

PAGE = mmap.PAGESIZE


def guarded(x, at_end):
    """Return a copy of x whose last (or first) byte is next to a page that must not be touched."""
    pages = -(-x.nbytes // PAGE) + 2
    memory = mmap.mmap(-1, pages * PAGE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    for page in (0, pages - 1):
        failed = ctypes.CDLL(None).mprotect(ctypes.c_void_p(start + page * PAGE), PAGE, 0)
        assert failed == 0
    offset = (pages - 1) * PAGE - x.nbytes if at_end else PAGE
    copy = np.frombuffer(memory, x.dtype, x.size, offset).reshape(x.shape)
    copy[...] = x
    return copy


def main(name):
    pool = getattr(ops, name)
    windows = [
        (2, 2, 0),
        (3, 1, 1),
        (3, 2, 1),
        (3, 3, 0),
        (2, 2, 1),
        (4, 4, 1),
        (5, 2, 2),
        (17, 3, 8),
    ]
    sizes = [(1, 1), (2, 2), (5, 7), (8, 8), (9, 33), (17, 34), (19, 21)]
    settings = itertools.product(
        _core.available_targets(), (np.float32, np.float64), windows, sizes
    )
    for target, dtype, (kernel, stride, padding), (height, width) in settings:
        if kernel > min(height, width) + 2 * padding:
            continue
        _core.set_target(target)
        x = np.arange(3 * height * width, dtype=dtype).reshape(1, 3, height, width)
        for at_end in (True, False):
            t = Tensor(guarded(x, at_end), requires_grad=True)
            y = pool(t, kernel, stride, padding)
            y.backward(guarded(y.data, at_end))
            plain = pool(x, kernel, stride, padding)
            assert (plain.data == y.data).all()


if __name__ == "__main__":
    main(sys.argv[1])
    print("no read outside of the arrays")
