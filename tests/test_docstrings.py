"""Every public name tells in its docstring what it is: what an editor or `help` shows."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import minicnn
from minicnn._tensor_conversions import TensorConversions
from minicnn._tensor_in_place import TensorInPlace
from minicnn._tensor_methods import TensorMethods
from minicnn._tensor_shapes import TensorShapes
from minicnn._tensor_shorthands import TensorShorthands

NAMES = [
    info.name
    for info in pkgutil.walk_packages(minicnn.__path__, "minicnn.")
    if not any(part.startswith("_") for part in info.name.split("."))
]
# Those that say what is public of them, and two whose functions all are.
MODULES = ["minicnn.nn.init", "minicnn.nn.utils"]
MODULES += [n for n in ["minicnn", *NAMES] if hasattr(importlib.import_module(n), "__all__")]
PARTS = [TensorMethods, TensorShapes, TensorConversions, TensorInPlace, TensorShorthands]


def public(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield the public functions and classes of a module that are minicnn's."""
    for name in getattr(module, "__all__", None) or dir(module):
        value = getattr(module, name)
        home = getattr(value, "__module__", "") or ""
        if name.startswith("_") or not home.startswith("minicnn") or home.endswith("_core"):
            continue
        if inspect.isfunction(value) or inspect.isclass(value):
            yield name, value


def members(owner: type) -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties that a class defines itself."""
    for name, value in vars(owner).items():
        function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        if inspect.isfunction(function) and not name.startswith("_"):
            yield name, getattr(owner, name)


def without(module: ModuleType) -> list[str]:
    """Return the full names of what has no docstring; a method may have its base class's."""
    found = [name for name, value in public(module) if not value.__doc__]
    for name, value in public(module):
        if inspect.isclass(value):
            found += [f"{name}.{m}" for m, member in members(value) if not inspect.getdoc(member)]
    return found


@pytest.mark.parametrize("name", MODULES)
def test_public_functions_classes_and_methods_have_docstrings(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    assert not without(module)


@pytest.mark.parametrize("part", PARTS)
def test_methods_of_tensors_have_docstrings_where_an_editor_reads_them(part: type) -> None:
    (tree,) = ast.parse(inspect.cleandoc("\n" + inspect.getsource(part))).body
    assert isinstance(tree, ast.ClassDef)
    methods = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert len(methods) > 10
    operators = [node.name for node in methods if node.name.startswith("_")]
    assert not [m.name for m in methods if not ast.get_docstring(m) and m.name not in operators]


def test_what_has_no_docstring_is_found() -> None:
    module = ModuleType("minicnn.example")

    class Plain:
        def method(self) -> None: ...

    def function() -> None: ...

    for value in (Plain, function):
        value.__module__ = "minicnn.example"
        setattr(module, value.__name__, value)
    assert without(module) == ["Plain", "function", "Plain.method"]
