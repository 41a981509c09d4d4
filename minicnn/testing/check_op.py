"""The battery of checks for one function, on random calls of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from minicnn.testing.battery import CHECKS, Check, Traits
from minicnn.testing.calls import Call
from minicnn.testing.gradcheck import KinkError

REDRAWS = 20  # of a sample at a kink, before the function is said to have them everywhere
Sampler = Callable[[np.random.Generator], Any]
Batch = int | str | tuple[int | str, ...] | Callable[[Call], tuple[str, ...]] | None


class CheckError(AssertionError):
    """At least one check failed; the message says which, why, and how to see it again."""


def check_op(
    function: Callable[..., Any],
    sample: Sampler,
    *,
    linear: bool = False,
    differentiable: bool = True,
    view: bool = False,
    batch: Batch = 0,
    checks: Iterable[str] | None = None,
    cases: int = 10,
    seed: int = 0,
) -> None:
    """Check that a function keeps what minicnn promises of its own operations.

    On `cases` random calls: gradients agree with differences in float64 (`gradient`); a linear
    function is that, and its gradient the adjoint (`linearity`); 16 memory layouts give the same
    bits, inputs stay as they are and share no memory with results (`layouts`); other floating-point
    dtypes are refused by name or kept (`dtypes`); a batch of none works (`empty batch`); 1, 2, 3, 4
    and 7 threads give the same bits (`threads`), and so does a second call (`repeatable`).

    Args:
        function: Takes tensors, returns a tensor or a tuple of them.
        sample: Draws arguments from a generator: `Arguments`, a tuple or a single one. Arrays of
            floats become tensors with a gradient; those wrapped in `Buffer` may be written to.
        linear: Whether the function is linear, plus a constant, in each of its variables.
        differentiable: False if no result has a gradient.
        view: Whether results may share memory with arguments.
        batch: The arguments, by position or name, whose first axis is the batch; None for none; or
            a function that returns their names for one `Call`.
        checks: Names of the checks to run, as above; None for all.
        cases: Random calls for each check.
        seed: Of the first call; the next has seed + 1.

    Raises:
        CheckError: If a check fails; the message holds the call that shows it.
        ValueError: If there is no check of a given name, or cases is below 1.

    Example:
        >>> from minicnn import ops
        >>> check_op(lambda x: x * ops.sigmoid(x), lambda rng: rng.standard_normal((2, 3)))
    """
    traits = Traits(linear, differentiable, view, batch_of(batch))
    options = dict(linear=linear, differentiable=differentiable, view=view, batch=batch)
    start = f"check_op({named(function, 'function')}, sample{given(check_op, options)}"

    def call(number: int) -> Call:
        return Call.of(function, sample(generator(number)), number)

    run_checks(start, call, traits, selected("check_op", CHECKS, checks), cases, seed)


def named(value: Any, otherwise: str) -> str:
    """Return the name of a function or class, as a line of code can hold it."""
    name = getattr(value, "__name__", otherwise)
    return name if name.isidentifier() else otherwise


def given(function: Callable[..., Any], options: dict[str, Any]) -> str:
    """Return the options that are not the defaults, as they stand in a call."""
    defaults = function.__kwdefaults__ or {}
    texts = [
        f", {name}={name if callable(value) else repr(value)}"
        for name, value in options.items()
        if value != defaults[name]
    ]
    return "".join(texts)


def batch_of(batch: Batch) -> Callable[[Call], tuple[str, ...]]:
    """Return what names the arguments of a call whose first axis is the batch."""
    if callable(batch):
        return batch
    arguments = () if batch is None else batch if isinstance(batch, tuple) else (batch,)
    names = tuple([str(name) for name in arguments])
    return lambda call: names


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def selected(op: str, known: dict[str, Check], names: Iterable[str] | None) -> dict[str, Check]:
    """Return the checks of these names, or all."""
    chosen = list(known) if names is None else list(names)
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise ValueError(f"{op}: checks must be some of {list(known)}, got {unknown}")
    return {name: known[name] for name in chosen}


def run_checks(
    start: str,
    call: Callable[[int], Call],
    traits: Traits,
    checks: dict[str, Check],
    cases: int,
    seed: int,
) -> None:
    """Run each check on calls number seed, seed + 1, ...; raise one CheckError for all failures."""
    if cases < 1:
        raise ValueError(f"{start.partition('(')[0]}: cases must be at least 1, got {cases}")
    reports = []
    for name, check in checks.items():
        failures = []
        for number in range(seed, seed + cases):
            error = failure(check, call, number, traits)
            if error is not None:
                failures.append((number, error))
        if failures:
            number, text = failures[0]
            again = f"{start}, checks=[{name!r}], cases=1, seed={number})"
            reports.append(f"- {name}, {len(failures)} of {cases} cases: {text}\n    {again}")
    if reports:
        head = f"{start}): {len(reports)} of {len(checks)} checks failed"
        raise CheckError("\n".join([head, *reports]))


def failure(check: Check, call: Callable[[int], Call], number: int, traits: Traits) -> str | None:
    """Return why this check fails for this call, or None. A call at a kink is drawn again."""
    text = None
    for attempt in range(REDRAWS):
        try:
            check(call(number + (attempt << 40)), traits)
            return None
        except KinkError as error:
            text = f"{error} ({attempt + 1} draws, all at a kink)"
        except Exception as error:
            return (
                str(error) if type(error) is AssertionError else f"{type(error).__name__}: {error}"
            )
    return text
