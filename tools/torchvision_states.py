"""Write what the tests compare our networks with: names and shapes, and some outputs.

    python tools/torchvision_states.py states > tests/models/torchvision_states.json
    python tools/torchvision_states.py outputs > tests/models/torchvision_outputs.json

Needs torchvision. For the names and shapes, the models are made on the meta device, so no memory is
taken; dotted names are written as nested objects, in the order of the state_dict. For the outputs
the weights follow from a formula (see tests/models/test_torchvision_outputs.py).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.models.formula_weights import CASES, image, values

NAMES = (
    *("alexnet", "vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19"),
    *("vgg19_bn", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "googlenet"),
    *("squeezenet1_0", "squeezenet1_1", "mobilenet_v2"),
)
SETTINGS: dict[str, dict[str, Any]] = {
    "googlenet": dict(init_weights=False),
    "mobilenet_v2 width_mult=0.35": dict(width_mult=0.35),
    "mobilenet_v2 width_mult=1.4": dict(width_mult=1.4),
    "googlenet aux_logits=False": dict(aux_logits=False, init_weights=False),
}


def states() -> None:
    import torch
    import torchvision

    print("{")
    lines = []
    for name in (*NAMES, *(key for key in SETTINGS if " " in key)):
        with torch.device("meta"):
            model = getattr(torchvision.models, name.split()[0])(**SETTINGS.get(name, {}))
        tree: dict[str, Any] = {}
        for key, value in model.state_dict().items():
            *path, last = key.split(".")
            place = tree
            for part in path:
                place = place.setdefault(part, {})
            place[last] = list(value.shape)
        lines.append(f"{json.dumps(name)}:{json.dumps(tree, separators=(',', ':'))}")
    print(",\n".join(lines))
    print("}")


def outputs() -> None:
    import torch
    import torchvision

    found: dict[str, Any] = {}
    for case, (name, settings, size, training) in CASES.items():
        extra = dict(init_weights=False) if name == "googlenet" else {}
        model = getattr(torchvision.models, name)(**settings, **extra).double().train(training)
        state = {
            key: torch.from_numpy(values(key, v.shape)) for key, v in model.state_dict().items()
        }
        model.load_state_dict(state)
        with torch.no_grad():
            y = model(torch.from_numpy(image(size)))
        found[case] = [part.tolist() for part in (y if isinstance(y, tuple) else (y,))]
    print(json.dumps(found, indent=0))


if __name__ == "__main__":
    {"states": states, "outputs": outputs}[sys.argv[1]]()
