"""What the schedulers of the learning rate share: counting, setting the rates, being saved."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from minicnn.optim.optimizer import Optimizer


class SavedAttributes:
    """Gives a scheduler `state_dict` and `load_state_dict`: all its attributes but the excluded."""

    not_saved: frozenset[str] = frozenset({"optimizer"})

    def state_dict(self) -> dict[str, Any]:
        """Return copies of all attributes but the optimizer: numbers, texts, lists and dicts."""
        return {
            key: copy.deepcopy(value)
            for key, value in self.__dict__.items()
            if key not in self.not_saved
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` of a scheduler of the same kind returned.

        The optimizer's current rates are not changed: they are part of the optimizer's state.

        Raises:
            ValueError: If the keys are not this scheduler's; then nothing has been taken over.
        """
        own = set(self.__dict__) - self.not_saved
        if own != set(state_dict):
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: missing keys"
                f" {sorted(own - set(state_dict))}, unexpected keys {sorted(set(state_dict) - own)}"
            )
        self.__dict__.update(copy.deepcopy(dict(state_dict)))


class LRScheduler(SavedAttributes):
    """Sets the learning rate of each group of an optimizer as a function of the epoch.

    Constructing it begins epoch `last_epoch` + 1 and sets that epoch's rates; each `step` begins
    another one. A subclass defines `get_lr`, which computes the rates of epoch `last_epoch`,
    usually from the current ones, so that what else changed them stays in effect.

    Args:
        optimizer: Whose groups' "lr" is set. Their first rates are kept as "initial_lr".
        last_epoch: -1 to start; else the last epoch of a run that goes on, whose optimizer has
            loaded the state of that run ("initial_lr" included).

    Attributes:
        base_lrs: The groups' initial rates.
        last_epoch: The epoch whose rates are set, counted from 0.

    Raises:
        TypeError: If `optimizer` is none.
        KeyError: If the run goes on and a group has no "initial_lr".
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        name = type(self).__name__
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{name}: optimizer must be an Optimizer, got {optimizer!r}")
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{name}: with last_epoch={last_epoch}, param_groups[{i}] must have an"
                    " 'initial_lr'; load the state of the optimizer first"
                )
        self.base_lrs: list[float] = [g["initial_lr"] for g in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._step_count = 0
        self._last_lr: list[float] = self._lrs()
        self._begin()

    def step(self, epoch: int | None = None) -> None:
        """Begin the next epoch, or epoch number `epoch`, and set its rates."""
        self._step_count += 1
        if epoch is None:
            self.last_epoch += 1
            self._set(self.get_lr())
        else:
            self.last_epoch = epoch
            self._set(self.closed_form())

    def get_lr(self) -> list[float]:
        """Compute the rates of epoch `last_epoch`, one for each group."""
        raise NotImplementedError

    def closed_form(self) -> list[float]:
        """Compute the rates of epoch `last_epoch` without regard to the current ones."""
        return self.get_lr()

    def get_last_lr(self) -> list[float]:
        """Return the rates that were set last, one for each group."""
        return list(self._last_lr)

    def _begin(self) -> None:
        """Take the step that belongs to construction."""
        self._step_count = 0
        self.step()

    def _lrs(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def _set(self, lrs: list[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, lrs):
            group["lr"] = lr
        self._last_lr = self._lrs()


def at_least(name: str, setting: str, value: float, least: float) -> None:
    """Raise ValueError, in the name of a scheduler, unless value >= least."""
    if not value >= least:
        raise ValueError(f"{name}: {setting} must be at least {least}, got {value!r}")
