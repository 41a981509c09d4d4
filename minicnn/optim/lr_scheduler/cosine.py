"""Cosine annealing, once or with restarts.

Source: Loshchilov & Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts",
arXiv:1608.03983, equation 5.
"""

from __future__ import annotations

import math

from minicnn.optim.lr_scheduler.base import LRScheduler, at_least
from minicnn.optim.optimizer import Optimizer


class CosineAnnealingLR(LRScheduler):
    """Lowers the rate to eta_min along half a cosine.

    lr = eta_min + (initial_lr - eta_min) * (1 + cos(pi * epoch / T_max)) / 2; after T_max epochs it
    rises again along the next half.

    Args:
        optimizer: Whose rates are set.
        T_max: Epochs from the highest to the lowest rate.
        eta_min: The lowest rate.
        last_epoch: See `LRScheduler`.

    Raises:
        ValueError: If T_max is below 1.

    Example:
        >>> from minicnn.optim import SGD
        >>> from minicnn.tensor import Tensor
        >>> sgd = SGD([Tensor([1.0], requires_grad=True)], lr=0.5)
        >>> scheduler = CosineAnnealingLR(sgd, T_max=2)
        >>> scheduler.step()
        >>> round(sgd.param_groups[0]["lr"], 6)
        0.25
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        at_least("CosineAnnealingLR", "T_max", T_max, 1)
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        epoch, T = self.last_epoch, self.T_max
        if epoch == 0:
            return self._lrs()
        if self._step_count == 1:  # a run that goes on: the current rates may be anything
            return self.closed_form()
        if (epoch - 1 - T) % (2 * T) == 0:  # the first step up from eta_min, where a ratio is 0 / 0
            rise = (1 - math.cos(math.pi / T)) / 2
            return [
                lr + (base - self.eta_min) * rise for lr, base in zip(self._lrs(), self.base_lrs)
            ]
        ratio = (1 + math.cos(math.pi * epoch / T)) / (1 + math.cos(math.pi * (epoch - 1) / T))
        return [self.eta_min + (lr - self.eta_min) * ratio for lr in self._lrs()]

    def closed_form(self) -> list[float]:
        return [_cosine(base, self.eta_min, self.last_epoch / self.T_max) for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Lowers the rate to eta_min along half a cosine, again and again.

    lr = eta_min + (initial_lr - eta_min) * (1 + cos(pi * T_cur / T_i)) / 2, where T_cur is the time
    since the last restart and T_i the length of the current period.

    Args:
        optimizer: Whose rates are set.
        T_0: Epochs of the first period.
        T_mult: Factor from each period's length to the next one's.
        eta_min: The lowest rate.
        last_epoch: See `LRScheduler`.

    Raises:
        ValueError: If T_0 or T_mult is no integer from 1 on.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        for setting, value in (("T_0", T_0), ("T_mult", T_mult)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(
                    f"CosineAnnealingWarmRestarts: {setting} must be an int of at least 1, got"
                    f" {value!r}"
                )
        self.T_0, self.T_i, self.T_mult, self.eta_min = T_0, T_0, T_mult, eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def step(self, epoch: float | None = None) -> None:
        """Begin the next epoch, or set the rates of time `epoch`, which may lie within an epoch.

        Raises:
            ValueError: If `epoch` is negative.
        """
        now = self.last_epoch + 1 if epoch is None else epoch
        if not now >= 0:
            raise ValueError(
                f"CosineAnnealingWarmRestarts.step: epoch must not be negative, got {epoch}"
            )
        self._step_count += 1
        self.last_epoch = math.floor(now)
        self.T_cur, self.T_i = now, self.T_0
        if self.T_mult == 1:
            self.T_cur %= self.T_0
        else:
            while self.T_cur >= self.T_i:
                self.T_cur -= self.T_i
                self.T_i *= self.T_mult
        self._set(self.get_lr())

    def get_lr(self) -> list[float]:
        return [_cosine(base, self.eta_min, self.T_cur / self.T_i) for base in self.base_lrs]


def _cosine(highest: float, lowest: float, part: float) -> float:
    """Return the value after `part` of the way from highest to lowest."""
    return lowest + (highest - lowest) * (1 + math.cos(math.pi * part)) / 2
