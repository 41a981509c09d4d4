"""The rate that rises and then falls far below its start, while the momentum does the opposite.

Source: Smith & Topin, "Super-Convergence", arXiv:1708.07120, section 2; with torch's phases.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from minicnn.optim.lr_scheduler.base import LRScheduler, at_least
from minicnn.optim.optimizer import Optimizer


class OneCycleLR(LRScheduler):
    """Sets rate and momentum along one cycle; `step` belongs after each batch, not each epoch.

    The rate goes from max_lr / div_factor up to max_lr, which it reaches at step
    pct_start * total_steps - 1, and down to max_lr / div_factor / final_div_factor at step
    total_steps - 1. With three phases it is back at max_lr / div_factor at step
    2 * pct_start * total_steps - 2.

    Args:
        optimizer: Whose rates are set.
        max_lr: The highest rate, or one for each group.
        total_steps: Steps of the whole cycle; epochs * steps_per_epoch if left out.
        epochs: See `total_steps`.
        steps_per_epoch: See `total_steps`.
        pct_start: Which part of the cycle is the rise.
        anneal_strategy: "cos" for half cosines, "linear" for lines.
        cycle_momentum: Whether momentum (of Adam and its relatives betas[0]) moves too.
        base_momentum: The momentum at the highest rate, or one for each group.
        max_momentum: The momentum at the cycle's ends, or one for each group.
        div_factor: max_lr / initial rate.
        final_div_factor: Initial rate / last rate.
        three_phase: See above.
        last_epoch: The last step taken; see `LRScheduler`.

    Raises:
        ValueError: If the number of steps is missing or below 1, a setting is out of its range, or
            momentum is to move that the optimizer does not have.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        if not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: pct_start must be in [0, 1], got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"OneCycleLR: anneal_strategy must be 'cos' or 'linear', got {anneal_strategy!r}"
            )
        self.anneal_strategy, self.cycle_momentum = anneal_strategy, cycle_momentum
        self.use_beta1 = "betas" in optimizer.defaults
        if cycle_momentum and not self.use_beta1 and "momentum" not in optimizer.defaults:
            raise ValueError(
                f"OneCycleLR: {type(optimizer).__name__} has neither momentum nor betas; use"
                " cycle_momentum=False"
            )
        self.phases = _phases(pct_start * self.total_steps - 1, self.total_steps - 1, three_phase)
        if last_epoch == -1:
            _set_each(optimizer, "max_lr", max_lr)
            for group in optimizer.param_groups:
                group["initial_lr"] = group["max_lr"] / div_factor
                group["min_lr"] = group["initial_lr"] / final_div_factor
            if cycle_momentum:
                _set_each(optimizer, "base_momentum", base_momentum)
                _set_each(optimizer, "max_momentum", max_momentum)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Compute the rates of step `last_epoch`, and set that step's momentum.

        Raises:
            ValueError: If the cycle is over.
        """
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(
                f"OneCycleLR: the cycle has total_steps={self.total_steps} steps, got step {step}"
            )
        ends = [phase["end_step"] for phase in self.phases]
        at = min(bisect_left(ends, step), len(ends) - 1)  # the first phase that ends here or later
        phase, start, end = self.phases[at], ends[at - 1] if at > 0 else 0.0, ends[at]
        # torch runs on behind the last step, where a line would fall below 0; here it stays there
        part = min((step - start) / (end - start), 1.0) if end > start else 1.0
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                momentum = self._between(group, phase["momentum"], part)
                if self.use_beta1:
                    group["betas"] = (momentum, *group["betas"][1:])
                else:
                    group["momentum"] = momentum
        return [self._between(group, phase["lr"], part) for group in groups]

    def _between(self, group: dict[str, Any], names: list[str], part: float) -> float:
        """Return the value after `part` of the way between two of the group's settings."""
        first, last = group[names[0]], group[names[1]]
        if self.anneal_strategy == "linear":
            return float(first + (last - first) * part)
        return float(last + (first - last) * (1 + math.cos(math.pi * part)) / 2)


def _phases(peak: float, last: float, three: bool) -> list[dict[str, Any]]:
    """Return when each phase ends, and from which setting of a group to which it goes."""
    up = dict(
        end_step=peak, lr=["initial_lr", "max_lr"], momentum=["max_momentum", "base_momentum"]
    )
    down = dict(end_step=last, lr=["max_lr", "min_lr"], momentum=["base_momentum", "max_momentum"])
    if not three:
        return [up, down]
    back = dict(
        end_step=2 * peak, lr=["max_lr", "initial_lr"], momentum=["base_momentum", "max_momentum"]
    )
    down.update(lr=["initial_lr", "min_lr"], momentum=["max_momentum", "max_momentum"])
    return [up, back, down]


def _total(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    if total_steps is None:
        if epochs is None or steps_per_epoch is None:
            raise ValueError(
                "OneCycleLR: needs total_steps, or both epochs and steps_per_epoch, got"
                f" epochs={epochs} and steps_per_epoch={steps_per_epoch}"
            )
        total_steps = epochs * steps_per_epoch
    at_least("OneCycleLR", "total_steps", total_steps, 1)
    return total_steps


def _set_each(optimizer: Optimizer, name: str, value: float | Sequence[float]) -> None:
    """Give each group one value as a setting of this name."""
    groups = optimizer.param_groups
    values = list(value) if isinstance(value, Sequence) else [value] * len(groups)
    if len(values) != len(groups):
        raise ValueError(
            f"OneCycleLR: {name} must be one number or one for each of the {len(groups)} groups,"
            f" got {len(values)}"
        )
    for group, one in zip(groups, values):
        group[name] = one
