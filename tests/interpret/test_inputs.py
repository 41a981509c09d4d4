"""All methods: the model stays as it was, and mistakes are said plainly with the fix."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minicnn
from minicnn import Tensor, attacks, nn
from minicnn import interpret as I
from tests.training.nets import digest

METHODS: dict[str, Any] = {
    "Saliency": lambda m: I.Saliency(m).attribute,
    "InputXGradient": lambda m: I.InputXGradient(m).attribute,
    "SmoothGrad": lambda m: I.SmoothGrad(m).attribute,
    "IntegratedGradients": lambda m: lambda x, t=None: I.IntegratedGradients(m).attribute(x, 0, t),
    "GuidedBackprop": lambda m: I.GuidedBackprop(m).attribute,
    "Deconvolution": lambda m: I.Deconvolution(m).attribute,
    "Occlusion": lambda m: lambda x, t=None: I.Occlusion(m).attribute(x, (1, 3, 3), target=t),
    "LayerGradCam": lambda m: I.LayerGradCam(m, "3").attribute,
    "GradCAM": lambda m: I.GradCAM(m, "0").attribute,
    "GuidedGradCam": lambda m: I.GuidedGradCam(m, "0").attribute,
}


def net() -> nn.Sequential:
    minicnn.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.5),
        nn.Flatten(),
        nn.Linear(16, 3),
    )


def images(n: int = 2) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, 1, 6, 6)).astype(np.float32)


@pytest.fixture(params=METHODS)
def method(request: pytest.FixtureRequest) -> Any:
    return request.param


def state(model: nn.Module) -> list[Any]:
    parameters = [
        (p.requires_grad, None if p.grad is None else p.grad.tolist()) for p in model.parameters()
    ]
    modules = [(m.training, m._hooks) for m in model.modules()]
    return [digest(model), parameters, modules]


def test_the_model_its_gradients_its_mode_and_the_images_stay_as_they_were(method: str) -> None:
    model, x = net().eval(), images()
    model(x).sum().backward()
    model[0].bias.requires_grad = False
    handle = model[6].register_forward_hook(lambda module, args, y: None)
    before, x_before = state(model), x.copy()
    result = METHODS[method](model)(x, 1)
    assert isinstance(result, Tensor)
    assert not result.requires_grad
    assert np.isfinite(result.data).all()
    assert result.dtype == np.float32
    assert state(model) == before
    np.testing.assert_array_equal(x, x_before)
    handle.remove()


def test_the_model_stays_as_it_was_after_an_error(method: str) -> None:
    model = net().eval()
    before = state(model)
    with pytest.raises(ValueError, match="target"):
        METHODS[method](model)(images(), 7)
    with pytest.raises(ValueError, match="conv2d"):
        METHODS[method](model)(images()[:, :, :3, :3].repeat(2, 1), 1)
    assert state(model) == before


def test_it_works_within_no_grad_and_is_the_same_there(method: str) -> None:
    call, x = METHODS[method](net().eval()), images()
    minicnn.manual_seed(1)
    outside = call(x, 1)
    minicnn.manual_seed(1)
    with minicnn.no_grad():
        np.testing.assert_array_equal(call(x, 1).data, outside.data)


def test_a_batch_gives_what_its_images_give_one_by_one(method: str) -> None:
    call, x = METHODS[method](net().eval()), images(3)
    if method == "SmoothGrad":  # each call draws its own noise
        call = partial(call, noise_level=0.0)
    together = call(Tensor(x), [2, 0, 1])
    for i, target in enumerate([2, 0, 1]):
        alone = call(x[i : i + 1], target)
        np.testing.assert_allclose(together.data[i], alone.data[0], rtol=1e-4, atol=1e-5)


def test_mistakes_are_said_with_the_fix(method: str) -> None:
    model, x = net(), images()
    call = METHODS[method](model)
    with pytest.raises(ValueError, match=r": the model must be in eval mode, .* model.eval\(\)"):
        call(x, 1)
    model.eval()
    model[4].train()
    with pytest.raises(ValueError, match="but its layer '4: Dropout' is in training mode"):
        call(x, 1)
    model.eval()
    with pytest.raises(ValueError, match=r"target: the model gives 3 numbers .* \(0 to 2\)"):
        call(x)
    with pytest.raises(ValueError, match="target must be from 0 to 2, got 3"):
        call(x, [0, 3])
    with pytest.raises(ValueError, match="target must be from 0 to 2, got -1"):
        call(x, -1)
    with pytest.raises(ValueError, match=r"one for each of the 2 images, got shape \(3,\)"):
        call(x, [0, 1, 2])
    with pytest.raises(TypeError, match=r"target must be an int or N ints, got 1.5"):
        call(x, 1.5)
    with pytest.raises(TypeError, match=r"got uint8 \(bytes 0 to 255 become 0 to 1 by"):
        call((x * 10).astype(np.uint8), 1)
    with pytest.raises(TypeError, match=r"must be float32 as .* got float64; use .*astype"):
        call(x.astype(np.float64), 1)
    with pytest.raises(ValueError, match=r"at least one image, got \(0, 1, 6, 6\)"):
        call(x[:0], 1)
    x[0, 0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="must be finite, got 1 NaN or inf"):
        call(x, 1)


def test_a_model_that_is_none_and_outputs_without_a_batch_are_named() -> None:
    with pytest.raises(TypeError, match="Saliency: model must be a Module, got function"):
        I.Saliency(lambda x: x)
    with pytest.raises(ValueError, match=r"of shape \(N, K\) for N = 2 images, got \(2, 1, 6, 6\)"):
        I.Saliency(nn.ReLU().eval()).attribute(images(), 0)
    with pytest.raises(ValueError, match="does not depend on its input by operations that have"):
        I.Saliency(Blind().eval()).attribute(images())


class Blind(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return Tensor(x.data.sum((1, 2, 3)))


def test_importing_minicnn_imports_neither_interpret_nor_attacks() -> None:
    code = (
        "import sys, minicnn; assert not [name for name in sys.modules"
        " if name.startswith(('minicnn.interpret', 'minicnn.attacks'))]"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_example_of_the_documentation_runs() -> None:
    text = (Path(__file__).parents[2] / "docs" / "interpret.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, "docs/interpret.md", "exec"), names)
    assert names["change"].shape == (4, 1, 8, 8)
    assert names["where"].shape == (4, 1, 8, 8)
    assert names["best"].activations[-1] > names["best"].activations[0]
    assert abs(names["worse"].data - names["images"]).max() <= 0.1
    documented = set(re.findall(r"^\| (`.*?`) \|", text, flags=re.MULTILINE))
    named = {name for cell in documented for name in re.findall(r"`(\w+)`", cell)}
    results = {"Attribution", "Ascent", "Inversion", "Patch", "Box"}
    assert named == {*I.__all__, *attacks.__all__} - results | {"LayerGradCam", "GradCAM"}
