"""check_module finds what a layer must not do, and nothing wrong with layers that are right."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from minicnn import Tensor, nn, ops
from minicnn.testing import CheckError, check_module


class Scale(nn.Module):
    """x * weight, and what `fault` names besides."""

    numbers = itertools.count()

    def __init__(self, fault: str = "") -> None:
        super().__init__()
        self.fault = fault
        self.weight = nn.Parameter(np.ones(3, np.float32))
        self.register_buffer("calls", Tensor(np.zeros(1)))
        self.hidden = next(self.numbers) if fault == "hidden state" else 2
        if fault == "unused parameter":
            self.bias = nn.Parameter(np.zeros(3, np.float32))

    def __deepcopy__(self, memo: dict[int, Any]) -> Scale:
        twin = Scale(self.fault)
        if self.fault == "copied weight":
            twin.weight = self.weight
        return twin

    def forward(self, x: Any) -> Any:
        y = ops.mul(x, self.weight) * self.hidden
        if self.training or self.fault == "counts in evaluation":
            self.calls = self.calls + 1
        if self.fault == "dropout in evaluation":
            y = nn.functional.dropout(y, 0.5)
        if self.fault == "float64":
            y = y.double()
        return y


FAULTS = {
    "unused parameter": ("parameters", "parameter bias gets no gradient"),
    "float64": ("parameters", "result 0 is float64"),
    "hidden state": ("state_dict", "result 0: 6 of 6 values differ"),
    "copied weight": ("copy", "weight is shared"),
    "counts in evaluation": ("evaluation", r"evaluation changes \['calls'\]"),
    "dropout in evaluation": ("evaluation", "a second call gives another result"),
}


def sample(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((2, 3))


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found(fault: str) -> None:
    check, text = FAULTS[fault]
    with pytest.raises(CheckError, match=text):
        check_module(lambda: Scale(fault), sample, checks=[check], cases=2)


def test_nothing_is_wrong_with_a_layer_that_is_right() -> None:
    check_module(Scale, sample)


def test_a_network_with_buffers_and_shared_parameters_is_checked_too() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Linear(4, 4)
            self.second = nn.Linear(4, 4)
            self.second.weight = self.first.weight
            self.norm = nn.BatchNorm1d(4)
            self.drop = nn.Dropout(0.3)

        def forward(self, x: Any) -> Any:
            return self.drop(self.norm(self.second(ops.tanh(self.first(x)))))

    check_module(Tied, lambda rng: rng.standard_normal((5, 4)))


def test_a_wrong_gradient_of_a_parameter_is_found() -> None:
    class Cut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(np.ones(3, np.float32))

        def forward(self, x: Any) -> Any:
            return x * self.weight * self.weight.detach()  # half of the gradient is lost

    with pytest.raises(CheckError, match=r"in training: gradcheck: wrong gradient for inputs\[1\]"):
        check_module(Cut, sample, checks=["gradient"])


def test_an_unknown_check_is_refused() -> None:
    with pytest.raises(ValueError, match=r"checks must be some of \['gradient', .*got \['speed'\]"):
        check_module(Scale, sample, checks=["speed"])
