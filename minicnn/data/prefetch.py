"""Computing the next items of an iterator in one background thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

_END = object()


class _Raised:
    """An error on its way from the background thread to the caller."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def prefetch(items: Iterator[T], depth: int) -> Iterator[T]:
    """Yield `items`, computed by a thread that is at most `depth` items ahead.

    Errors are raised here, in their turn. The thread ends with this generator: at the end, at an
    error, and when the caller stops early and the generator is closed; then the item that is being
    computed is waited for.
    """
    results: SimpleQueue[Any] = SimpleQueue()
    slots = threading.Semaphore(depth)  # how many items may be computed that nobody has asked for
    closed = threading.Event()

    def work() -> None:
        try:
            while True:
                slots.acquire()
                if closed.is_set():
                    return
                results.put(next(items, _END))
        except BaseException as error:
            results.put(_Raised(error))

    # a daemon, so that a program which exits inside the loop does not wait for it
    thread = threading.Thread(target=work, name="minicnn-prefetch", daemon=True)
    thread.start()
    try:
        while True:
            item = results.get()
            if item is _END:
                return
            if isinstance(item, _Raised):
                try:
                    raise item.error
                finally:
                    del item  # or the error's traceback and this frame would keep each other alive
            slots.release()
            yield item
    finally:
        closed.set()
        slots.release()
        thread.join()
