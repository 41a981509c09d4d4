"""The three tables of a module (parameters, buffers, submodules): entering and walking them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from minicnn.tensor import Tensor

if TYPE_CHECKING:
    from minicnn.nn.module import Module


def register(module: Module, table: str, name: str, value: Any) -> None:
    """Enter `value` under `name` into one table of `module`, and remove the name elsewhere."""
    if not isinstance(name, str) or name == "" or "." in name:
        raise ValueError(
            f"{type(module).__name__}: a name must be a string, not empty and without '.', got"
            f" {name!r}"
        )
    if hasattr(type(module), name) or name == "training":
        raise ValueError(
            f"{type(module).__name__}: the name {name!r} is taken by an attribute of the class"
        )
    destination = getattr(module, table)  # raises if super().__init__() has not been called
    module.__dict__.pop(name, None)
    for other in (module._parameters, module._buffers, module._modules):
        if other is not destination:
            other.pop(name, None)
    destination[name] = value


def named_members(
    module: Module, table: str, prefix: str, recurse: bool, remove_duplicate: bool
) -> Iterator[tuple[str, Any]]:
    """Yield the entries of one table, of `module` and all modules below it, with dotted names."""
    seen: set[Tensor] = set()
    owners = module.named_modules(None, prefix, remove_duplicate) if recurse else [(prefix, module)]
    for path, owner in owners:
        for name, member in getattr(owner, table).items():
            if member is None or member in seen:
                continue
            if remove_duplicate:
                seen.add(member)
            yield (f"{path}.{name}" if path else name), member


def find_submodule(module: Module, target: str) -> Module:
    """Return the module of a dotted name; raise AttributeError if there is none."""
    for name in target.split(".") if target else ():
        found = module._modules.get(name)
        if found is None:
            raise AttributeError(f"{type(module).__name__!r} object has no submodule {name!r}")
        module = found
    return module


def find_member(module: Module, table: str, target: str) -> Tensor:
    """Return the entry of a dotted name; raise AttributeError if there is none."""
    path, _, name = target.rpartition(".")
    owner = find_submodule(module, path)
    found = getattr(owner, table).get(name)
    if found is None:
        kind = table.strip("_").removesuffix("s")
        raise AttributeError(f"{type(owner).__name__!r} object has no {kind} {name!r}")
    return cast(Tensor, found)


def persistent_members(module: Module, prefix: str = "") -> dict[str, Tensor]:
    """Return what a state_dict holds, the tensors themselves; shared ones occur under each name."""
    out: dict[str, Tensor] = {}
    for path, owner in module.named_modules(remove_duplicate=False):
        start = f"{prefix}{path}." if path else prefix
        for name, member in {**owner._parameters, **owner._buffers}.items():
            if member is not None and name not in owner._transient:
                out[start + name] = member
    return out
