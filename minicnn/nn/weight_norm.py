"""Weights written as a length times a direction, each learned by itself."""

from __future__ import annotations

from typing import Any, TypeVar

from minicnn import ops
from minicnn.nn.module import Module
from minicnn.nn.parameter import Parameter
from minicnn.ops._operands import axis
from minicnn.tensor import Tensor

ModuleT = TypeVar("ModuleT", bound=Module)


class WeightNorm:
    """The hook that makes the weight of its two parts before each call of the layer.

    Args:
        name: The attribute that is made, such as "weight".
        dim: The axis along which each entry has a length of its own; None for one length in all.
        owner: Name of the module that holds the parts, below the layer; "" for the layer itself.
        g, v: Names of the lengths and of the directions there.
    """

    def __init__(self, name: str, dim: int | None, owner: str, g: str, v: str) -> None:
        self.name, self.dim, self.owner, self.g, self.v = name, dim, owner, g, v

    def __call__(self, module: Module, args: Any) -> None:
        setattr(module, self.name, self.weight(module))

    def weight(self, module: Module) -> Tensor:
        """Return g * v / |v|."""
        holder = module.get_submodule(self.owner)
        v: Tensor = getattr(holder, self.v)
        return v * (getattr(holder, self.g) / self.length(v))

    def length(self, v: Tensor) -> Tensor:
        """Return Euclid's length of each entry along `dim`, with v's number of axes."""
        if self.dim is None:
            return ops.norm(v)
        return ops.norm(v, 2, tuple([i for i in range(v.ndim) if i != self.dim]), keepdim=True)

    def split(self, module: Module) -> None:
        """Put the two parts in the place of the weight."""
        weight = module._parameters.get(self.name)
        if weight is None:
            raise ValueError(
                f"weight_norm: {type(module).__name__} has no parameter {self.name!r} (any more)"
            )
        if self.dim is not None:
            self.dim = axis("weight_norm", self.dim, weight.ndim)
        holder = module.get_submodule(self.owner)
        del module._parameters[self.name]
        lengths = self.length(weight.detach()).data
        holder.register_parameter(self.g, Parameter(lengths))
        holder.register_parameter(self.v, Parameter(weight.data))
        self(module, ())
        module.register_forward_pre_hook(self)


def weight_norm(module: ModuleT, name: str = "weight", dim: int | None = 0) -> ModuleT:
    """Replace a layer's weight by lengths `weight_g` and directions `weight_v`, and return it.

    The layer computes weight = weight_g * weight_v / |weight_v| before each call.

    Args:
        module: The layer; it is changed.
        name: Its parameter.
        dim: The axis along which each entry has a length of its own (0: each output channel); None
            for one length in all.

    Raises:
        ValueError: If the layer has no such parameter, or that no such axis.

    Example:
        >>> from minicnn.nn import Linear
        >>> layer = weight_norm(Linear(20, 40))
        >>> layer.weight_g.shape, layer.weight_v.shape
        ((40, 1), (40, 20))

    Source: Salimans & Kingma, "Weight normalization: a simple reparameterization to accelerate
    training of deep neural networks", arXiv:1602.07868, section 2.
    """
    WeightNorm(name, dim, "", f"{name}_g", f"{name}_v").split(module)
    return module


def remove_weight_norm(module: ModuleT, name: str = "weight") -> ModuleT:
    """Make the weight one parameter again, with its present values.

    Raises:
        ValueError: If `weight_norm` has not been applied to that parameter.
    """
    before = {} if module._hooks is None else module._hooks.before
    found = [
        (key, hook)
        for key, hook in before.items()
        if isinstance(hook, WeightNorm) and (hook.name, hook.owner) == (name, "")
    ]
    if not found:
        raise ValueError(
            f"remove_weight_norm: weight_norm has not been applied to {name!r} of"
            f" {type(module).__name__}"
        )
    key, hook = found[0]
    del before[key]
    weight = hook.weight(module).detach()
    delattr(module, hook.g)
    delattr(module, hook.v)
    module.register_parameter(name, Parameter(weight))
    return module


def parametrized_weight_norm(module: ModuleT, name: str = "weight", dim: int | None = 0) -> ModuleT:
    """Do what `weight_norm` does, with the keys of torch.nn.utils.parametrizations.weight_norm.

    They are parametrizations.NAME.original0 (the lengths) and .original1 (the directions).

    Args:
        module, name, dim: As of `weight_norm`.

    Example:
        >>> from minicnn.nn import Linear
        >>> list(parametrized_weight_norm(Linear(2, 3)).state_dict())
        ['bias', 'parametrizations.weight.original0', 'parametrizations.weight.original1']
    """
    if module._parameters.get(name) is None:
        raise ValueError(f"weight_norm: {type(module).__name__} has no parameter {name!r}")
    if "parametrizations" not in module._modules:
        module.add_module("parametrizations", Module())
    module.parametrizations.add_module(name, Module())
    owner = f"parametrizations.{name}"
    WeightNorm(name, dim, owner, "original0", "original1").split(module)
    return module
