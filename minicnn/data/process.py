"""A worker that is a process: what is sent to it and back, and what is said when it dies.

The thread that owns it (minicnn/data/workers.py) sends one task at a time and waits for its batch,
so neither side can wait for the other to read, and no lock is shared that a killed process could
keep. Objects travel as multiprocessing sends them.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from minicnn import random
from minicnn.config import set_num_threads
from minicnn.data.worker import Fetcher, Task, WorkerInfo, begin_worker, shown
from minicnn.errors import DataLoaderError

PATIENCE = 1.0  # seconds that a worker has to end by itself, before it is made to


class _RemoteError(Exception):
    """The cause of an error that was raised in a worker: its traceback, as text."""

    def __init__(self, text: str) -> None:
        super().__init__(text)

    def __str__(self) -> str:
        return f"in the worker process:\n\n{self.args[0]}"


class _Failure:
    """An error on its way from the process: what to raise, and the traceback as text."""

    def __init__(self, error: BaseException) -> None:
        text = str(error) if isinstance(error, DataLoaderError) else _description(error)
        self.message = text
        self.traceback = "".join(traceback.format_exception(error))


def _description(error: BaseException) -> str:
    return f"DataLoader: {type(error).__name__}: {error}"


class ProcessWorker:
    """Computes in a process that it starts.

    Args:
        context: A context of `multiprocessing`.
        fetcher, info, worker_init_fn: As of `ThreadWorker`; all are sent to the process.

    Raises:
        DataLoaderError: If they cannot be sent.
    """

    def __init__(
        self,
        context: Any,
        fetcher: Fetcher,
        info: WorkerInfo,
        worker_init_fn: Callable[[int], Any] | None,
    ) -> None:
        self._info = info
        self._connection, theirs = context.Pipe()
        self._stopped, self._stop = context.Pipe(duplex=False)
        self._place = context.RawValue("q", -1)  # sample of the batch that is being computed
        self._process = context.Process(
            target=_serve,
            args=(theirs, self._place, fetcher, info, worker_init_fn),
            name=f"minicnn-loader-{info.id}",
            daemon=True,
        )
        try:
            self._process.start()
        except Exception as error:
            self._close_pipes()
            raise DataLoaderError(
                f"DataLoader: worker {info.id} did not start. A process gets the dataset, the"
                " collate_fn and the worker_init_fn sent as multiprocessing does it: functions must"
                f" have a name in their module. {type(error).__name__}: {error}"
            ) from error
        finally:
            theirs.close()

    def begin(self) -> None:
        pass  # the process does it

    def __call__(self, task: Task) -> Any:
        self._place.value = -1
        try:
            self._connection.send(task)
            ready = wait([self._connection, self._process.sentinel, self._stopped])
            if self._connection in ready:
                outcome = self._connection.recv()
            elif self._process.sentinel in ready:
                raise EOFError
            else:
                return None  # nobody waits for it any more
        except (EOFError, OSError):
            raise DataLoaderError(self._obituary(task)) from None
        if isinstance(outcome, _Failure):
            raise DataLoaderError(outcome.message) from _RemoteError(outcome.traceback)
        return outcome

    def _obituary(self, task: Task) -> str:
        self._process.join(PATIENCE)
        place, group = self._place.value, task.group
        if place >= 0 and isinstance(group, (list, tuple)):
            where = f"at sample {group[place]} of batch {task.number}"
        else:
            where = f"at batch {task.number} of the samples {shown(group)}"
        return (
            f"DataLoader: worker {self._info.id} (process {self._process.pid}) died {where}, with"
            f" exit code {self._process.exitcode}"
        )

    def stop(self) -> None:
        with contextlib.suppress(OSError):  # it is closed if this was called before
            # a message, since a forked process may keep a copy of this end open
            self._stop.send_bytes(b"stop")

    def end(self) -> None:
        self._dismiss()
        self._process.join(PATIENCE)
        for end in (self._process.terminate, self._process.kill):
            if self._process.exitcode is None:
                end()
                self._process.join(PATIENCE)
        self._close_pipes()
        self._process.close()

    def _dismiss(self) -> None:
        """Tell the process to end, and take what it may be sending meanwhile."""
        with contextlib.suppress(EOFError, OSError):  # it is gone already
            self._connection.send(None)
            while self._connection in wait([self._connection, self._process.sentinel], PATIENCE):
                self._connection.recv_bytes()

    def _close_pipes(self) -> None:
        for pipe in (self._connection, self._stopped, self._stop):
            pipe.close()


def start_processes(
    context: Any,
    fetcher: Fetcher,
    infos: Sequence[WorkerInfo],
    worker_init_fn: Callable[[int], Any] | None,
) -> list[ProcessWorker]:
    """Start a process for each of `infos`; if one cannot be, end those that were started."""
    started: list[ProcessWorker] = []
    try:
        for info in infos:
            started.append(ProcessWorker(context, fetcher, info, worker_init_fn))
    except BaseException:
        for worker in started:
            worker.end()
        raise
    return started


def _serve(
    connection: Connection,
    place: Any,
    fetcher: Fetcher,
    info: WorkerInfo,
    worker_init_fn: Callable[[int], Any] | None,
) -> None:
    """Compute what is asked for, until told to end or the caller's process is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the caller, who ends this process
    set_num_threads(1)  # the workers are the parallel part
    own = random.stream(info.seed, index=info.id, use=random.WORKER)
    random.default_generator.bit_generator.state = own.bit_generator.state
    parent = multiprocessing.parent_process()
    alive: list[Any] = [connection] if parent is None else [connection, parent.sentinel]
    failure: _Failure | None = None
    try:
        begin_worker(info, worker_init_fn)
    except BaseException as error:
        failure = _Failure(error)

    def watch(i: int) -> None:
        place.value = i

    with contextlib.suppress(EOFError, OSError):  # the caller is gone
        while connection in wait(alive):
            task = connection.recv()
            if task is None:
                return
            _send(connection, _outcome(fetcher, task, watch) if failure is None else failure)


def _outcome(fetcher: Fetcher, task: Task, watch: Callable[[int], None]) -> Any:
    try:
        return fetcher(task, watch)
    except BaseException as error:
        return _Failure(error)


def _send(connection: Connection, outcome: Any) -> None:
    try:
        connection.send(outcome)
    except OSError:
        raise
    except Exception as error:  # it cannot be sent; nothing has been
        connection.send(_Failure(DataLoaderError(f"DataLoader: a batch cannot be sent: {error}")))
