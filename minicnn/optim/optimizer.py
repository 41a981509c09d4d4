"""What all optimizers share: groups of parameters with settings, and state that can be saved."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from minicnn import _core
from minicnn.autograd import enable_grad
from minicnn.tensor import Tensor

Params = Iterable[Tensor] | Iterable[dict[str, Any]]

# What a parameter's state counts or multiplies, not arrays of its shape.
COUNTS: dict[str, Callable[[Any], Any]] = {"step": int, "mu_product": float}
# Settings of torch's groups that choose between equal computations, and so mean nothing here.
HOW_TORCH_COMPUTES = frozenset({"foreach", "fused", "capturable", "differentiable"})


class Optimizer:
    """Changes parameters so that a loss becomes smaller.

    A subclass defines `_update(group, params)`, which takes one step with the parameters of one
    group that have a gradient.

    Args:
        params: Tensors, or groups: dictionaries with a key "params" and settings of their own.
        defaults: The settings of groups that do not say otherwise.

    Attributes:
        param_groups: The groups, dictionaries; settings such as "lr" may be changed at any time.
        state: For each parameter, what the optimizer remembers about it.

    Raises:
        ValueError: If there are no parameters, one occurs twice, is no leaf, or a setting is wrong.
        TypeError: If `params` is one tensor, or holds something else than tensors.
    """

    numbers: ClassVar[tuple[str, ...]] = ("lr", "weight_decay")  # settings that must be >= 0
    entries: ClassVar[tuple[str, ...]] = ()  # of a parameter's state, if it has one

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        name = type(self).__name__
        if isinstance(params, Tensor):
            raise TypeError(
                f"{name}: params must be an iterable of tensors or of groups, got one tensor"
            )
        self.defaults = defaults
        self.state: dict[Tensor, dict[str, Any]] = {}
        self.param_groups: list[dict[str, Any]] = []
        groups: list[Any] = list(params)
        if not groups:
            raise ValueError(f"{name}: params is empty (has the iterator been used up?)")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with settings of their own, in a dictionary with the key "params"."""
        name = type(self).__name__
        if not isinstance(param_group, dict) or "params" not in param_group:
            raise TypeError(
                f"{name}: a group must be a dict with the key 'params', got {param_group!r}"
            )
        params = param_group["params"]
        params = [params] if isinstance(params, Tensor) else list(params)
        known = {p for group in self.param_groups for p in group["params"]}
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"{name}: can only optimize tensors, got {type(p).__name__}")
            if not p.is_leaf:
                raise ValueError(
                    f"{name}: can only optimize leaves, got the result of an operation"
                )
            if p in known:
                raise ValueError(f"{name}: a parameter of shape {p.shape} occurs twice")
            known.add(p)
        unknown = set(param_group) - set(self.defaults) - {"params", "initial_lr"}
        if unknown:
            raise ValueError(
                f"{name}: unknown settings {sorted(unknown)}; it has {sorted(self.defaults)}"
            )
        group = {**self.defaults, **param_group, "params": params}
        self._check(group)
        self.param_groups.append(group)

    def _check(self, group: dict[str, Any]) -> None:
        for setting in self.numbers:
            if not group[setting] >= 0:
                raise ValueError(
                    f"{type(self).__name__}: {setting} must not be negative, got {group[setting]}"
                )

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None if set_to_none or p.grad is None else np.zeros_like(p.grad)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take one step; parameters without a gradient stay as they are.

        Ctrl-C that comes meanwhile waits for the end of the step: all parameters, and the state,
        are those before it or those after it.

        Args:
            closure: A function that computes the loss and its gradients first.

        Returns:
            What `closure` returned, or None.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        groups = [(group, self._with_gradient(group)) for group in self.param_groups]
        with _core.Uninterrupted():
            for group, params in groups:
                if params:
                    self._update(group, params)
        return loss

    def _with_gradient(self, group: dict[str, Any]) -> list[Tensor]:
        params: list[Tensor] = [p for p in group["params"] if p.grad is not None]
        for p in params:
            if p.grad.shape != p.data.shape:  # type: ignore[union-attr]
                raise ValueError(
                    f"{type(self).__name__}: a parameter of shape {p.shape} has a gradient of"
                    f" shape {p.grad.shape}"  # type: ignore[union-attr]
                )
        return params

    def _update(self, group: dict[str, Any], params: list[Tensor]) -> None:
        raise NotImplementedError

    # -- saving -------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return {"state": ..., "param_groups": ...}, in which parameters are numbered in order."""
        number = {p: i for i, p in enumerate(self._all_params())}
        groups = [{**g, "params": [number[p] for p in g["params"]]} for g in self.param_groups]
        state = {number[p]: dict(entries) for p, entries in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over copies of what `state_dict` of the same kind of optimizer returned.

        What torch's optimizer of that name returned fits too.

        Raises:
            ValueError: If groups or shapes do not fit, or a parameter's state is not complete; then
                nothing has been taken over.
        """
        name = type(self).__name__
        saved = list(state_dict["param_groups"])
        sizes = [len(group["params"]) for group in saved]
        own_sizes = [len(group["params"]) for group in self.param_groups]
        if sizes != own_sizes:
            raise ValueError(
                f"{name}.load_state_dict: this optimizer's groups have {own_sizes} parameters,"
                f" those of state_dict {sizes}"
            )
        numbers = [number for group in saved for number in group["params"]]
        params = dict(zip(numbers, self._all_params()))
        state = {}
        for number, entries in state_dict["state"].items():
            missing = [key for key in self.entries if key not in entries]
            if missing:
                raise ValueError(
                    f"{name}.load_state_dict: the state of parameter {number} has no {missing}"
                )
            state[params[number]] = {
                key: self._restored(params[number], key, value) for key, value in entries.items()
            }
        groups = []
        for own, group in zip(self.param_groups, saved):
            settings = {key: group[key] for key in group if key not in HOW_TORCH_COMPUTES}
            groups.append({**own, **copy.deepcopy(settings), "params": own["params"]})
        self.state, self.param_groups = state, groups

    def _restored(self, p: Tensor, key: str, value: Any) -> Any:
        if key in COUNTS:
            return COUNTS[key](value)  # torch has tensors for numbers
        if not hasattr(value, "__array__"):
            if key in self.entries:
                raise ValueError(
                    f"{type(self).__name__}.load_state_dict: {key} must be an array, got {value!r}"
                )
            return copy.deepcopy(value)
        array = np.array(value, dtype=p.dtype)  # a copy
        if array.shape != p.shape:
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: {key} has shape {array.shape}, its"
                f" parameter {p.shape}"
            )
        return array

    def _all_params(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])
