"""The module: names, walking, modes, copying in and out, and what it prints."""

from __future__ import annotations

import copy
import gc
import re

import numpy as np
import pytest

import minicnn
from minicnn import nn
from minicnn.tensor import Tensor


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(np.ones(3, np.float32))
        self.register_buffer("mean", Tensor(np.zeros(3, np.float32)))
        self.register_buffer("scratch", Tensor(np.zeros(2, np.float32)), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = Block()
        self.second = Block()
        self.bias = nn.Parameter(np.zeros(3, np.float32))
        self.depth = 2

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x)) + self.bias


def test_names_follow_attributes_own_parameters_first() -> None:
    net = Net()
    assert [name for name, _ in net.named_parameters()] == ["bias", "first.scale", "second.scale"]
    assert [name for name, _ in net.named_buffers()] == [
        "first.mean",
        "first.scratch",
        "second.mean",
        "second.scratch",
    ]
    assert [name for name, _ in net.named_modules()] == ["", "first", "second"]
    assert [name for name, _ in net.named_children()] == ["first", "second"]
    assert list(net.children()) == [net.first, net.second]
    assert list(net.modules()) == [net, net.first, net.second]
    assert [name for name, _ in net.named_parameters("net", recurse=False)] == ["net.bias"]
    assert list(net.state_dict()) == [
        "bias",
        "first.scale",
        "first.mean",
        "second.scale",
        "second.mean",
    ]
    assert net.get_submodule("first") is net.first
    assert net.get_submodule("") is net


def test_a_shared_parameter_is_yielded_once_and_saved_under_both_names() -> None:
    net = Net()
    net.second.scale = net.first.scale
    assert [name for name, _ in net.named_parameters()] == ["bias", "first.scale"]
    names = [name for name, _ in net.named_parameters(remove_duplicate=False)]
    assert names == ["bias", "first.scale", "second.scale"]
    assert {"first.scale", "second.scale"} <= set(net.state_dict())
    net.second = net.first
    assert [name for name, _ in net.named_modules()] == ["", "first"]
    assert {"first.scale", "second.scale"} <= set(net.state_dict())


def test_unknown_attribute_error_names_the_module() -> None:
    with pytest.raises(AttributeError, match=r"'Net' object has no attribute 'frist'"):
        _ = Net().frist
    with pytest.raises(AttributeError, match=r"'Block' object has no submodule 'third'"):
        Net().get_submodule("first.third")


def test_use_before_super_init_is_explained() -> None:
    class AssignsTooEarly(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Identity()

    class NeverCallsInit(nn.Module):
        def __init__(self) -> None:
            self.depth = 3

    for make in (AssignsTooEarly, lambda: NeverCallsInit()(1), lambda: NeverCallsInit().train()):
        with pytest.raises(AttributeError, match=r"call super\(\).__init__\(\) first"):
            make()


def test_wrong_assignments_are_refused() -> None:
    net = Net()
    with pytest.raises(TypeError, match="bias is a parameter; it takes a Parameter or None"):
        net.bias = np.zeros(3)
    with pytest.raises(TypeError, match="mean must be a Tensor or None, got ndarray"):
        net.first.mean = np.zeros(3)
    with pytest.raises(TypeError, match="must be a Module or None, got int"):
        net.add_module("third", 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="must be a Parameter or None, got Tensor"):
        net.register_parameter("p", Tensor([1.0]))  # type: ignore[arg-type]
    for name in ("", "a.b"):
        with pytest.raises(ValueError, match=r"not empty and without '\.'"):
            net.register_buffer(name, None)
    for name in ("forward", "training"):
        with pytest.raises(ValueError, match=f"{name!r} is taken"):
            net.add_module(name, nn.Identity())
    with pytest.raises(NotImplementedError, match="Module does not define forward"):
        nn.Module()(1)


def test_a_name_moves_between_tables_when_it_is_assigned_anew() -> None:
    net = Net()
    net.depth = nn.Parameter([1.0])
    assert "depth" in dict(net.named_parameters())
    assert "depth" not in net.__dict__
    net.depth = nn.Identity()
    assert "depth" not in dict(net.named_parameters())
    assert net.get_submodule("depth") is net.depth
    net.bias = None
    assert net.bias is None
    assert "bias" not in net.state_dict()
    del net.depth
    assert not hasattr(net, "depth")
    del net.first.scratch
    assert not hasattr(net.first, "scratch")
    assert "first" in dir(net)


def test_train_eval_requires_grad_and_apply_reach_all_below() -> None:
    net = Net()
    assert net.training
    assert net.eval() is net
    assert [m.training for m in net.modules()] == [False] * 3
    net.train()
    assert [m.training for m in net.modules()] == [True] * 3
    with pytest.raises(ValueError, match="mode must be a bool"):
        net.train("no")  # type: ignore[arg-type]
    net.requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())
    visited: list[nn.Module] = []
    assert net.apply(visited.append) is net
    assert visited == [net.first, net.second, net]


def test_zero_grad_forgets_or_zeroes() -> None:
    net = Net()
    net(Tensor(np.ones((2, 3), np.float32))).sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in net.parameters())
    net.zero_grad(set_to_none=False)
    assert [p.grad.tolist() for p in net.parameters() if p.grad is not None] == [[0.0] * 3] * 3
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_conversion_keeps_integer_buffers_and_the_parameters_themselves() -> None:
    net = Net()
    net.register_buffer("count", Tensor(np.array(3)))
    net(Tensor(np.ones((2, 3), np.float32))).sum().backward()
    before = list(net.parameters())
    assert net.double() is net
    assert all(p is q for p, q in zip(before, net.parameters()))
    for p in net.parameters():
        assert p.dtype == np.float64
        assert p.grad is not None
        assert p.grad.dtype == np.float64
    assert net.first.mean.dtype == np.float64
    assert net.count.dtype == np.int64
    assert {p.dtype for p in net.float().parameters()} == {np.dtype(np.float32)}
    with pytest.raises(TypeError, match="float32 or float64, got int64"):
        net.to(np.int64)


def test_parameter_is_a_leaf_that_requires_a_gradient_and_prints_as_in_torch() -> None:
    p = nn.Parameter(Tensor([1.0, 2.0], requires_grad=True) * 2.0)
    assert p.is_leaf
    assert p.requires_grad
    assert repr(p) == "Parameter containing:\ntensor([2., 4.], requires_grad=True)"
    assert type(p * 2.0) is Tensor
    assert not nn.Parameter([1.0], requires_grad=False).requires_grad


def test_a_deep_copy_shares_nothing() -> None:
    net = Net()
    twin = copy.deepcopy(net)
    twin.first.scale.data += 1
    assert net.first.scale.tolist() == [1.0] * 3
    assert [n for n, _ in twin.named_parameters()] == [n for n, _ in net.named_parameters()]


def test_a_module_is_freed_without_the_cycle_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        net = Net()
        net(Tensor(np.ones((2, 3), np.float32))).sum().backward()
        del net
        assert not [o for o in gc.get_objects() if type(o) is Net]
    finally:
        gc.enable()


def test_state_dict_shares_memory_and_round_trips() -> None:
    net, other = Net(), Net()
    for i, p in enumerate(net.parameters()):
        p.data[...] = i + 1
    state = net.state_dict()
    assert not any(value.requires_grad for value in state.values())
    assert state["bias"].data is net.bias.data
    place = other.bias.data
    diff = other.load_state_dict(state)
    assert diff == ([], [])
    assert other.bias.data is place
    assert other.bias.tolist() == [1.0] * 3
    assert other.second.scale.tolist() == [3.0] * 3


def test_load_state_dict_takes_arrays_and_converts_their_dtype() -> None:
    net = Net()
    net.load_state_dict({k: np.full(v.shape, 0.1) for k, v in net.state_dict().items()})
    assert net.bias.dtype == np.float32
    assert net.bias.data[0] == np.float32(0.1)


def test_load_state_dict_reports_everything_and_copies_nothing() -> None:
    net = Net()
    before = {k: v.data.copy() for k, v in net.state_dict().items()}
    state = {
        "bias": np.full(3, 7.0),
        "first.scale": np.zeros(4),
        "second.scale": np.array(["a", "b", "c"]),
        "second.mean": np.full(3, 7.0),
        "extra": np.zeros((2, 2)),
    }
    with pytest.raises(minicnn.StateDictError) as caught:
        net.load_state_dict(state)
    assert isinstance(caught.value, RuntimeError)  # as in torch
    assert str(caught.value).splitlines() == [
        "load_state_dict: 4 problems with the 5 entries of Net; nothing was loaded.",
        "  problem       key            module has   state_dict has",
        "  missing       first.mean     (3,)         -",
        "  unexpected    extra          -            (2, 2)",
        "  wrong shape   first.scale    (3,)         (4,)",
        "  not numeric   second.scale   float32      <U1",
    ]
    for key, value in net.state_dict().items():
        np.testing.assert_array_equal(value.data, before[key])


def test_load_state_dict_not_strict_returns_the_difference_but_still_checks_shapes() -> None:
    net = Net()
    missing, unexpected = net.load_state_dict({"bias": np.ones(3), "extra": 1}, strict=False)
    assert missing == ["first.scale", "first.mean", "second.scale", "second.mean"]
    assert unexpected == ["extra"]
    assert net.bias.tolist() == [1.0] * 3
    with pytest.raises(minicnn.StateDictError, match="wrong shape"):
        net.load_state_dict({"bias": np.ones(2)}, strict=False)
    with pytest.raises(TypeError, match="must be a mapping, got list"):
        net.load_state_dict([1])  # type: ignore[arg-type]


def test_load_state_dict_hints_at_prefixes() -> None:
    net = Net()
    longer = {f"module.{k}": v for k, v in net.state_dict().items()}
    with pytest.raises(minicnn.StateDictError, match=r"keys begin with 'module\.'.*removeprefix"):
        net.load_state_dict(longer)
    wrapped = nn.Sequential(net)
    with pytest.raises(minicnn.StateDictError, match=r"module's keys begin with '0\.'"):
        wrapped.load_state_dict(net.state_dict())


@pytest.mark.parametrize(
    ("layer", "axes", "hint"),
    [
        (lambda: nn.Linear(3, 4), (1, 0), "transpose(1, 0)"),
        (lambda: nn.Conv2d(3, 4, (5, 6)), (2, 3, 1, 0), "transpose(3, 2, 0, 1)"),
        (lambda: nn.Conv2d(3, 4, (5, 6)), (0, 2, 3, 1), "transpose(0, 3, 1, 2)"),
    ],
)
def test_load_state_dict_hints_at_other_layouts_with_the_transpose_that_works(
    layer: object, axes: tuple[int, ...], hint: str
) -> None:
    module = layer()  # type: ignore[operator]
    state = {k: v.data for k, v in module.state_dict().items()}
    other = {**state, "weight": state["weight"].transpose(axes)}
    with pytest.raises(minicnn.StateDictError, match=re.escape(hint)):
        module.load_state_dict(other)
    back = tuple(int(n) for n in re.findall(r"\d", hint))
    np.testing.assert_array_equal(other["weight"].transpose(back), state["weight"])


def test_long_reports_are_cut() -> None:
    with pytest.raises(minicnn.StateDictError, match="and 60 more"):
        nn.Identity().load_state_dict({str(i): 0 for i in range(100)})
