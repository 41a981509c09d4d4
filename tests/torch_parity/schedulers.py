"""Random settings of every scheduler of the learning rate, and the rates that it sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.torch_parity.draw import Draw

EPOCHS = 24


def factor(epoch: int) -> float:
    return 1 / (1 + 0.3 * epoch)


def one_cycle(d: Draw) -> dict[str, Any]:
    length = d.one_of(dict(total_steps=EPOCHS + 1), dict(epochs=5, steps_per_epoch=5))
    more = d.some(anneal_strategy="linear", three_phase=d.flag(), final_div_factor=50.0)
    return dict(max_lr=d.number(0.1, 1.0), pct_start=d.number(0.2, 0.45), **length, **more)


def cyclic(d: Draw) -> dict[str, Any]:
    settings = d.some(step_size_down=d.integer(1, 9), gamma=d.number(0.8, 1.0))
    settings |= d.some(mode=d.one_of("triangular2", "exp_range"), max_momentum=0.95)
    settings |= d.one_of({}, {}, dict(scale_fn=factor, scale_mode=d.one_of("cycle", "iterations")))
    return (
        dict(base_lr=[0.1, 0.2], max_lr=d.number(0.3, 1.0), step_size_up=d.integer(1, 9)) | settings
    )


def plateau(d: Draw) -> dict[str, Any]:
    return dict(patience=d.integer(0, 3), factor=d.number(0.1, 0.9)) | d.some(
        mode="max",
        threshold_mode="abs",
        threshold=d.number(0.0, 0.3),
        cooldown=d.integer(0, 3),
        min_lr=d.number(0.0, 0.1),
        eps=d.number(1e-8, 1e-2),
    )


SCHEDULERS: dict[str, Callable[[Draw], dict[str, Any]]] = {
    "LambdaLR": lambda d: dict(lr_lambda=factor),
    "MultiplicativeLR": lambda d: dict(lr_lambda=[factor, factor]),
    "StepLR": lambda d: dict(step_size=d.integer(1, 6), **d.some(gamma=d.number(0.1, 0.9))),
    "MultiStepLR": lambda d: dict(
        milestones=sorted(d.integer(1, 15) for _ in range(d.integer(0, 4))),
        **d.some(gamma=d.number(0.1, 0.9)),
    ),
    "ConstantLR": lambda d: d.some(factor=d.number(0.1, 1.0), total_iters=d.integer(1, 9)),
    "LinearLR": lambda d: d.some(
        start_factor=d.number(0.1, 1.0), end_factor=d.number(0.1, 1.0), total_iters=d.integer(1, 9)
    ),
    "ExponentialLR": lambda d: dict(gamma=d.number(0.5, 1.0)),
    "PolynomialLR": lambda d: d.some(total_iters=d.integer(1, 30), power=d.number(0.5, 2.0)),
    "CosineAnnealingLR": lambda d: dict(T_max=d.integer(1, 30), **d.some(eta_min=1e-3)),
    "CosineAnnealingWarmRestarts": lambda d: dict(
        T_0=d.integer(1, 6), **d.some(T_mult=d.integer(1, 3), eta_min=1e-3)
    ),
    "OneCycleLR": one_cycle,
    "CyclicLR": cyclic,
    "ReduceLROnPlateau": plateau,
}
PARTS = ("StepLR", "LinearLR", "ExponentialLR", "CosineAnnealingLR", "PolynomialLR", "ConstantLR")


def rates(library: Any, name: str, seed: int) -> np.ndarray:
    """Return the rates of two groups, and their momentum, over EPOCHS epochs."""
    d = Draw(seed)
    groups = [dict(params=[library.tensor(d.floats(2), True)], lr=d.number(0.1, 1.0)) for _ in "ab"]
    optimizer = library.optim.SGD(groups, lr=0.1, momentum=0.9)
    kinds = library.optim.lr_scheduler

    def part() -> Any:
        kind = d.one_of(*PARTS)
        return getattr(kinds, kind)(optimizer, **SCHEDULERS[kind](d))

    if name == "SequentialLR":
        parts = [part() for _ in range(d.integer(1, 3))]
        milestones = sorted(d.integer(2 + 7 * i, 8 + 7 * i) for i in range(len(parts) - 1))
        scheduler = kinds.SequentialLR(optimizer, parts, milestones)
    elif name == "ChainedScheduler":
        scheduler = kinds.ChainedScheduler([part() for _ in range(d.integer(1, 3))])
    else:
        scheduler = getattr(kinds, name)(optimizer, **SCHEDULERS[name](d))
    found = []
    for _ in range(EPOCHS):
        found.append([g[key] for g in optimizer.param_groups for key in ("lr", "momentum")])
        optimizer.step()
        scheduler.step(*([d.number(0.5, 1.5)] if name == "ReduceLROnPlateau" else []))
    return np.array(found)
