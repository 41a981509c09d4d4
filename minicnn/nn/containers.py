"""Modules that hold modules: in a row, in a list, under keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, overload

from minicnn._checks import integer
from minicnn.nn.fusion import convolved_and_normalized, normalizes, takes_relu
from minicnn.nn.module import Module
from minicnn.nn.state import indented


class _Row(Module):
    """Modules numbered 0, 1, 2, ... (or named), with a list's manners."""

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())  # type: ignore[arg-type]  # a row holds no None

    def _key(self, index: int) -> str:
        name = type(self).__name__
        position = integer(name, "index", index)
        if not -len(self) <= position < len(self):
            raise IndexError(f"{name}: index {position} is out of range for {len(self)} modules")
        return list(self._modules)[position]

    def __setitem__(self, index: int, module: Module) -> None:
        self.add_module(self._key(index), module)

    def _replace(self, modules: Iterable[Module]) -> None:
        self._modules.clear()
        for i, module in enumerate(modules):
            self.add_module(str(i), module)

    def __delitem__(self, index: int | slice) -> None:
        keys = list(self._modules)
        for key in keys[index] if isinstance(index, slice) else [self._key(index)]:
            del self._modules[key]
        if all(key.isdecimal() for key in keys):
            self._replace(list(self))

    def append(self, module: Module) -> _Row:
        """Add a module at the end."""
        number = len(self)
        while str(number) in self._modules:  # a slice of a Sequential keeps its modules' names
            number += 1
        self.add_module(str(number), module)
        return self

    def extend(self, modules: Iterable[Module]) -> _Row:
        """Add modules at the end."""
        for module in modules:
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> _Row:
        """Put a module before position `index`, as `list.insert` does; the rest moves on by one."""
        modules = list(self)
        modules.insert(index, module)
        self._replace(modules)
        return self


class Sequential(_Row):
    """Calls its modules one after the other, each on the result of the one before.

    Args:
        modules: The modules in order, or one dictionary of names and modules.

    Example:
        >>> from minicnn.nn import Linear, ReLU
        >>> Sequential(Linear(4, 3), ReLU())
        Sequential(
          (0): Linear(in_features=4, out_features=3, bias=True)
          (1): ReLU()
        )
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            self.extend(modules)

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | slice) -> Module:
        if isinstance(index, slice):
            return type(self)(dict(list(self._modules.items())[index]))
        module = self._modules[self._key(index)]
        assert module is not None
        return module

    def forward(self, x: Any) -> Any:
        modules: list[Any] = [*self._modules.values(), None, None]
        i = 0
        while i < len(modules) - 2:
            module, second, third = modules[i : i + 3]
            if takes_relu(second, module, "before"):
                x, i = second.forward(x, relu=True), i + 2
            elif normalizes(second, module, x):
                relu = takes_relu(second, third, "after")
                x, i = convolved_and_normalized(module, second, x, relu=relu), i + 2 + relu
            elif takes_relu(module, second, "after") and not takes_relu(third, second, "before"):
                x, i = module.forward(x, relu=True), i + 2
            else:
                x, i = module(x), i + 1
        return x


class ModuleList(_Row):
    """A list of modules, so that their parameters are found. It cannot itself be called."""

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self.extend(modules)

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> ModuleList: ...
    def __getitem__(self, index: int | slice) -> Module:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return list(self)[integer("ModuleList", "index", index)]

    def __repr__(self) -> str:
        """Neighbours that print the same are printed once, with their number."""
        groups: list[tuple[int, int, str]] = []  # first, last, text
        for i, module in enumerate(self):
            text = repr(module)
            if groups and groups[-1][2] == text:
                groups[-1] = (groups[-1][0], i, text)
            else:
                groups.append((i, i, text))
        lines = [
            f"({first}): {text}"
            if first == last
            else f"({first}-{last}): {last - first + 1} x {text}"
            for first, last, text in groups
        ]
        return indented("ModuleList", [], lines)


class ModuleDict(Module):
    """A dictionary of modules, so that their parameters are found. It cannot itself be called."""

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()) -> None:
        super().__init__()
        self.update(modules)

    def __getitem__(self, key: str) -> Module:
        module = self._modules[key]
        assert module is not None
        return module

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def keys(self) -> Iterable[str]:
        """Return the names, in order."""
        return self._modules.keys()

    def values(self) -> Iterable[Module]:
        """Return the modules, in order."""
        return self._modules.values()  # type: ignore[return-value]  # holds no None

    def items(self) -> Iterable[tuple[str, Module]]:
        """Return pairs of name and module, in order."""
        return self._modules.items()  # type: ignore[return-value]  # holds no None

    def pop(self, key: str) -> Module:
        """Remove the module of this key and return it."""
        module = self[key]
        del self._modules[key]
        return module

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add modules, replacing those of the same key."""
        for key, module in dict(modules).items():
            self.add_module(key, module)
