"""What a module's values are, as a whole: collecting, loading, converting and printing them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minicnn.errors import StateDictError
from minicnn.nn.members import persistent_members
from minicnn.tensor import Tensor

if TYPE_CHECKING:
    from minicnn.nn.module import Module

MAX_ROWS = 40  # of the table in an error


class KeyDiff(NamedTuple):
    """How the names of a state_dict and of a module differ."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Misfit(NamedTuple):
    """One row of the table: an entry that cannot be loaded, and why."""

    problem: str
    key: str
    expected: str
    got: str


def state_dict(module: Module, prefix: str) -> dict[str, Tensor]:
    """Return what `Module.state_dict` does."""
    return {name: member.detach() for name, member in persistent_members(module, prefix).items()}


def load(module: Module, values: Mapping[str, Any], strict: bool) -> KeyDiff:
    """Copy `values` into `module`, all of them or none."""
    if not isinstance(values, Mapping):
        raise TypeError(
            f"load_state_dict: state_dict must be a mapping, got {type(values).__name__}"
        )
    targets = persistent_members(module, "")
    diff = KeyDiff([k for k in targets if k not in values], [k for k in values if k not in targets])
    rows: list[Misfit] = []
    if strict:
        rows += [Misfit("missing", k, str(targets[k].shape), "-") for k in diff.missing_keys]
        rows += [Misfit("unexpected", k, "-", shape_of(values[k])) for k in diff.unexpected_keys]
    pairs: list[tuple[np.ndarray, np.ndarray]] = []
    for key, target in targets.items():
        if key not in values:
            continue
        array = np.asarray(values[key])
        if array.dtype.kind not in "biuf":
            rows.append(Misfit("not numeric", key, str(target.dtype), str(array.dtype)))
        elif array.shape != target.shape:
            rows.append(Misfit("wrong shape", key, str(target.shape), str(array.shape)))
        else:
            pairs.append((target.data, array))
    if rows:
        raise StateDictError(report(module, rows, len(targets), hints(rows, targets, values)))
    for destination, source in pairs:
        np.copyto(destination, source, casting="unsafe")  # float64 to float32 is meant
    return diff


def shape_of(value: Any) -> str:
    """Return the shape of what should be an array, or its type's name."""
    shape = getattr(value, "shape", None)
    return str(tuple(shape)) if shape is not None else type(value).__name__


def report(module: Module, rows: list[Misfit], n_entries: int, advice: list[str]) -> str:
    """Return the error's text: a table with one row for each misfit, then possible reasons."""
    head = Misfit("problem", "key", "module has", "state_dict has")
    shown = [head, *rows[:MAX_ROWS]]
    widths = [max(len(cell) for cell in column) for column in zip(*shown)]
    lines = [
        f"load_state_dict: {len(rows)} problems with the {n_entries} entries of"
        f" {type(module).__name__}; nothing was loaded."
    ]
    for row in shown:
        cells = [cell.ljust(width) for cell, width in zip(row, widths)]
        lines.append("  " + "   ".join(cells).rstrip())
    if len(rows) > MAX_ROWS:
        lines.append(f"  ... and {len(rows) - MAX_ROWS} more")
    return "\n".join([*lines, *[f"hint: {line}" for line in advice]])


def hints(rows: list[Misfit], targets: dict[str, Tensor], values: Mapping[str, Any]) -> list[str]:
    """Return what may have gone wrong."""
    missing = [row.key for row in rows if row.problem == "missing"]
    unexpected = [row.key for row in rows if row.problem == "unexpected"]
    out = []
    too_long = common_prefix(unexpected, missing)
    too_short = common_prefix(missing, unexpected)
    if too_long:
        out.append(
            f"the state_dict's keys begin with {too_long!r}: load"
            f" {{k.removeprefix({too_long!r}): v for k, v in state_dict.items()}}"
        )
    if too_short:
        out.append(
            f"the module's keys begin with {too_short!r}: load"
            f" {{{too_short!r} + k: v for k, v in state_dict.items()}}"
        )
    for row in rows:
        if row.problem == "wrong shape":
            out += layout_hint(row.key, targets[row.key].shape, np.shape(values[row.key]))
    return out


def common_prefix(longer: list[str], shorter: list[str]) -> str:
    """Return a prefix that turns every key of `longer` into one of `shorter`, or ""."""
    if not longer:
        return ""
    known = set(shorter)
    first = longer[0]
    for i, character in enumerate(first):
        prefix = first[: i + 1]
        if character == "." and all(
            k.startswith(prefix) and k.removeprefix(prefix) in known for k in longer
        ):
            return prefix
    return ""


# How other libraries store weights: (how many axes, what it is, the transpose that gives ours).
LAYOUTS = (
    (2, "(in_features, out_features), as Keras and JAX store it", (1, 0)),
    (4, "(K_h, K_w, C_in, C_out), as Keras and JAX store it", (3, 2, 0, 1)),
    (4, "(C_out, K_h, K_w, C_in), as TFLite stores it", (0, 3, 1, 2)),
)


def layout_hint(key: str, expected: tuple[int, ...], got: tuple[int, ...]) -> list[str]:
    """Return the transpose that makes `got` the expected shape, if it is a known one."""
    for ndim, layout, axes in LAYOUTS:
        if len(got) == ndim and tuple(got[axis] for axis in axes) == expected:
            return [f"{key} looks like {layout}: transpose it with value.transpose{axes}"]
    return []


def convert(module: Module, dtype: np.dtype[Any]) -> None:
    """Convert the floating-point parameters, gradients and buffers of `module` to `dtype`."""
    if dtype not in (np.float32, np.float64):
        raise TypeError(f"Module.to: dtype must be float32 or float64, got {dtype}")
    with np.errstate(all="ignore"):  # IEEE 754's rules, without warnings, as in all operations
        for tensor in [*module.parameters(), *module.buffers()]:
            if tensor.dtype.kind == "f":
                tensor.data = tensor.data.astype(dtype)
                if tensor.grad is not None:
                    tensor.grad = tensor.grad.astype(dtype)


def indented(name: str, extra: list[str], children: list[str]) -> str:
    """Return `name(...)`: on one line if there are no children and at most one line to say."""
    if len(extra) == 1 and not children:
        return f"{name}({extra[0]})"
    lines = [line.replace("\n", "\n  ") for line in extra + children]
    return f"{name}(\n  " + "\n  ".join(lines) + "\n)" if lines else f"{name}()"
