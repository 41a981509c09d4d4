"""The summary counts what can be counted by hand, and leaves the model as it was."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
from minicnn import models, nn
from tests.machine import cases


def quiz() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 10, 3), nn.MaxPool2d(4, 4), nn.Conv2d(10, 20, 5, padding=2), nn.MaxPool2d(2, 2)
    )


def test_the_quiz_has_its_known_answers() -> None:
    table = minicnn.summary(quiz(), (3, 130, 130))
    assert table.output_shape == (1, 20, 16, 16)
    assert [row.parameters for row in table.rows] == [280, 0, 5020, 0]
    assert [row.output_shape[1:] for row in table.rows] == [
        (10, 128, 128),
        (10, 32, 32),
        (20, 32, 32),
        (20, 16, 16),
    ]
    assert table.rows[3].memory == 5120 * 4
    assert "20 * 16 * 16 = 5,120 values" in str(table)
    assert "floor(" not in str(table)
    heading, rule, *_ = str(table).splitlines()
    assert rule == "-" * len(heading)


def test_multiply_adds_of_known_networks() -> None:
    # LeNet-5: 28*28*6*25 + 10*10*16*150 + 400*120 + 120*84 + 84*10
    table = minicnn.summary(models.LeNet5(), (1, 28, 28))
    assert table.total_multiply_adds == 117_600 + 240_000 + 48_000 + 10_080 + 840
    assert table.total_parameters == table.trainable_parameters == 61_706
    assert table.parameter_memory == 4 * 61_706
    # ResNet-20 with option A: first conv, then 2 n convs a stage, the first of stages 2, 3 halved
    first, same = 1024 * 16 * 27, 1024 * 16 * 144
    expected = first + 6 * same + 2 * (same // 2 + 5 * same) + 640
    assert minicnn.summary(models.resnet20(), (3, 32, 32)).total_multiply_adds == expected


@given(
    st.integers(5, 12),
    st.integers(5, 12),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.one_of(st.tuples(st.integers(0, 2), st.integers(0, 2)), st.sampled_from(["same", "valid"])),
    st.integers(1, 2),
    st.sampled_from([1, 2]),
    st.booleans(),
)
@cases(50)
def test_the_formulas_hold_for_all_settings(
    H: int,
    W: int,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: Any,
    dilation: int,
    groups: int,
    bias: bool,
) -> None:
    """What stands between the equal signs, evaluated by Python, is what stands at the end."""
    if padding == "same":
        stride = (1, 1)
    conv = nn.Conv2d(4, 6, kernel, stride, padding, dilation, groups, bias)
    (row,) = minicnn.summary(conv, (4, H, W)).rows
    n_checked = 0
    for line in row.formulas:
        _, numbers, result = line.split(" = ")
        value = eval(numbers.replace("/", "//"), {"floor": math.floor})
        assert value == int(result.replace(",", ""))
        n_checked += 1
    assert n_checked in (2, 3)
    assert row.output_shape[3] == int(row.formulas[-1].split(" = ")[-1])
    assert row.parameters == 6 * 4 // groups * math.prod(kernel) + 6 * bias
    products = math.prod(row.output_shape) * 4 // groups * math.prod(kernel)
    assert row.multiply_adds == products


def test_formulas_of_other_layers() -> None:
    table = minicnn.summary(nn.Sequential(nn.Flatten(), nn.Linear(12, 5)), (3, 2, 2), formulas=True)
    assert "in_features*out_features + out_features = 12*5 + 5 = 65" in str(table)
    table = minicnn.summary(nn.MaxPool2d(2, ceil_mode=True), (1, 5, 6), formulas=True)
    assert "height: ceil((W - F + 2P)/S) + 1 = ceil((5 - 2 + 2*0)/2) + 1 = 3" in str(table)
    assert "width: ceil((W - F + 2P)/S) + 1 = ceil((6 - 2 + 2*0)/2) + 1 = 3" in str(table)
    # ceil((4 - 2 + 2) / 3) + 1 = 3 windows, of which the last begins at 6 - 1 = 5, beyond 4 values
    table = minicnn.summary(nn.MaxPool2d(2, 3, padding=1, ceil_mode=True), (1, 4, 4))
    assert table.rows[0].formulas == (
        "ceil((W - F + 2P)/S) + 1 = ceil((4 - 2 + 2*1)/3) + 1 - 1 = 2"
        " (the last window would begin in the padding)",
    )


def test_the_model_is_left_as_it_was() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Dropout())
    model[3].eval()
    seen: list[str] = []
    model[0].register_forward_hook(lambda module, args, y: seen.append("own hook"))
    before = {key: value.data.copy() for key, value in model.state_dict().items()}
    minicnn.summary(model, (1, 5, 5))
    assert [m.training for m in model.modules()] == [True, True, True, True, False]
    for key, value in model.state_dict().items():
        np.testing.assert_array_equal(value.data, before[key])
    assert seen == ["own hook"]
    assert model[1]._hooks is None  # can still be fused with the ReLU
    model(np.ones((2, 1, 5, 5), np.float32))
    assert seen == ["own hook"] * 2


def test_a_failing_pass_leaves_no_hooks_behind() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    with pytest.raises(ValueError, match="Linear: x has shape"):
        minicnn.summary(model, (5,))
    assert all(m.training and m._hooks is None for m in model.modules())


class Odd(nn.Module):
    """One layer called twice, one never, a parameter beside modules, a tuple as result."""

    def __init__(self) -> None:
        super().__init__()
        self.twice = nn.Linear(3, 3)
        self.never = nn.Linear(7, 1)
        self.scale = nn.Parameter([2.0])

    def forward(self, x: Any) -> Any:
        return self.twice(self.twice(x)) * self.scale, "and a text"


def test_shared_layers_are_counted_once_and_those_not_called_are_named() -> None:
    model = Odd()
    model.never.requires_grad_(False)
    table = minicnn.summary(model, (3,))
    assert [(row.name, row.parameters) for row in table.rows] == [
        ("twice", 12),
        ("twice", 0),
        ("", 1),
    ]
    assert (table.total_parameters, table.trainable_parameters) == (21, 13)
    assert table.total_multiply_adds == 18
    assert table.output_shape == (1, 3)
    assert "Parameters of modules that were not called: 8" in str(table)
    assert "Output of one sample: 3 values" in str(table)


def test_the_dtype_is_the_models_or_as_said() -> None:
    assert minicnn.summary(nn.Linear(2, 3).double(), (2,)).rows[0].memory == 24
    table = minicnn.summary(nn.Embedding(10, 4), (6,), dtype=np.int64)
    assert table.rows[0].output_shape == (1, 6, 4)
    assert table.rows[0].multiply_adds is None


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(TypeError, match="summary: input_shape must be a tuple of ints, got 3"):
        minicnn.summary(nn.Linear(3, 3), 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"summary: input_shape must hold positive ints, got \(0,"):
        minicnn.summary(nn.Linear(3, 3), (0, 3))
    with pytest.raises(TypeError, match=r"summary: input_shape must be an int, got 1\.5"):
        minicnn.summary(nn.Linear(3, 3), (1.5,))  # type: ignore[arg-type]
