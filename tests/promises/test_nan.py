"""NaN and infinity: what docs/nan.md says of functions of one number, and of all that sums up."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.ops.conv2d import conv2d
from minicnn.testing.calls import Call, array_of, is_variable, same_bits
from tests.machine import scaled
from tests.promises import table
from tools.nan_table import GROUPS, PAGE, POINTWISE, page

CASES = scaled(500, most=500)
OF = {group.title: group.operations for group in GROUPS}
# A NaN shows in exactly the results that change when the number does.
SELECTING = {
    "Maxima", "Minima", "Bounds", "Comparisons", "Truth", "Order", "Remainders", "Dropout",
    "Reading along a grid", "Margins", "Likelihoods",
}  # fmt: skip
SHOWN = [
    name
    for title in OF
    if title not in SELECTING
    for name in OF[title]
    if name != "F.binary_cross_entropy"
]
PAYLOAD = np.array([0x7FC12345], np.uint32).view(np.float32)[0]  # a NaN with bits of its own


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "run `python -m tools.nan_table`"


def test_every_operation_stands_in_one_row() -> None:
    rows = Counter([*POINTWISE, *[name for group in GROUPS for name in group.operations]])
    assert set(rows) == set(table.OPERATIONS)
    assert set(rows.values()) == {1}


# -- functions of one number ----------------------------------------------------------------------


@pytest.mark.parametrize("name", POINTWISE)
def test_a_function_of_one_number_has_its_limits_and_spoils_no_neighbour(name: str) -> None:
    values, slopes = POINTWISE[name]
    function = table.operation(name)
    rng = np.random.default_rng(0)
    for _ in range(CASES):
        dtype = rng.choice([np.float32, np.float64])
        x = rng.uniform(0.1, 3, rng.integers(1, 70)).astype(dtype)
        special = rng.random(len(x)) < rng.choice([0.1, 0.9])
        kind = rng.integers(0, 3, len(x))
        given = np.where(special, np.array([np.nan, np.inf, -np.inf])[kind], x).astype(dtype)
        (y, grad), (usual_y, usual_grad) = both(function, given), both(function, x)
        for got, usual, limits in ((y, usual_y, values), (grad, usual_grad, slopes)):
            expected = np.array(limits)[kind]
            np.testing.assert_allclose(got[special], expected[special], rtol=1e-6, atol=0)
            assert got[~special].tobytes() == usual[~special].tobytes()


def both(function, x):
    t = Tensor(x, requires_grad=True)
    y = function(t)
    y.backward(np.ones_like(x))
    return y.data, t.grad


# -- results that depend on a number --------------------------------------------------------------


def drawn(name: str, seed: int) -> Call:
    rng = np.random.Generator(np.random.Philox(seed))
    call = Call.of(table.operation(name), table.sample(name, rng), seed).in_dtype(np.float64)
    if name == "ops.norm" and call.arguments["p"] == np.inf:  # a maximum
        call.arguments["p"] = 2
    if name == "F.scaled_dot_product_attention":  # 0 * NaN is NaN, though the mask hides the number
        call.arguments.pop("attn_mask", None)
        call.arguments["is_causal"] = False
    return call


def results(call: Call) -> list[np.ndarray]:
    tensors = {path: Tensor(array_of(leaf).copy()) for path, leaf in call.leaves().items()}
    return [np.asarray(y.data) for y in call.outputs(tensors) if y.data.dtype.kind == "f"]


def with_number(call: Call, path: str, place: tuple[int, ...], number: float) -> Call:
    def put(at: str, array: np.ndarray) -> np.ndarray:
        array = array.copy()
        if at == path:
            array[place] = number
        return array

    return call.changed(put)


def somewhere(call: Call, rng: np.random.Generator) -> tuple[str, tuple[int, ...], float]:
    """Draw a number among the variables of a call: its array, its place and itself."""
    sizes = {path: leaf.size for path, leaf in call.leaves().items() if is_variable(leaf)}
    paths = [path for path, size in sizes.items() if size]
    path = paths[rng.integers(len(paths))]
    array = array_of(call.leaves()[path])
    place = tuple([int(rng.integers(size)) for size in array.shape])
    return path, place, float(array[place])


def dependent(
    call: Call, path: str, place: tuple[int, ...], number: float
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the results, and for each of them whether it changes with one number."""
    usual = results(call)
    moved = results(with_number(call, path, place, 0.7 * number))
    return usual, [y != z for y, z in zip(usual, moved)]


CONVOLUTIONS = [name for name in table.OPERATIONS if name.startswith("F.conv")]
# In these, a number may be without effect though it takes part: the only one of its row, say.
CONSTANT = {n for title in ("Softmax", "Attention", "Statistics", "Lengths") for n in OF[title]}


@pytest.mark.parametrize("name", SHOWN)
def test_a_nan_shows_in_exactly_the_results_that_depend_on_it(name: str) -> None:
    rng = np.random.default_rng(0)
    for seed in range(CASES):
        call = drawn(name, seed)
        path, place, number = somewhere(call, rng)
        usual, masks = dependent(call, path, place, number)
        for got, mask, y in zip(results(with_number(call, path, place, np.nan)), masks, usual):
            allowed = mask
            if name == "F.interpolate" or (name in CONSTANT and not mask.any()):
                allowed = np.ones(mask.shape, bool)
            elif name == "F.normalize":  # also where eps, not the length, divides
                allowed = np.zeros(mask.shape, bool)
                row: list[int | slice] = list(place)
                row[call.arguments.get("dim", 1)] = slice(None)
                allowed[tuple(row)] = True
            elif name in CONVOLUTIONS and path == "1":  # it meets the zeros of padding, perhaps
                allowed = output_channel(call, place, mask)
            where = f"seed {seed}, number {place} of argument {path}"
            assert np.isnan(got[mask]).all(), where
            assert got[~allowed].tobytes() == y[~allowed].tobytes(), where


def output_channel(call: Call, place: tuple[int, ...], mask: np.ndarray) -> np.ndarray:
    """Return the results of the output channel that a kernel's number belongs to."""
    weight, groups = call.arguments["1"], call.arguments.get("groups", 1)
    channel = place[0]
    if "output_padding" in call.arguments:  # transposed: (C_in, C_out / groups, ...)
        channel = place[0] // (len(weight) // groups) * weight.shape[1] + place[1]
    allowed = np.zeros(mask.shape, bool)
    allowed[(..., channel, *[slice(None)] * (weight.ndim - 2))] = True
    return allowed


@pytest.mark.parametrize("name", OF["Moving numbers"])
def test_a_moved_nan_keeps_its_bits(name: str) -> None:
    rng = np.random.default_rng(0)
    for seed in range(scaled(20)):
        call = drawn(name, seed).in_dtype(np.float32)
        path, place, _ = somewhere(call, rng)
        for y in results(with_number(call, path, place, PAYLOAD)):
            found = y[np.isnan(y)]
            expected = np.full(found.shape, PAYLOAD, np.float32)
            if y.dtype == np.float32:  # `to` makes another dtype
                same_bits({"y": found}, {"y": expected})


# interpolate has weights of 0, einsum adds products in an order of its own
ADDED = [n for n in OF["Sums of products"] if n not in ("F.interpolate", "ops.einsum")]
EVERYWHERE = {
    **dict.fromkeys(ADDED, np.inf),
    "F.pairwise_distance": np.inf,
    "ops.norm": np.inf,
    **dict.fromkeys(OF["Statistics"], np.nan),
    "F.cosine_similarity": np.nan,
    **dict.fromkeys(OF["Losses of differences"], np.inf),
}


@pytest.mark.parametrize("name", EVERYWHERE)
def test_one_infinity_makes_all_that_depends_on_it_infinite_or_nan(name: str) -> None:
    rng = np.random.default_rng(1)
    for seed in range(scaled(50)):
        call = drawn(name, seed)
        path, place, number = somewhere(call, rng)
        _, masks = dependent(call, path, place, number)
        sign = rng.choice([-1, 1])
        if name in OF["Statistics"] and (
            path != "0" or not call.arguments.get("use_input_stats", 1)
        ):
            continue  # weights, biases and given statistics scale and shift
        for y, mask in zip(results(with_number(call, path, place, sign * np.inf)), masks):
            found = y[mask]
            same = np.isnan(found) if np.isnan(EVERYWHERE[name]) else np.isinf(found)
            assert same.all(), f"seed {seed}, number {place} of argument {path}: {found}"
            if path == "0" and mask.any():
                assert np.isfinite(y[~mask]).all()


# -- Winograd's tiles -----------------------------------------------------------------------------


def further(mask: np.ndarray, pixels: int) -> np.ndarray:
    """Return the mask with all that is at most so many rows and columns away."""
    out = mask.copy()
    H, W = mask.shape[-2:]
    for h, w in zip(*np.nonzero(mask.any(axis=(0, 1)))):
        rows, columns = (
            slice(max(0, h - pixels), h + pixels + 1),
            slice(max(0, w - pixels), w + pixels + 1),
        )
        out[..., rows, columns] |= mask[..., h, w][..., None, None]
    assert out.shape[-2:] == (H, W)
    return out


@pytest.mark.parametrize("number", [np.nan, np.inf])
@pytest.mark.parametrize("algorithm", ["auto", "winograd2", "winograd4", "strip"])
def test_a_nan_reaches_at_most_3_pixels_further_in_winograds_tiles(algorithm, number) -> None:
    rng = np.random.default_rng(0)
    for _ in range(scaled(25)):
        C, H, W = rng.integers(1, 20), rng.integers(3, 20), rng.integers(3, 20)
        x = rng.standard_normal((2, C, H, W)).astype(np.float32)
        weight = rng.standard_normal((16, C, 3, 3)).astype(np.float32)
        place = tuple([int(rng.integers(size)) for size in x.shape])
        spoilt = x.copy()
        spoilt[place] = number
        padding = int(rng.integers(0, 2))
        usual, got = (
            conv2d(a, weight, padding=padding, algorithm=algorithm).data for a in (x, spoilt)
        )
        exact = ~np.isfinite(
            conv2d(spoilt.astype(np.float64), weight.astype(np.float64), padding=padding).data
        )
        lost = ~np.isfinite(got)
        assert (lost | ~exact).all(), "a NaN is hidden"
        reach = exact if algorithm == "strip" else further(exact, 3)
        assert not (lost & ~reach).any()
        assert got[~lost].tobytes() == usual[~lost].tobytes()
