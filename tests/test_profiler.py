"""The profile of a block: what its rows count, and that it leaves everything as it was."""

from __future__ import annotations

import gc
import math
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
import minicnn.nn.functional as F
from minicnn import Tensor, autograd, nn
from minicnn._profile_table import ProfileRow, table
from minicnn.autograd import Function
from minicnn.optim import SGD, Optimizer
from minicnn.roof import Roof, measure_roof

ROOF = Roof(gflops=100.0, gb_per_s=10.0)


def small_net() -> nn.Sequential:
    minicnn.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 5, bias=False)
    )


def train(model: nn.Module, steps: int = 2) -> list[bytes]:
    """The bits of the weights after some steps."""
    rng = np.random.default_rng(0)
    x, labels = Tensor(rng.standard_normal((6, 1, 8, 8)).astype(np.float32)), Tensor([0, 1, 2] * 2)
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(model(x), labels).backward()
        optimizer.step()
    return [p.data.tobytes() for p in model.parameters()]


def test_each_operation_has_a_row_for_each_pass():
    model = small_net()
    with minicnn.profile(model, roof=ROOF) as profile:
        train(model, steps=3)
    found = {(row.op, row.direction, row.layer): row for row in profile.rows}
    operations = [("Conv2d", "0"), ("MaxPool2d", ""), ("Linear", "3")]
    for op, layer in operations:
        for direction in ("forward", "backward"):
            assert found[op, direction, layer].calls == 3
    assert found["SGD", "step", ""].calls == 3
    assert found["Conv2d", "forward", "0"].shapes == ((6, 1, 8, 8), (4, 1, 3, 3), (4,))
    assert found["Linear", "backward", "3"].shapes == ((6, 36), (5, 36))


def test_without_a_model_layers_have_no_names():
    with minicnn.profile(roof=ROOF) as profile:
        train(small_net())
    assert {row.layer for row in profile.rows} == {""}


def test_times_are_apart_and_within_the_blocks():
    with minicnn.profile(roof=ROOF) as profile:
        train(small_net())
    rows = profile.rows
    assert all(row.seconds > 0 for row in rows)
    assert sum(row.seconds for row in rows) <= profile.seconds
    assert [row.seconds for row in rows] == sorted((r.seconds for r in rows), reverse=True)
    for row in rows:
        assert row.share == pytest.approx(row.seconds / profile.seconds, rel=1e-12)


@given(
    N=st.integers(1, 3), C=st.integers(1, 3), O=st.integers(1, 4), K=st.integers(1, 3),
    needs_x=st.booleans(),
)  # fmt: skip
def test_operations_and_bytes_of_a_convolution_are_those_of_the_definition(N, C, O, K, needs_x):  # noqa: E741
    x = Tensor(np.ones((N, C, 7, 6), np.float32), requires_grad=needs_x)
    weight = Tensor(np.ones((O, C, K, K), np.float32), requires_grad=True)
    with minicnn.profile(roof=ROOF) as profile:
        F.conv2d(x, weight).sum().backward()
    outputs = N * O * (8 - K) * (7 - K)
    products = {"forward": 1, "backward": 2 if needs_x else 1}
    values = {"forward": x.numel() + weight.numel() + outputs}
    values["backward"] = values["forward"] + weight.numel() + x.numel() * needs_x
    for row in (row for row in profile.rows if row.op == "Conv2d"):
        flops = 2 * outputs * C * K * K * products[row.direction]
        each = row.seconds / row.calls
        assert row.gflops * each * 1e9 == pytest.approx(flops)
        assert row.gb_per_s * each * 1e9 == pytest.approx(4 * values[row.direction])
        least = max(flops / 100e9, 4 * values[row.direction] / 10e9)
        assert row.of_roof * each == pytest.approx(least)


@pytest.mark.parametrize(("a", "b"), [((3, 4), (4, 5)), ((2, 3, 4), (4, 5)), ((4,), (4, 5))])
def test_operations_of_a_matrix_product_are_those_of_the_definition(a, b):
    a, b = (Tensor(np.ones(s, np.float32), requires_grad=True) for s in (a, b))
    with minicnn.profile(roof=ROOF) as profile:
        (a @ b).sum().backward()
    expected = {"forward": 2 * a.numel() * 5, "backward": 4 * a.numel() * 5}
    rows = [row for row in profile.rows if row.op == "MatMul"]
    assert {row.direction for row in rows} == {"forward", "backward"}
    for row in rows:
        assert row.gflops * row.seconds * 1e9 == pytest.approx(expected[row.direction])


def test_operations_without_products_are_set_against_the_bandwidth():
    x = Tensor(np.ones((8, 4), np.float32))
    with minicnn.profile(roof=ROOF) as profile:
        F.relu(x)
    (row,) = profile.rows
    assert row.gflops is None
    assert row.of_roof * row.seconds == pytest.approx(2 * 8 * 4 * 4 / 10e9)


def test_a_profile_changes_no_bit():
    plain = train(small_net())
    with minicnn.profile(roof=ROOF):
        profiled = train(small_net())
    assert profiled == plain


def test_outside_of_a_block_nothing_is_replaced():
    before = (Function.__call__, autograd.backward, Optimizer.step)
    with minicnn.profile(roof=ROOF):
        assert Function.__call__ is not before[0]
    assert (Function.__call__, autograd.backward, Optimizer.step) == before
    with pytest.raises(ZeroDivisionError), minicnn.profile(roof=ROOF):
        _ = 1 / 0
    assert (Function.__call__, autograd.backward, Optimizer.step) == before
    assert train(small_net())


def test_an_operation_that_raises_is_no_call():
    with minicnn.profile(roof=ROOF) as profile:
        with pytest.raises(ValueError, match="linear: x has 4 features"):
            F.linear(np.ones((2, 4), np.float32), np.ones((3, 5), np.float32))
        F.relu(Tensor([1.0]))
    assert [row.op for row in profile.rows] == ["ReLU"]


def test_a_graph_of_a_block_can_be_used_after_it():
    x = Tensor([1.0, 2.0], requires_grad=True)
    with minicnn.profile(roof=ROOF) as profile:
        y = (x * x).sum()
    y.backward()
    assert x.grad.tolist() == [2.0, 4.0]
    assert not [row for row in profile.rows if row.direction == "backward"]


def test_a_graph_is_freed_without_the_cycle_collector():
    gc.disable()
    try:
        with minicnn.profile(roof=ROOF):
            y = Tensor([1.0], requires_grad=True) * 2.0
            node = weakref.ref(y.creator)
            y.backward()
            del y
            assert node() is None
    finally:
        gc.enable()


def test_blocks_cannot_be_nested():
    with (
        minicnn.profile(roof=ROOF),
        pytest.raises(RuntimeError, match="profile: a block cannot begin inside another one"),
        minicnn.profile(roof=ROOF),
    ):
        pass
    assert train(small_net())


def test_rows_are_there_after_the_block():
    with minicnn.profile() as profile:
        with pytest.raises(RuntimeError, match="complete after the block"):
            _ = profile.rows
        F.relu(Tensor([1.0]))
    assert profile.rows[0].of_roof > 0


def test_wrong_arguments_are_refused():
    with pytest.raises(TypeError, match=r"profile: model must be a Module, got \[\]"):
        minicnn.profile([])
    with pytest.raises(TypeError, match=r"profile: roof must be a Roof, got \(1, 2\)"):
        minicnn.profile(roof=(1, 2))


def test_printed_it_is_a_table():
    model = small_net()
    with minicnn.profile(model, roof=ROOF) as profile:
        train(model)
    heading, rule, *lines, rest, last = str(profile).splitlines()
    assert heading.split()[:5] == ["op", "pass", "layer", "shapes", "calls"]
    assert set(rule) == {"-"}
    assert len(lines) == len(profile.rows)
    assert all(len(line) <= len(rule) for line in lines)
    assert "6x1x8x8, 4x1x3x3" in str(profile)
    assert rest.startswith("everything else")
    assert last == f"{1e3 * profile.seconds:.3f} ms in all; the roof is 100 GFLOP/s, 10.0 GB/s"


def test_the_table_says_what_the_rows_leave_of_the_block():
    rows = [
        ProfileRow("Conv2d", "forward", "conv1", ((2, 3), (4, 3)), 7, 0.5, 0.5, 12.0, 3.0, 0.25),
        ProfileRow("Adam", "step", "", (), 1, 0.25, 0.25, None, None, None),
    ]
    heading, rule, *cells, rest, last = table(rows, 1.0, Roof(100.0, 10.0)).splitlines()
    conv, adam = (" ".join(line.split()) for line in cells)
    assert conv == "Conv2d forward conv1 2x3, 4x3 7 500.000 50.0% 12.0 3.0 25%"
    assert adam == "Adam step 1 250.000 25.0% - - -"
    assert rest.split() == ["everything", "else", "250.000", "25.0%"]
    assert last == "1000.000 ms in all; the roof is 100 GFLOP/s, 10.0 GB/s"
    assert rule == "-" * len(heading)


def test_a_roof_is_what_takes_longer():
    assert ROOF.seconds(flops=200e9, size=1e9) == pytest.approx(2.0)
    assert ROOF.seconds(flops=1e9, size=30e9) == pytest.approx(3.0)


def test_a_measured_roof_holds_for_so_many_threads():
    roof = measure_roof(threads=1)
    assert math.isfinite(roof.gflops)
    assert roof.gflops > 0.1
    assert math.isfinite(roof.gb_per_s)
    assert roof.gb_per_s > 0.1
