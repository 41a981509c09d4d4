"""Modules that hold parameters: in a list, under keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from minicnn._checks import integer
from minicnn.nn.module import Module
from minicnn.nn.parameter import Parameter
from minicnn.tensor import Tensor


def _parameter(owner: str, value: Any) -> Parameter:
    """Return the value as a parameter; a tensor becomes one."""
    if isinstance(value, Parameter):
        return value
    if isinstance(value, Tensor):
        return Parameter(value)
    raise TypeError(f"{owner}: a Parameter or Tensor was expected, got {type(value).__name__}")


class ParameterList(Module):
    """A list of parameters, so that a module finds them. It cannot itself be called.

    Args:
        values: Parameters; tensors become parameters.

    Example:
        >>> scales = ParameterList([Tensor([1.0]), Tensor([2.0])])
        >>> len(scales), list(scales.state_dict())
        (2, ['0', '1'])
    """

    def __init__(self, values: Iterable[Any] = ()) -> None:
        super().__init__()
        self.extend(values)

    def _key(self, index: Any) -> str:
        position = integer("ParameterList", "index", index)
        if not -len(self) <= position < len(self):
            raise IndexError(
                f"ParameterList: index {position} is out of range for {len(self)} parameters"
            )
        return str(position % len(self))

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return self._parameters[self._key(index)]

    def __setitem__(self, index: int, value: Any) -> None:
        self.register_parameter(self._key(index), _parameter("ParameterList", value))

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._parameters.values())  # type: ignore[arg-type]  # a list holds no None

    def append(self, value: Any) -> ParameterList:
        """Add a parameter at the end."""
        self.register_parameter(str(len(self)), _parameter("ParameterList", value))
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Add parameters at the end."""
        for value in tuple(values):
            self.append(value)
        return self

    def __iadd__(self, values: Iterable[Any]) -> ParameterList:
        return self.extend(values)

    def extra_repr(self) -> str:
        return _lines(self._parameters)


class ParameterDict(Module):
    """A dictionary of parameters, so that a module finds them. It cannot itself be called.

    Args:
        parameters: Parameters under keys; tensors become parameters.

    Example:
        >>> weights = ParameterDict({"left": Tensor([1.0]), "right": Tensor([2.0])})
        >>> list(weights.keys()), weights["left"].requires_grad
        (['left', 'right'], True)
    """

    def __init__(self, parameters: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__()
        self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        return self._parameters[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.register_parameter(key, _parameter("ParameterDict", value))

    def __delitem__(self, key: str) -> None:
        del self._parameters[key]

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __contains__(self, key: object) -> bool:
        return key in self._parameters

    def keys(self) -> Iterable[str]:
        """Return the names, in order."""
        return self._parameters.keys()

    def values(self) -> Iterable[Any]:
        """Return the parameters, in order."""
        return self._parameters.values()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Return pairs of name and parameter, in order."""
        return self._parameters.items()

    def pop(self, key: str) -> Any:
        """Remove the parameter of this key and return it."""
        return self._parameters.pop(key)

    def update(self, parameters: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        """Add parameters, replacing those of the same key."""
        for key, value in dict(parameters).items():
            self[key] = value

    def extra_repr(self) -> str:
        return _lines(self._parameters)


def _lines(parameters: Mapping[str, Any]) -> str:
    return "\n".join(
        f"({key}): Parameter of shape {p.shape}, {p.dtype}" for key, p in parameters.items()
    )
