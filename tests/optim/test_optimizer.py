"""Groups, state and errors of the optimizers."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

from minicnn import nn
from minicnn.optim import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    NAdam,
    Optimizer,
    RMSprop,
)
from minicnn.tensor import Tensor


def parameter(*values: float) -> Tensor:
    return Tensor(np.array(values), requires_grad=True)


def test_groups_have_settings_of_their_own_and_follow_changes() -> None:
    a, b = parameter(1.0), parameter(1.0)
    optimizer = SGD([{"params": [a]}, {"params": b, "lr": 0.5}], lr=0.1)
    for expected_a, expected_b in [(0.9, 0.5), (-0.1, 0.0)]:
        a.grad, b.grad = np.ones(1), np.ones(1)
        optimizer.step()
        assert (a.item(), b.item()) == pytest.approx((expected_a, expected_b))
        optimizer.param_groups[0]["lr"] = 1.0
    optimizer.add_param_group({"params": [parameter(2.0)], "momentum": 0.9})
    assert [group["momentum"] for group in optimizer.param_groups] == [0.0, 0.0, 0.9]


def test_parameters_without_gradient_stay_and_keep_their_own_count() -> None:
    a, b = parameter(1.0), parameter(1.0)
    optimizer = Adam([a, b])
    a.grad = np.ones(1)
    optimizer.step()
    assert b.item() == 1.0
    assert b not in optimizer.state
    b.grad = np.ones(1)
    optimizer.step()
    assert (optimizer.state[a]["step"], optimizer.state[b]["step"]) == (2, 1)


def test_zero_grad() -> None:
    a = parameter(1.0)
    optimizer = SGD([a])
    a.grad = np.ones(1)
    optimizer.zero_grad(set_to_none=False)
    assert a.grad is not None
    assert a.grad.tolist() == [0.0]
    optimizer.zero_grad()
    assert a.grad is None


def test_step_calls_the_closure_first_and_returns_its_loss() -> None:
    a = parameter(3.0)
    optimizer = SGD([a], lr=0.1)

    def closure() -> float:
        optimizer.zero_grad()
        loss = (a * a).sum()
        loss.backward()
        return float(loss)

    assert optimizer.step(closure) == 9.0
    assert a.item() == pytest.approx(2.4)
    assert optimizer.step() is None


@pytest.mark.parametrize(
    "make",
    [
        lambda p: SGD(p, lr=0.1, momentum=0.9),
        lambda p: Adam(p, lr=0.1, amsgrad=True),
        lambda p: AdamW([{"params": p[:1]}, {"params": p[1:], "lr": 0.3}], lr=0.1),
    ],
)
def test_a_resumed_run_ends_where_an_uninterrupted_one_does(make: object) -> None:
    def run(params: list[Tensor], optimizer: Optimizer, steps: range) -> None:
        for i in steps:
            for j, p in enumerate(params):
                p.grad = np.sin(np.arange(p.numel()) + i + j)
            optimizer.step()

    def start() -> list[Tensor]:
        return [parameter(1.0, 2.0), parameter(3.0)]

    straight = start()
    run(straight, make(straight), range(7))  # type: ignore[operator]
    first = start()
    optimizer = make(first)  # type: ignore[operator]
    run(first, optimizer, range(4))
    saved = copy.deepcopy(optimizer.state_dict())
    run(first, optimizer, range(4, 6))  # what is saved does not change any more
    second = start()
    run(second, make(second), range(4))  # type: ignore[operator]
    resumed = make(second)  # type: ignore[operator]
    resumed.load_state_dict(saved)
    run(second, resumed, range(4, 7))
    for a, b in zip(straight, second):
        np.testing.assert_array_equal(a.data, b.data)


@pytest.mark.parametrize("rule", [Adam, NAdam, Adamax, Adagrad, Adadelta, RMSprop])
def test_a_state_that_is_not_complete_is_refused(rule: type[Optimizer]) -> None:
    p = parameter(1.0, 2.0)
    optimizer = rule([p])
    p.grad = np.ones(2)
    optimizer.step()
    saved = optimizer.state_dict()
    (entries,) = saved["state"].values()
    assert set(entries) == set(optimizer.entries)
    for key in entries:
        rest = {name: value for name, value in entries.items() if name != key}
        with pytest.raises(ValueError, match=rf"the state of parameter 0 has no \['{key}'\]"):
            rule([p]).load_state_dict({**saved, "state": {0: rest}})
        if key not in ("step", "mu_product"):
            with pytest.raises(ValueError, match=f"{key} must be an array, got 'x'"):
                rule([p]).load_state_dict({**saved, "state": {0: {**rest, key: "x"}}})


def test_state_dict_numbers_the_parameters_over_all_groups() -> None:
    a, b, c = parameter(1.0), parameter(2.0), parameter(3.0)
    optimizer = SGD([{"params": [a, b]}, {"params": [c]}], lr=0.1, momentum=0.9)
    c.grad = np.ones(1)
    optimizer.step()
    state = optimizer.state_dict()
    assert [group["params"] for group in state["param_groups"]] == [[0, 1], [2]]
    assert list(state["state"]) == [2]
    assert state["state"][2]["momentum_buffer"].tolist() == [1.0]
    json.dumps(state["param_groups"])


def test_loading_checks_groups_and_shapes_first() -> None:
    optimizer = SGD([parameter(1.0, 2.0)], lr=0.1, momentum=0.9)
    with pytest.raises(
        ValueError, match=r"groups have \[1\] parameters, those of state_dict \[2\]"
    ):
        optimizer.load_state_dict(SGD([parameter(1.0), parameter(2.0)]).state_dict())
    other = SGD([p := parameter(1.0)], lr=0.7, momentum=0.9)
    p.grad = np.ones(1)
    other.step()
    with pytest.raises(ValueError, match=r"momentum_buffer has shape \(1,\), its parameter \(2,\)"):
        optimizer.load_state_dict(other.state_dict())
    assert optimizer.param_groups[0]["lr"] == 0.1
    assert optimizer.state == {}


def test_errors_name_the_setting() -> None:
    p = [parameter(1.0)]
    for setting in ("lr", "momentum", "weight_decay"):
        with pytest.raises(ValueError, match=rf"SGD: {setting} must not be negative, got -1"):
            SGD(p, **{setting: -1})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="lr must not be negative, got nan"):
        SGD(p, lr=float("nan"))
    with pytest.raises(ValueError, match="nesterov needs momentum > 0 and dampening = 0"):
        SGD(p, nesterov=True)
    with pytest.raises(ValueError, match=r"AdamW: betas\[1\] must be in \[0, 1\), got 1"):
        AdamW(p, betas=(0.9, 1.0))
    with pytest.raises(ValueError, match="eps must not be negative"):
        Adam(p, eps=-1e-8)
    with pytest.raises(ValueError, match=r"unknown settings \['beta'\]"):
        Adam([{"params": p, "beta": 0.9}])


def test_errors_about_parameters() -> None:
    p = parameter(1.0)
    with pytest.raises(TypeError, match="got one tensor"):
        SGD(p)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="params is empty"):
        SGD(nn.Identity().parameters())
    with pytest.raises(TypeError, match="can only optimize tensors, got int"):
        SGD([1])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="only optimize leaves"):
        SGD([p * 2.0])
    with pytest.raises(ValueError, match="occurs twice"):
        SGD([p, p])
    with pytest.raises(TypeError, match="the key 'params'"):
        SGD([p]).add_param_group({"lr": 1.0})
    p.grad = np.ones((2, 1))
    with pytest.raises(ValueError, match=r"shape \(1,\) has a gradient of shape \(2, 1\)"):
        SGD([p]).step()


def test_repr_lists_the_groups() -> None:
    assert repr(SGD([parameter(1.0)], lr=0.1)).splitlines()[:3] == [
        "SGD (",
        "Parameter Group 0",
        "    dampening: 0.0",
    ]


def test_a_gradient_of_another_dtype_is_refused() -> None:
    p = parameter(1.0)
    p.grad = np.ones(p.shape, np.float32 if p.dtype == np.float64 else np.float64)
    before = p.data.copy()
    with pytest.raises(TypeError, match=r"parameter 0 of shape .* must both be float32 or both"):
        SGD([p], lr=0.1).step()
    np.testing.assert_array_equal(p.data, before)


def test_a_state_dict_of_torch_fits() -> None:
    """Its counts are tensors, and its groups say how torch computes."""
    p = parameter(1.0, 2.0)
    optimizer = Adam([p], lr=0.5)
    state = dict(step=np.array(3.0), exp_avg=np.array([0.1, 0.2]), exp_avg_sq=np.array([1.0, 2.0]))
    group = dict(lr=0.25, betas=(0.9, 0.999), foreach=None, fused=None, capturable=False)
    optimizer.load_state_dict({"state": {0: state}, "param_groups": [{**group, "params": [0]}]})
    assert optimizer.state[p]["step"] == 3
    assert isinstance(optimizer.state[p]["step"], int)
    assert optimizer.state[p]["exp_avg"].tolist() == [0.1, 0.2]
    assert optimizer.param_groups[0]["lr"] == 0.25
    assert not {"foreach", "fused", "capturable"} & set(optimizer.param_groups[0])
    assert NAdam([p]).state_dict()["state"] == {}


def test_arrays_of_another_byte_order_are_updated_in_place() -> None:
    p = Tensor(np.ones(3), requires_grad=True)
    p.data = np.ones(3, ">f8")
    p.grad = np.full(3, 2.0, ">f8")
    SGD([p], lr=0.25).step()
    assert p.data.dtype == np.dtype(">f8")
    assert p.data.tolist() == [0.5, 0.5, 0.5]
