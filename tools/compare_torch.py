"""Writes docs/torch.md: every public name of torch that concerns CNNs, and how minicnn has it.

    python -m tools.compare_torch                 # docs/torch.md, from tools/torch_names.json
    python -m tools.compare_torch --record        # first take the names from the installed torch
    python -m tools.compare_torch --record-v2     # and those of torchvision.transforms.v2

Signatures are compared by the names and defaults of their arguments. The reasons for what is not
offered are in `torch_reasons.py`.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import re
from pathlib import Path
from typing import Any

from tools.torch_reasons import REMARKS, reason

ROOT = Path(__file__).parents[1]
NAMES, PAGE = ROOT / "tools" / "torch_names.json", ROOT / "docs" / "torch.md"
MODULES = {  # torch's module: minicnn's
    "torch.nn": "minicnn.nn",
    "torch.nn.functional": "minicnn.nn.functional",
    "torch.optim": "minicnn.optim",
    "torch.optim.lr_scheduler": "minicnn.optim.lr_scheduler",
    "torchvision.transforms.v2": "minicnn.transforms",
}
TENSORS = """## Tensors and the top level

Functions and methods have torch's names and argument order (`minicnn.cat`, `x.masked_fill(...)`), and so have `device`,
`dtype`s, `no_grad`, `Generator`, `minicnn.utils.data`. What a script of torch's meets otherwise:

| in torch | in minicnn |
|---|---|
| several devices | `"cpu"`; `cuda.is_available()` is False, `.to("cuda")` raises ValueError |
| `p.data` and `p.grad` are tensors | they are NumPy arrays: `p.data[...] = 0`, `p.grad *= 0.5`; `nn.init` takes `p.data`, too |
| `x.add_(1)`, `x[i] = 0`, `x += 1` may be part of the graph | in place only where nothing is recorded: else the first two raise RuntimeError, and `x += 1` makes a new tensor |
| dtypes of its own, also float16 and bfloat16 | NumPy's: float32 and float64 compute, integers and booleans select |
| `create_graph=True`: derivatives of derivatives | not offered: a backward pass is not recorded |
| `torch.save` pickles any object | `save` writes safetensors: tensors by name, or a dictionary of such, numbers and texts |
"""  # noqa: E501  # rows of a table
Signature = list[list[str]]  # [name, default as text or "" if there is none] of each argument
# Arguments that say where or by which of several equal ways torch computes, or are deprecated.
NO_EFFECT = {
    "device", "foreach", "fused", "capturable", "differentiable", "size_average", "reduce",
    "_stacklevel", "dtype", "out",
}  # fmt: skip


def signature(value: Any) -> Signature | None:
    """Return the arguments of a function or class; None if they cannot be found out."""
    try:
        parameters = list(inspect.signature(value).parameters.values())
    except (TypeError, ValueError):
        line = re.search(rf"{getattr(value, '__name__', '?')}\((.*?)\) ->", value.__doc__ or "")
        if line is None:
            return None
        pairs = [part.partition("=") for part in line[1].split(",")]
        names = [[name.strip(), default.strip()] for name, _, default in pairs]
        return [[name, default] for name, default in names if name not in ("*", "")]
    return [
        [p.name, "" if p.default is p.empty else repr(p.default)]
        for p in parameters
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]


def record(modules: list[str]) -> None:
    """Store the public names of these modules and their signatures."""
    stored = json.loads(NAMES.read_text()) if NAMES.exists() else {}
    for name in modules:
        module = importlib.import_module(name)
        found = {}
        for key in sorted(getattr(module, "__all__", None) or dir(module)):
            value = getattr(module, key, None)
            home = str(getattr(value, "__module__", "torch"))
            if key.startswith("_") or not callable(value) or not home.startswith("torch"):
                continue
            if name == "torch.nn.functional" and isinstance(value, type):
                continue
            found[key] = signature(value)
        stored[name] = found
    NAMES.write_text(json.dumps(stored, indent=0, sort_keys=True) + "\n")


def number(text: str) -> str:
    """Return a default in the form that is compared: 1 and 1.0 are one, and so are None and ()."""
    text = text.rpartition("InterpolationMode.")[2].partition(":")[0].lower()
    try:
        return repr(float(text))
    except ValueError:
        return text.strip("'\"").replace("()", "none")


def difference(theirs: Signature | None, ours: Signature | None) -> str:
    """Return how the arguments differ, in words; "" if they do not."""
    if theirs is None or ours is None:
        return "torch's arguments cannot be inspected"
    mine = {argument[0]: argument[1] for argument in ours}
    said = []
    first = {"self", "input", "x", "tensor", *([theirs[0][0]] if theirs else [])}
    missing = [n for n, _ in theirs if n not in mine and n not in NO_EFFECT and n not in first]
    if missing:
        said.append("without " + ", ".join(f"`{name}`" for name in missing))
    for name, default in theirs:
        compared = default and mine.get(name) and name not in NO_EFFECT
        if compared and number(mine[name]) != number(default):
            said.append(f"`{name}={mine[name]}` where torch has `{default}`")
    return "; ".join(said)


def state(theirs: str, name: str, arguments: Signature | None) -> str:
    """Return what the table says of one name."""
    try:
        ours = getattr(importlib.import_module(MODULES[theirs]), name, None)
    except ModuleNotFoundError:
        ours = None
    remark = REMARKS.get(f"{theirs}.{name}", "")
    if ours is None:
        return remark or f"not offered: {reason(theirs, name)}"
    said = "; ".join([text for text in (difference(arguments, signature(ours)), remark) if text])
    return f"differs: {said}" if said else "same"


def page() -> str:
    """Return the text of docs/torch.md."""
    stored = json.loads(NAMES.read_text())
    lines = [
        "# torch's names, and minicnn's",
        "",
        "Made by `python -m tools.compare_torch` from the signatures of torch 2.13.0 and of"
        " torchvision 0.29.1; do not edit.",
        '"same" means the same arguments with the same defaults; the first, torch\'s `input`, may'
        " be called `x`.",
        "Arguments that only say where, how or in which dtype torch computes (`device`, `dtype`,"
        " `out`, `fused`, ...) and",
        "deprecated ones (`size_average`, `reduce`) are left out. That the results are the same is"
        " what `make test-torch` asserts.",
        "",
        TENSORS,
    ]
    for theirs, names in stored.items():
        states = {name: state(theirs, name, arguments) for name, arguments in names.items()}
        same = sum(text == "same" for text in states.values())
        differs = sum(text.startswith("differs") for text in states.values())
        lines += [
            f"## {theirs} ({MODULES[theirs]})",
            "",
            f"{len(states)} names: {same} the same, {differs} that differ,"
            f" {len(states) - same - differs} not offered.",
            "",
            "| name | state |",
            "|---|---|",
            *[f"| `{name}` | {text} |" for name, text in states.items()],
            "",
        ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--record-v2", action="store_true")
    args = parser.parse_args()
    if args.record:
        record([name for name in MODULES if name.startswith("torch.")])
    if args.record_v2:
        record(["torchvision.transforms.v2"])
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
