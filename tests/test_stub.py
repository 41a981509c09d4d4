"""minicnn/_core.pyi says what the extension exports: the same names, arguments and defaults."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from minicnn import _core

STUB = ast.parse((Path(__file__).parents[1] / "minicnn" / "_core.pyi").read_text())
FUNCTIONS = {node.name: node for node in STUB.body if isinstance(node, ast.FunctionDef)}
CLASSES = {
    node.name: [method.name for method in node.body if isinstance(method, ast.FunctionDef)]
    for node in STUB.body
    if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
}
CONSTANTS = {
    node.target.id: ast.unparse(node.annotation)
    for node in STUB.body
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
}
EXPORTED = {
    name: getattr(_core, name)
    for name in dir(_core)
    if not name.startswith("__") or name == "__version__"
}


def arguments(function: ast.FunctionDef) -> tuple[list[str], list[str], dict[str, str]]:
    """Return the names of positional and of keyword-only arguments, and all defaults."""
    a = function.args
    positional, keyword = [x.arg for x in a.args], [x.arg for x in a.kwonlyargs]
    defaults = dict(zip(positional[len(positional) - len(a.defaults) :], a.defaults))
    defaults |= {name: value for name, value in zip(keyword, a.kw_defaults) if value is not None}
    return positional, keyword, {name: ast.unparse(value) for name, value in defaults.items()}


def signatures(name: str) -> list[ast.FunctionDef]:
    """Return the signatures in the docstring that pybind11 wrote, one for each overload."""
    doc = EXPORTED[name].__doc__
    lines = re.findall(rf"^(?:\d+\. )?({name}\(.*\) -> .*)$", doc, re.MULTILINE)
    found = [ast.parse(f"def {line}: ...").body[0] for line in lines]
    return [f for f in found if isinstance(f, ast.FunctionDef)]


def test_the_stub_names_exactly_what_is_exported():
    assert sorted([*FUNCTIONS, *CLASSES, *CONSTANTS]) == sorted(EXPORTED)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_classes_have_the_methods_that_the_stub_gives(name):
    own = {key for key, value in vars(EXPORTED[name]).items() if callable(value)}
    hidden = {"__init__", "_pybind11_conduit_v1_"}
    assert sorted(own - hidden) == sorted(CLASSES[name])


@pytest.mark.parametrize("name", sorted(CONSTANTS))
def test_constants_have_the_type_that_the_stub_gives(name):
    value = EXPORTED[name]
    assert CONSTANTS[name] == {str: "str", tuple: "tuple[str, ...]"}[type(value)]
    assert all(isinstance(item, str) for item in value)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_take_the_arguments_that_the_stub_gives(name):
    found = signatures(name)
    assert len(found) in (1, 2)
    for signature in found:
        assert arguments(signature) == arguments(FUNCTIONS[name])


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_of_arrays_exist_for_both_dtypes(name):
    takes_arrays = "NDArray[_Float]" in ast.unparse(FUNCTIONS[name].args)
    dtypes = [re.findall(r"numpy\.float\d\d", ast.unparse(s)) for s in signatures(name)]
    singly = re.findall(r"np\.float\d\d", ast.unparse(FUNCTIONS[name]))  # arrays of one dtype only
    assert [set(d) for d in dtypes] == (
        [{"numpy.float32"}, {"numpy.float64"}]
        if takes_arrays
        else [{dtype.replace("np", "numpy") for dtype in singly}]
    )
