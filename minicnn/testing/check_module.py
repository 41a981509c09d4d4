"""The battery of checks for a layer: that of its forward pass, and what a module must be."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.nn.module import Module
from minicnn.serialization import load, save
from minicnn.tensor import Tensor
from minicnn.testing.battery import CHECKS, Check, Traits
from minicnn.testing.calls import Buffer, Call, Results, same_bits, seeded
from minicnn.testing.check_op import (
    Batch,
    Sampler,
    batch_of,
    generator,
    given,
    named,
    run_checks,
    selected,
)

Make = Callable[[], Module]


def check_module(
    module: Make,
    sample: Sampler,
    *,
    batch: Batch = 0,
    differentiable: bool = True,
    view: bool = False,
    checks: Iterable[str] | None = None,
    cases: int = 3,
    seed: int = 0,
) -> None:
    """Check that a layer keeps what minicnn promises of its own layers.

    The checks of `check_op` (but linearity), with the parameters among the variables, while
    training and in evaluation (an empty batch only then); and: a state_dict, also through a file,
    makes another instance compute the same bits (`state_dict`); a deep copy does too, and shares no
    memory (`copy`); float32 in gives float32 out, and every parameter gets a gradient
    (`parameters`); in evaluation nothing is random, and no state changes (`evaluation`).

    Args:
        module: What makes the layer: its class, or `lambda: MyLayer(3, 8)`.
        sample: Draws the arguments of a call, as for `check_op`.
        batch: The arguments, by position or name, whose first axis is the batch; None for none.
        differentiable: False if the result has no gradient.
        view: Whether results may share memory with arguments.
        checks: Names of the checks to run, as above; None for all.
        cases: Random calls for each check, and as many layers.
        seed: Of the first call; the next has seed + 1.

    Raises:
        CheckError: If a check fails; the message holds the call that shows it.
        ValueError: If there is no check of a given name, or cases is below 1.

    Example:
        >>> from minicnn import nn
        >>> check_module(lambda: nn.Linear(3, 2), lambda rng: rng.standard_normal((4, 3)))
    """
    options = dict(batch=batch, differentiable=differentiable, view=view)
    start = f"check_module({named(module, 'module')}, sample{given(check_module, options)}"
    traits = Traits(False, differentiable, view, batch_of(batch))

    def call(number: int) -> Call:
        return module_call(module, sample(generator(number)), number)

    known = {name: modal(name) for name in CHECKS if name != "linearity"} | MODULE_CHECKS
    run_checks(start, call, traits, selected("check_module", known, checks), cases, seed)


class Forward:
    """The forward pass of one module as a function of its arguments and of its state."""

    def __init__(self, make: Make) -> None:
        self.make, self.training = make, True
        self.module = make()

    def __call__(self, *args: Any, state: dict[str, Tensor], **settings: Any) -> Any:
        self.module.train(self.training)
        with exchanged_members(self.module, state):
            return self.module(*args, **settings)


@contextmanager
def exchanged_members(module: Module, state: dict[str, Tensor]) -> Iterator[None]:
    """Inside this block, the module's parameters and buffers are those of `state`."""
    members = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    given = {id(members[name]): tensor for name, tensor in state.items()}
    tables: list[Any] = [t for m in module.modules() for t in (m._parameters, m._buffers)]
    before = [dict(table) for table in tables]
    places = [
        (t, name, given[id(old)]) for t in tables for name, old in t.items() if id(old) in given
    ]
    for table, name, tensor in places:
        table[name] = tensor
    try:
        yield
    finally:
        for table, name, tensor in places:
            now = table.get(name)
            if now is not None and now is not tensor:  # the layer gave the buffer another tensor
                tensor.data = now.data
        for table, old in zip(tables, before):
            table.clear()
            table.update(old)


def module_call(make: Make, sample: Any, seed: int) -> Call:
    """Return a call of a new module, the state among the arguments."""
    with seeded(seed):
        forward = Forward(make)
    state: dict[str, Any] = {}
    for name, parameter in forward.module.named_parameters():
        array = parameter.data.copy()
        state[name] = array if parameter.requires_grad else Buffer(array)
    for name, buffer in forward.module.named_buffers():
        state[name] = Buffer(buffer.data.copy())
    call = Call.of(forward, sample, seed)
    return replace(call, arguments={**call.arguments, "state": state})


def modal(name: str) -> Check:
    """Return a check of functions as one of a module, while training and in evaluation."""

    def each(call: Call, traits: Traits) -> None:
        # statistics of no samples do not exist, so that an empty batch is for evaluation
        for training in (False,) if name == "empty batch" else (True, False):
            call.function.training = training  # type: ignore[attr-defined]
            try:
                CHECKS[name](call, traits)
            except AssertionError as error:
                mode = "training" if training else "evaluation"
                error.args = (f"in {mode}: {error}",)
                raise

    return each


# -- what a module must be ------------------------------------------------------------------------


def computed(call: Call, module: Module, training: bool, seed: int = 0) -> Results:
    """Return what the module itself computes of the call's inputs, in float32."""
    inputs = {name: value for name, value in call.arguments.items() if name != "state"}
    own = Call(module.float().train(training), inputs, call.seed + seed)
    return own.in_dtype(np.float32).run()


def state_dict(call: Call, traits: Traits) -> None:
    """Another instance with the same state_dict computes the same, also through a file."""
    forward: Forward = call.function  # type: ignore[assignment]
    expected = computed(call, forward.module, training=False)
    with seeded(call.seed + 1):
        other, third = forward.make().float(), forward.make().float()
    other.load_state_dict(forward.module.state_dict())
    same_bits(computed(call, other, training=False), expected)
    with tempfile.TemporaryDirectory() as folder:
        save(other.state_dict(), Path(folder) / "state.safetensors")
        third.load_state_dict(load(Path(folder) / "state.safetensors"))
    same_bits(computed(call, third, training=False), expected)


def copied(call: Call, traits: Traits) -> None:
    """A deep copy computes the same bits with memory of its own."""
    forward: Forward = call.function  # type: ignore[assignment]
    module = forward.module.float()
    twin = copy.deepcopy(module)
    assert type(twin) is type(module), f"the copy is a {type(twin).__name__}"
    for name, tensor in module.state_dict().items():
        assert not np.shares_memory(twin.state_dict()[name].data, tensor.data), f"{name} is shared"
    expected = computed(call, module, training=False)
    same_bits(computed(call, twin, training=False), expected)


def parameters(call: Call, traits: Traits) -> None:
    """Float32 in gives float32 out, and every parameter gets a gradient of its shape."""
    forward: Forward = call.function  # type: ignore[assignment]
    module = forward.module.float()
    module.zero_grad()
    for name, array in computed(call, module, training=True).items():
        assert array.dtype.kind != "f" or array.dtype == np.float32, f"{name} is {array.dtype}"
    for name, parameter in module.named_parameters():
        if not parameter.requires_grad:
            continue
        assert parameter.grad is not None, f"parameter {name} gets no gradient"
        kind = (parameter.grad.shape, parameter.grad.dtype)
        assert kind == (parameter.shape, parameter.dtype), f"the gradient of {name} has {kind}"
    module.zero_grad()


def evaluation(call: Call, traits: Traits) -> None:
    """In evaluation nothing is random, and no state changes."""
    forward: Forward = call.function  # type: ignore[assignment]
    module = forward.module.float().eval()
    training = [name for name, part in module.named_modules() if part.training]
    assert not training, f"eval() leaves {training} in training"
    before = {name: tensor.data.tobytes() for name, tensor in module.state_dict().items()}
    first = computed(call, module, training=False)
    after = {name: tensor.data.tobytes() for name, tensor in module.state_dict().items()}
    changed = [name for name in before if after.get(name) != before[name]]
    assert not changed, f"evaluation changes {changed}"
    try:
        second = computed(call, module, training=False, seed=1)  # gradients: of other weights
        same_bits(_results(second), _results(first))
    except AssertionError as error:
        raise AssertionError(f"a second call gives another result: {error}") from None


def _results(found: Results) -> Results:
    return {name: array for name, array in found.items() if name.startswith("result")}


MODULE_CHECKS: dict[str, Check] = {
    "state_dict": state_dict,
    "copy": copied,
    "parameters": parameters,
    "evaluation": evaluation,
}
