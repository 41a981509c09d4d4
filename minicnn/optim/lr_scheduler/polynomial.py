"""A rate that falls to 0 as a power of the epochs that are left."""

from __future__ import annotations

from minicnn.optim.lr_scheduler.base import LRScheduler, at_least
from minicnn.optim.optimizer import Optimizer


class PolynomialLR(LRScheduler):
    """Lowers the rate to 0 in total_iters epochs, as a power of what is left of them.

    lr = initial_lr * (1 - min(epoch, total_iters) / total_iters)**power

    Args:
        optimizer: Whose rates are set.
        total_iters: Epochs until the rate is 0.
        power: The exponent; 1 is a line.
        last_epoch: See `LRScheduler`.

    Raises:
        ValueError: If total_iters is below 1.

    Example:
        >>> from minicnn.optim import SGD
        >>> from minicnn.tensor import Tensor
        >>> sgd = SGD([Tensor([1.0], requires_grad=True)], lr=1.0)
        >>> scheduler = PolynomialLR(sgd, total_iters=4, power=2.0)
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [0.5625]

    Source: torch.optim.lr_scheduler.PolynomialLR.
    """

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        at_least("PolynomialLR", "total_iters", total_iters, 1)
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def _left(self, epoch: int) -> float:
        return 1 - min(epoch, self.total_iters) / self.total_iters

    def get_lr(self) -> list[float]:
        if self._step_count == 1 or self.last_epoch > self.total_iters:
            return self._lrs()
        change = self._left(self.last_epoch) / self._left(self.last_epoch - 1)
        return [lr * change**self.power for lr in self._lrs()]

    def closed_form(self) -> list[float]:
        return [base * self._left(self.last_epoch) ** self.power for base in self.base_lrs]
