"""Arguments of wrong types, to all operations and layers: TypeError or ValueError, or what Python
and NumPy mean by them.

A failing case names itself: `python -m tests.promises.wrong_types NAME NUMBER` runs it again.

What is accepted although it is not the type of the documentation:

- for an array: whatever NumPy makes numbers of (numbers, booleans, lists, tuples, ranges);
- for a real number: whatever has `__float__` but strings and bytes (integers, Fraction, Decimal);
- for a list of tensors: any sequence (`bytes` too, which is one of integers);
- for an axis or a size: whatever has `__index__` (NumPy's integers, arrays of shape ());
- for `keepdim`, `unbiased`, `largest` and `sorted`: any object, by its truth, as NumPy takes it;
- for `inplace`, which is there for torch's signature alone: anything, and it is not looked at;
- for `x[index]`, and for places of `gather` outside of x: IndexError, as Python asks for;
- for a number next to an array: one that its dtype cannot hold is infinite, with NumPy's warning.
"""

from __future__ import annotations

import pytest

from minicnn.testing.calls import tensors_in
from tests.machine import little_memory, scaled
from tests.promises.hostile_numbers import NAMES
from tests.promises.wrong_types import WRONG, case

CASES = 30  # of each of more than 200 names: 6,000 and more
ALSO = {"ops.getitem": (IndexError,), "ops.gather": (IndexError,)}
NEVER_AN_ARRAY = {"text", "digits", "complex", "object", "date", "array of records"}
WORDS = ("std::", "overload", "incompatible function arguments", "SupportsInt")  # of the bindings


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
@pytest.mark.parametrize("name", NAMES)
def test_wrong_types_are_refused_by_a_type_or_value_error(name: str) -> None:
    with little_memory():
        for number in range(scaled(CASES, most=10 * CASES)):
            call, kinds = case(name, number)
            text = ""
            try:
                call.run()
            except (TypeError, ValueError, *ALSO.get(name, ())) as refusal:
                text = str(refusal)
            except BaseException:
                print(f"reproduce: python -m tests.promises.wrong_types {name} {number}: {kinds}")
                raise
            assert not any(word in text for word in WORDS), text


@pytest.mark.parametrize("name", [name for name in NAMES if name != "nn.Identity"])
@pytest.mark.parametrize("kind", sorted(NEVER_AN_ARRAY))
def test_what_is_no_array_of_numbers_is_a_type_error(name: str, kind: str) -> None:
    call, _ = case(name, 0, nothing_exchanged=True)
    if call.inputs is not None:
        call = call._replace(inputs=(WRONG[kind], *call.inputs[1:]))
    else:
        first = next(iter(call.arguments))
        call = call._replace(arguments={**call.arguments, first: WRONG[kind]})
    with pytest.raises((TypeError, ValueError)):
        list(tensors_in(call.run()))
