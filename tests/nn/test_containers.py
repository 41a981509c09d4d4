"""Rows, lists and dictionaries of modules."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import nn
from minicnn.tensor import Tensor


class Add(nn.Module):
    def __init__(self, amount: float) -> None:
        super().__init__()
        self.amount = amount

    def forward(self, x: Tensor) -> Tensor:
        return x + self.amount

    def extra_repr(self) -> str:
        return f"{self.amount}"


class Double(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2.0


def test_sequential_calls_in_order() -> None:
    assert nn.Sequential(Add(1.0), Double())(Tensor([3.0])).item() == 8.0
    assert nn.Sequential(Double(), Add(1.0))(Tensor([3.0])).item() == 7.0
    assert nn.Sequential()(5) == 5


def test_sequential_is_indexed_sliced_and_named() -> None:
    a, b, c = Add(1.0), Add(2.0), Add(3.0)
    row = nn.Sequential(a, b, c)
    assert len(row) == 3
    assert [row[0], row[-1]] == [a, c]
    assert list(row) == [a, b, c]
    tail = row[1:]
    assert isinstance(tail, nn.Sequential)
    assert list(tail._modules) == ["1", "2"]  # a slice keeps its names
    tail.append(a)
    assert list(tail) == [b, c, a]
    named = nn.Sequential({"one": a, "two": b})
    assert named.one is a
    assert [n for n, _ in named.named_children()] == ["one", "two"]
    row[1] = Double()
    assert isinstance(row[1], Double)
    with pytest.raises(IndexError, match="index 3 is out of range for 3 modules"):
        row[3]


def test_rows_change_like_lists() -> None:
    a, b, c, d = (Add(float(i)) for i in range(4))
    for row in (nn.Sequential(a, b), nn.ModuleList([a, b])):
        row.append(c).extend([d])
        assert list(row) == [a, b, c, d]
        row.insert(1, d)
        assert list(row) == [a, d, b, c, d]
        del row[0]
        assert list(row) == [d, b, c, d]
        assert list(row._modules) == ["0", "1", "2", "3"]
        del row[1:]
        assert list(row) == [d]


def test_module_list_finds_parameters_and_cannot_be_called() -> None:
    modules = nn.ModuleList([nn.Module(), nn.Module()])
    modules[1].p = nn.Parameter([1.0])
    assert [n for n, _ in modules.named_parameters()] == ["1.p"]
    assert isinstance(modules[:1], nn.ModuleList)
    assert len(modules[:1]) == 1
    with pytest.raises(NotImplementedError, match="ModuleList does not define forward"):
        modules(1)
    with pytest.raises(IndexError):
        modules[2]


def test_module_dict_is_a_dictionary() -> None:
    a, b = Add(1.0), Add(2.0)
    modules = nn.ModuleDict({"a": a})
    modules["b"] = b
    assert list(modules) == ["a", "b"]
    assert "a" in modules
    assert (list(modules.keys()), list(modules.values())) == (["a", "b"], [a, b])
    assert dict(modules.items()) == {"a": a, "b": b}
    assert modules.pop("a") is a
    del modules["b"]
    assert len(modules) == 0
    with pytest.raises(KeyError):
        modules["a"]
    with pytest.raises(ValueError, match="'pop' is taken"):
        modules["pop"] = a


def test_repr_is_torchs() -> None:
    row = nn.Sequential(Double(), nn.Sequential(Add(1.0)), nn.Identity(3, x=4))
    assert repr(row) == (
        "Sequential(\n"
        "  (0): Double()\n"
        "  (1): Sequential(\n"
        "    (0): Add(1.0)\n"
        "  )\n"
        "  (2): Identity()\n"
        ")"
    )
    assert repr(nn.Sequential()) == "Sequential()"
    assert repr(nn.ModuleList([Double(), Double(), Add(1.0)])) == (
        "ModuleList(\n  (0-1): 2 x Double()\n  (2): Add(1.0)\n)"
    )
    assert repr(nn.ModuleDict({"a": Double()})) == "ModuleDict(\n  (a): Double()\n)"


def test_a_model_can_hold_containers() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.steps = nn.ModuleList(Add(float(i)) for i in range(3))

        def forward(self, x: Tensor) -> Tensor:
            for step in self.steps:
                x = step(x)
            return x

    assert Net()(Tensor(np.zeros(1, np.float32))).item() == 3.0
