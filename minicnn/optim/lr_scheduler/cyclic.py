"""The rate that goes up and down between two bounds, again and again.

Source: Smith, "Cyclical learning rates for training neural networks", arXiv:1506.01186, section 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from minicnn.optim.lr_scheduler.base import LRScheduler
from minicnn.optim.optimizer import Optimizer


class CyclicLR(LRScheduler):
    """Sets rate and momentum along triangles; `step` belongs after each batch, not each epoch.

    The rate rises from base_lr to max_lr in step_size_up steps and falls again in step_size_down;
    the height above base_lr is scaled by a function of the cycle (counted from 1) or of the step.

    Args:
        optimizer: Whose rates are set.
        base_lr: The lowest rate, or one for each group.
        max_lr: The highest rate of the first cycle, or one for each group.
        step_size_up: Steps of the rise.
        step_size_down: Steps of the fall; None for as many.
        mode: "triangular" (no scaling), "triangular2" (half the height at each cycle), or
            "exp_range" (gamma ** step).
        gamma: See `mode`.
        scale_fn: A function that scales the height, instead of `mode`'s.
        scale_mode: Whether `scale_fn` is given the "cycle" or the number of "iterations".
        cycle_momentum: Whether momentum (of Adam and its relatives betas[0]) moves the other way.
        base_momentum: The lowest momentum, at the highest rate; or one for each group.
        max_momentum: The highest momentum, or one for each group.
        last_epoch: The last step taken; see `LRScheduler`.

    Raises:
        ValueError: If a number of steps is not positive, a mode is unknown, or momentum is to move
            that the optimizer does not have.

    Example:
        >>> from minicnn import Tensor, optim
        >>> sgd = optim.SGD([Tensor([1.0], requires_grad=True)], lr=0.1)
        >>> scheduler = CyclicLR(sgd, 0.1, 0.5, step_size_up=2, cycle_momentum=False)
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [0.3]
    """

    not_saved = frozenset({"optimizer", "scale_fn"})

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | Sequence[float],
        max_lr: float | Sequence[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.8,
        max_momentum: float | Sequence[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"CyclicLR: optimizer must be an Optimizer, got {optimizer!r}")
        down = step_size_up if step_size_down is None else step_size_down
        if not (step_size_up > 0 and down > 0):
            raise ValueError(f"CyclicLR: step sizes must be positive, got {step_size_up}, {down}")
        if mode not in ("triangular", "triangular2", "exp_range"):
            raise ValueError(
                f"CyclicLR: mode must be 'triangular', 'triangular2' or 'exp_range', got {mode!r}"
            )
        if scale_mode not in ("cycle", "iterations"):
            raise ValueError(
                f"CyclicLR: scale_mode must be 'cycle' or 'iterations', got {scale_mode!r}"
            )
        self.total_size, self.step_ratio = step_size_up + down, step_size_up / (step_size_up + down)
        self.mode, self.gamma, self.scale_fn = mode, gamma, scale_fn
        by_step = mode == "exp_range" if scale_fn is None else scale_mode == "iterations"
        self.scale_mode = "iterations" if by_step else "cycle"
        self.use_beta1 = "betas" in optimizer.defaults
        if cycle_momentum and not self.use_beta1 and "momentum" not in optimizer.defaults:
            raise ValueError(
                f"CyclicLR: {type(optimizer).__name__} has neither momentum nor betas; use"
                " cycle_momentum=False"
            )
        self.cycle_momentum = cycle_momentum
        self.max_lrs = each(optimizer, "max_lr", max_lr)
        self.base_momentums = each(optimizer, "base_momentum", base_momentum)
        self.max_momentums = each(optimizer, "max_momentum", max_momentum)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, each(optimizer, "base_lr", base_lr)):
                group["lr"] = group["initial_lr"] = lr
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Compute the rates of step `last_epoch`, and set that step's momentum."""
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1 + self.last_epoch / self.total_size - cycle  # how far through the cycle, from 0 to 1
        rising = x <= self.step_ratio
        height = x / self.step_ratio if rising else (x - 1) / (self.step_ratio - 1)
        height *= self._scale(float(cycle if self.scale_mode == "cycle" else self.last_epoch))
        if self.cycle_momentum:
            bounds = zip(self.base_momentums, self.max_momentums)
            for group, (low, high) in zip(self.optimizer.param_groups, bounds):
                momentum = high - (high - low) * height
                if self.use_beta1:
                    group["betas"] = (momentum, *group["betas"][1:])
                else:
                    group["momentum"] = momentum
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs)]

    def _scale(self, x: float) -> float:
        if self.scale_fn is not None:
            return self.scale_fn(x)
        if self.mode == "triangular2":
            return float(1 / 2.0 ** (x - 1))
        return float(self.gamma**x) if self.mode == "exp_range" else 1.0


def each(optimizer: Optimizer, setting: str, value: float | Sequence[float]) -> list[float]:
    """Return the setting of each group; raise ValueError unless there is one for each."""
    count = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [float(value)] * count  # type: ignore[arg-type]  # a number
    if len(value) != count:
        raise ValueError(
            f"CyclicLR: {setting} must be a number or {count} numbers, one for each group, got"
            f" {len(value)}"
        )
    return [float(v) for v in value]
