"""Workers: threads that compute tasks side by side, and batches in the order they were asked for.

A worker that is a process has a thread too, which hands tasks to it (minicnn/data/process.py).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from minicnn.data.worker import End, Fetcher, Task, WorkerInfo, begin_worker
from minicnn.errors import DataLoaderError


class Worker(Protocol):
    """What a thread needs of its worker. All but `stop` are called in the thread."""

    def begin(self) -> None: ...
    def __call__(self, task: Task) -> Any: ...
    def stop(self) -> None:
        """Make a call that is under way return or raise soon."""

    def end(self) -> None: ...


class Raised:
    """An error on its way from a worker to the caller."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class _StoppedError(Exception):
    """The caller does not want the batch any more."""


class ThreadWorker:
    """Computes in the thread that calls it."""

    def __init__(
        self, fetcher: Fetcher, info: WorkerInfo, worker_init_fn: Callable[[int], Any] | None
    ) -> None:
        self.fetcher, self.info, self.worker_init_fn = fetcher, info, worker_init_fn
        self.stopped = False

    def begin(self) -> None:
        begin_worker(self.info, self.worker_init_fn)

    def __call__(self, task: Task) -> Any:
        return self.fetcher(task, self._watch)

    def _watch(self, i: int) -> None:
        if self.stopped:
            raise _StoppedError

    def stop(self) -> None:
        self.stopped = True

    def end(self) -> None:
        pass


class Workers:
    """A thread for each worker; they take tasks from one queue and put outcomes into another."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._outcomes: SimpleQueue[tuple[Task, Any]] = SimpleQueue()
        self._workers, self.count = workers, len(workers)
        # daemons, so that a program which exits inside the loop does not wait for them
        self._threads = [
            threading.Thread(
                target=_work,
                args=(worker, self._tasks, self._outcomes),
                name=f"minicnn-loader-{i}",
                daemon=True,
            )
            for i, worker in enumerate(workers)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, task: Task) -> None:
        self._tasks.put(task)

    def outcome(self, timeout: float | None) -> tuple[Task, Any]:
        """Return the next task that is done, and its batch, or the error in a `Raised`."""
        try:
            return self._outcomes.get(timeout=timeout)
        except Empty:
            raise DataLoaderError(
                f"DataLoader: no batch came within timeout={timeout:g} seconds"
            ) from None

    def close(self, wait: bool = True) -> None:
        """End all workers; with `wait`, when their samples of this moment are done.

        Twice is safe.
        """
        for worker in self._workers:
            worker.stop()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads if wait else ():
            thread.join()


def _work(
    worker: Worker, tasks: SimpleQueue[Task | None], outcomes: SimpleQueue[tuple[Task, Any]]
) -> None:
    failure: Raised | None = None
    try:
        worker.begin()
    except BaseException as error:
        failure = Raised(error)
    while True:
        task = tasks.get()
        if task is None:
            break
        if failure is None:
            outcomes.put((task, _outcome(worker, task)))
        else:
            outcomes.put((task, failure))
    worker.end()


def _outcome(worker: Worker, task: Task) -> Any:
    try:
        return worker(task)
    except BaseException as error:
        return Raised(error)


def in_order(
    workers: Workers, tasks: Iterator[Task], ahead: int, timeout: float | None
) -> Iterator[Any]:
    """Yield the batches of the tasks in their order, at most `ahead` of them before their time.

    An error, also one of `tasks` itself, is raised in its turn.
    """
    outcomes: dict[int | None, Any] = {}  # by the number of the batch; None: `tasks` has raised
    waiting: deque[Task | None] = deque()

    def submit() -> None:
        if None in outcomes:
            return
        try:
            task = next(tasks)
        except StopIteration:
            return
        except Exception as error:
            outcomes[None] = Raised(error)
            waiting.append(None)
            return
        waiting.append(task)
        workers.submit(task)

    for _ in range(ahead):
        submit()
    while waiting:
        task = waiting.popleft()
        while task is not None and task.number not in outcomes:
            other, outcome = workers.outcome(timeout)
            if other.loop == task.loop:  # and not of a loop that was left early
                outcomes[other.number] = outcome
        outcome = outcomes.pop(task and task.number)
        if isinstance(outcome, Raised):
            try:
                raise outcome.error
            finally:
                del outcome  # or the error's traceback and this frame would keep each other alive
        if isinstance(outcome, End):
            return
        submit()
        yield outcome
