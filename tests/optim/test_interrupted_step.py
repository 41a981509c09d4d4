"""Ctrl-C and a training step: parameters and state are those before a step or after it."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import minicnn
from minicnn import Tensor, nn, optim
from minicnn.optim.ema import ExponentialMovingAverage
from tests.interrupts import Delay, interrupted, report
from tests.machine import scaled

COUNT = max(2, scaled(12, most=120))  # interrupts of a training run


@pytest.fixture(autouse=True)
def ctrl_c_is_not_ignored() -> Iterator[None]:
    """As it is in a process that was started in the background."""
    with handling(signal.SIGINT, signal.default_int_handler):
        yield


@contextmanager
def handling(number: int, handler: Any) -> Iterator[None]:
    previous = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, previous)


RULES = {
    "SGD": lambda groups: optim.SGD(groups, lr=0.01, momentum=0.9),
    "AdamW": lambda groups: optim.AdamW(groups, lr=0.001),
}


class Run:
    """A training run, of which each step is a function of those before."""

    def __init__(self, rule: str) -> None:
        minicnn.manual_seed(0)
        rng = np.random.default_rng(0)
        self.x = rng.standard_normal((8, 8, 1, 12, 12), dtype=np.float32)
        self.labels = rng.integers(0, 10, (8, 8))
        self.model = nn.Sequential(
            nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(800, 512), nn.Linear(512, 10)
        )
        layers = [list(layer.parameters()) for layer in self.model]
        self.optimizer = RULES[rule]([{"params": params} for params in layers if params])

    def step(self, number: int) -> None:
        loss = nn.CrossEntropyLoss()(self.model(self.x[number % 8]), self.labels[number % 8])
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()

    def digest(self) -> str:
        digest = hashlib.sha256()
        for p in self.model.parameters():
            digest.update(p.data.tobytes())
            for value in self.optimizer.state.get(p, {}).values():
                digest.update(np.asarray(value).tobytes())
        return digest.hexdigest()


@pytest.mark.parametrize("rule", RULES)
def test_an_interrupted_training_run_goes_on_to_the_same_bits(rule: str) -> None:
    run = Run(rule)
    digests = [run.digest()]
    interrupts, delays = 0, list[Delay]()
    plain = Run(rule)
    done = 0

    def train() -> None:
        nonlocal done
        run.step(done)
        done += 1

    while interrupts < COUNT:
        before = done
        delays.append(interrupted(train, longest_wait=0.01))
        interrupts += 1
        while len(digests) <= done + 1:
            plain.step(len(digests) - 1)
            digests.append(plain.digest())
        assert run.digest() in (digests[done], digests[done + 1])
        assert done >= before
        done = digests.index(run.digest())  # it may have come between a step and its count
    report(f"training with {rule}", delays, threads=2)


class Interrupting(optim.SGD):
    """Ctrl-C comes while the first group's parameters have been changed and the second's not."""

    def _update(self, group: dict[str, Any], params: list[Tensor]) -> None:
        super()._update(group, params)
        os.kill(os.getpid(), self.number)

    number = signal.SIGINT


def two_groups() -> tuple[Tensor, Tensor, Interrupting]:
    a, b = Tensor([1.0], requires_grad=True), Tensor([2.0], requires_grad=True)
    (a + b).sum().backward()
    return a, b, Interrupting([{"params": [a]}, {"params": [b]}], lr=0.5)


def test_ctrl_c_inside_a_step_is_raised_at_its_end() -> None:
    a, b, optimizer = two_groups()
    with pytest.raises(KeyboardInterrupt):
        optimizer.step()
    assert (a.item(), b.item()) == (0.5, 1.5)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_programs_own_handler_runs_once_at_the_end_of_a_step(number: int) -> None:
    seen = []
    with handling(number, lambda n, frame: seen.append((n, a.item(), b.item()))):
        a, b, optimizer = two_groups()
        optimizer.number = number
        optimizer.step()
        assert seen == [(number, 0.5, 1.5)]
        os.kill(os.getpid(), number)  # and it is in force again
        assert len(seen) == 2


def test_where_ctrl_c_is_ignored_it_stays_so() -> None:
    with handling(signal.SIGINT, signal.SIG_IGN):
        a, b, optimizer = two_groups()
        optimizer.step()
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    assert (a.item(), b.item()) == (0.5, 1.5)


def test_an_error_inside_a_step_gives_ctrl_c_back() -> None:
    class Failing(optim.SGD):
        def _update(self, group: dict[str, Any], params: list[Tensor]) -> None:
            raise ArithmeticError("no")

    p = Tensor([1.0], requires_grad=True)
    p.grad = np.ones(1, np.float32)
    with pytest.raises(ArithmeticError):
        Failing([p]).step()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_a_gradient_of_a_wrong_shape_leaves_all_groups_as_they_were() -> None:
    a, b, optimizer = two_groups()
    b.grad = np.ones(3, np.float32)
    with pytest.raises(ValueError, match=r"of shape \(1,\) has a gradient of shape \(3,\)"):
        optimizer.step()
    assert (a.item(), b.item()) == (1, 2)


def test_averages_of_parameters_are_moved_as_a_whole() -> None:
    p = [Tensor(np.zeros(100_000), requires_grad=True) for _ in range(20)]
    average = ExponentialMovingAverage(p, decay=0.5)
    for tensor in p:
        tensor.data[...] = 1
    for _ in range(COUNT):
        interrupted(average.update, longest_wait=0.005)
        assert len({float(a[0]) for a in average.averages}) == 1
