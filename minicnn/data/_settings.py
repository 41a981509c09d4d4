"""Checks of what a loader is told."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from minicnn._checks import integer
from minicnn.data.dataset import IterableDataset

if TYPE_CHECKING:
    from minicnn.data.loader import DataLoader


def check_settings(loader: DataLoader, shuffle: bool | None) -> None:
    """Raise if settings are out of range or exclude each other."""
    if integer("DataLoader", "num_workers", loader.num_workers) < 0:
        raise ValueError(f"DataLoader: num_workers must not be negative, got {loader.num_workers}")
    if integer("DataLoader", "prefetch_factor", loader.prefetch_factor) < 1:
        raise ValueError(
            f"DataLoader: prefetch_factor must be at least 1, got {loader.prefetch_factor}"
        )
    if not loader.timeout >= 0:
        raise ValueError(f"DataLoader: timeout must not be negative, got {loader.timeout}")
    if loader.persistent_workers and loader.num_workers == 0:
        raise ValueError("DataLoader: persistent_workers=True needs num_workers > 0, got 0")
    if loader.batch_size is not None:
        if integer("DataLoader", "batch_size", loader.batch_size) < 1:
            raise ValueError(f"DataLoader: batch_size must be at least 1, got {loader.batch_size}")
    elif loader.drop_last:
        raise ValueError("DataLoader: batch_size=None excludes drop_last")
    given = {
        "shuffle": shuffle or None,
        "sampler": loader.sampler,
        "batch_sampler": loader.batch_sampler,
    }
    if isinstance(loader.dataset, IterableDataset):
        for name, value in given.items():
            if value is not None:
                raise ValueError(
                    f"DataLoader: {name} must be left out, since the dataset is an IterableDataset,"
                    f" which has an order of its own; got {value!r}"
                )
    if loader.sampler is not None and shuffle:
        raise ValueError("DataLoader: give either sampler or shuffle=True, not both")
    if loader.batch_sampler is not None and (
        loader.batch_size not in (1, None)
        or shuffle
        or loader.sampler is not None
        or loader.drop_last
    ):
        raise ValueError(
            "DataLoader: batch_sampler excludes batch_size, shuffle, sampler and drop_last"
        )


def process_context(context: Any, num_workers: int) -> Any:
    """Return the context of `multiprocessing` that workers are started in; None for threads."""
    if context is None:
        return None
    if num_workers == 0:
        raise ValueError("DataLoader: multiprocessing_context needs num_workers > 0, got 0")
    if isinstance(context, str):
        methods = multiprocessing.get_all_start_methods()
        if context not in methods:
            raise ValueError(
                f"DataLoader: multiprocessing_context must be one of {methods}, got {context!r}"
            )
        return multiprocessing.get_context(context)
    if not isinstance(context, multiprocessing.context.BaseContext):
        raise TypeError(
            "DataLoader: multiprocessing_context must be None, a start method or a context of"
            f" multiprocessing, got {context!r}"
        )
    return context


def check_state(state: Mapping[str, int], names: Sequence[str]) -> list[int]:
    """Return the entries of a loader's state, checked."""
    if not isinstance(state, Mapping):
        raise TypeError(f"DataLoader.load_state_dict: state must be a mapping, got {state!r}")
    if set(state) != set(names):
        raise ValueError(
            f"DataLoader.load_state_dict: state must have the entries {sorted(names)}, got"
            f" {sorted(state)}"
        )
    for name in names:
        value = state[name]
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"DataLoader.load_state_dict: {name} must be an int, got {value!r}")
        if not 0 <= value < 2**64:
            raise ValueError(
                f"DataLoader.load_state_dict: {name} must be in [0, 2**64), got {value}"
            )
    return [state[name] for name in names]
