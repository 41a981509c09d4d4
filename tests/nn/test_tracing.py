"""`Module.check`, and the Linear that says which layers led to it."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import Tensor, enable_grad, nn, no_grad
from minicnn.nn import functional as F


class TwoParts(nn.Module):
    """A network with a Sequential in it, and functions in its `forward`, as users write them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2))
        self.drop = nn.Dropout(0.5)
        self.classifier = nn.Linear(width, 10)

    def forward(self, x):
        x = F.relu(self.features(x))
        return self.classifier(self.drop(x.reshape(x.shape[0], -1)))


TRAIL = """
The layers that led to it, and the shapes they gave:
  features.0: Conv2d     (N, 6, 24, 24)
  features.1: ReLU       (N, 6, 24, 24)
  features.2: MaxPool2d  (N, 6, 12, 12)
  drop: Dropout          (N, 864)"""


def test_check_returns_each_layers_shape():
    steps = TwoParts(864).check((1, 28, 28))
    assert [(step.name, step.kind, step.shape) for step in steps] == [
        ("features.0", "Conv2d", (1, 6, 24, 24)),
        ("features.1", "ReLU", (1, 6, 24, 24)),
        ("features.2", "MaxPool2d", (1, 6, 12, 12)),
        ("drop", "Dropout", (1, 864)),
        ("classifier", "Linear", (1, 10)),
    ]
    assert str(steps).splitlines()[0] == "features.0: Conv2d     (N, 6, 24, 24)"


def test_check_leaves_the_model_as_it_was():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Dropout(0.5))
    model[3].eval()
    before = {name: value.data.copy() for name, value in model.state_dict().items()}
    model.check((1, 8, 8))
    assert [module.training for module in model.modules()] == [True, True, True, True, False]
    assert all(module._hooks is None for module in model.modules())
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value.data, before[name])
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("recording", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_a_linear_of_the_wrong_width_says_what_led_to_it(recording, training):
    model = TwoParts(400).train(training)
    x = np.ones((32, 1, 28, 28), np.float32)
    mode = enable_grad() if recording else no_grad()
    with mode, pytest.raises(ValueError) as error:  # noqa: PT011  # the text is compared below
        model(x)
    assert str(error.value) == (
        "Linear: x has shape (32, 864), whose last axis is 864 wide, but this layer was made with"
        " in_features=400; Linear(864, 10) would fit" + TRAIL
    )
    assert [module.training for module in model.modules()] == [training] * 7


def test_check_says_it_too():
    with pytest.raises(ValueError) as error:  # noqa: PT011
        TwoParts(400).check((1, 28, 28))
    assert str(error.value) == (
        "check: Linear: x has shape (1, 864), whose last axis is 864 wide, but this layer was made"
        " with in_features=400; Linear(864, 10) would fit" + TRAIL
    )


def test_other_misfits_are_shown_by_check():
    model = nn.Sequential(nn.Conv2d(1, 6, 5), nn.MaxPool2d(4), nn.Conv2d(6, 4, 7))
    with pytest.raises(ValueError, match=r"^check: conv2d: height: the dilated kernel covers") as e:
        model.check((1, 20, 20))
    assert str(e.value).splitlines()[1:] == [
        "The layers that led to it, and the shapes they gave:",
        "  0: Conv2d     (N, 6, 16, 16)",
        "  1: MaxPool2d  (N, 6, 4, 4)",
    ]


def test_a_linear_function_in_a_sequential_says_it_too():
    class Product(nn.Module):
        def __init__(self):
            super().__init__()
            self.matrix = nn.Parameter(np.ones((3, 5), np.float32))

        def forward(self, x):
            return F.linear(x, self.matrix)

    model = nn.Sequential(nn.Flatten(), Product())
    with pytest.raises(
        ValueError,
        match=r"(?s)^linear: x has 6 features \(shape \(4, 6\)\) but weight has shape \(3, 5\):"
        r" weight.shape\[1\] = 5 must equal x.shape\[-1\]\n.*\n  0: Flatten  \(N, 6\)$",
    ):
        model(np.ones((4, 2, 3), np.float32))


def test_a_forgotten_flatten_is_named_with_the_width_that_fits():
    with pytest.raises(
        ValueError,
        match=r"in_features=400; after a Flatten, 16 \* 6 \* 6 = 576 wide, Linear\(576, 120\)"
        " would fit",
    ):
        nn.Linear(400, 120)(np.zeros((64, 16, 6, 6), np.float32))


def test_hooks_and_random_numbers_of_the_user_survive_the_trail():
    seen = []
    model = TwoParts(400)
    model.features.register_forward_hook(lambda module, args, y: seen.append(y.shape))
    with pytest.raises(ValueError, match="drop: Dropout"):
        model(np.ones((2, 1, 28, 28), np.float32))
    assert seen[0] == (2, 6, 12, 12)
    assert len(model.features._hooks.after) == 1


def test_input_shapes_are_checked():
    model = nn.Flatten()
    with pytest.raises(TypeError, match=r"^check: input_shape must be a tuple of ints, got 3"):
        model.check(3)
    with pytest.raises(ValueError, match=r"^check: input_shape must hold positive ints, got"):
        model.check((1, 0, 3))
    with pytest.raises(TypeError, match=r"^check: x must be float32 or float64|^check: embedding"):
        nn.Embedding(3, 4).check((2,))
    assert nn.Embedding(3, 4).check((2,), dtype=np.int64)[0].shape == (1, 2, 4)


def test_an_ordinary_error_of_a_module_is_left_alone():
    class Wrong(nn.Module):
        def forward(self, x):
            raise ValueError("as the user wrote it")

    with pytest.raises(ValueError, match=r"^as the user wrote it$"):
        nn.Sequential(nn.ReLU(), Wrong())(Tensor([1.0]))
