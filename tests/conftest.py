"""How random tests draw, and what each test leaves as it found it.

Hypothesis profiles: `quick` (the default), `ci` (the same cases each time; chosen by CI=true) and
`long` (chosen by MINICNN_TEST_SCALE, which multiplies the number of cases). A failing case prints
the call that shows it, and a `@reproduce_failure` line that draws it again.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from minicnn import _core
from tests.machine import TARGETS, running_on, scaled

# No deadline, no check for slow drawing: on a busy machine a slow case is no fault. And the fixture
# `target` may be shared by all the cases of a test: it holds for each of them.
common: dict[str, Any] = dict(
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("quick", max_examples=100, **common)
settings.register_profile("ci", settings.get_profile("quick"), derandomize=True)
settings.register_profile(
    "long", settings.get_profile("quick"), max_examples=scaled(100, most=1000)
)


def profile() -> str:
    """Return the name of the profile that the environment asks for."""
    if "MINICNN_TEST_SCALE" in os.environ:
        return "long"
    return "ci" if os.environ.get("CI") else "quick"


settings.load_profile(profile())


@pytest.fixture(autouse=True)
def machine_restored() -> Iterator[None]:
    """Each test leaves the threads, the instruction set and the buffer limit as it found them."""
    threads, target = _core.num_threads(), _core.active_target()
    limit = _core.buffer_stats()["limit"]
    yield
    _core.set_num_threads(threads)
    _core.set_target(target)
    _core.set_buffer_limit(limit)


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run the test once on each instruction set that this processor has."""
    with running_on(request.param):
        yield request.param
