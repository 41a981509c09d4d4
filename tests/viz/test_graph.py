"""The computation graph: its boxes and arrows, where they lie, and the file."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
from minicnn import nn, viz
from minicnn.models import ResNetCIFAR, squeezenet1_1
from minicnn.models.residual import BasicBlock
from minicnn.viz._layout import layout
from tests.machine import cases

SVG = "{http://www.w3.org/2000/svg}"


def test_a_chain_has_one_box_for_each_layer():
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Dropout(0.5), nn.Flatten()
    )
    net = viz.graph(model.eval(), (1, 28, 28))
    assert [(n.kind, n.detail, n.name, n.shape) for n in net.nodes] == [
        ("Input", "", "", (1, 28, 28)),
        ("Conv2d", "5 x 5, stride 2", "0", (6, 12, 12)),
        ("ReLU", "", "1", (6, 12, 12)),
        ("MaxPool2d", "3 x 3, stride 2", "2", (6, 5, 5)),
        ("Dropout", "", "3", (6, 5, 5)),
        ("Flatten", "", "4", (150,)),
    ]
    assert [n.inputs for n in net.nodes] == [(), (0,), (1,), (2,), (3,), (4,)]


def test_long_headings_are_drawn_smaller_and_fit_their_boxes():
    model = nn.Sequential(nn.Conv2d(64, 64, (15, 17), stride=(12, 13), groups=64), nn.ReLU())
    root = ET.fromstring(viz.graph(model.eval(), (64, 60, 60)).svg)
    width = float(root.find(f"{SVG}rect[@rx]").get("width"))
    sizes = {
        text.text: float(text.get("font-size"))
        for text in root.iter(f"{SVG}text")
        if text.get("font-weight") == "bold" and text.get("text-anchor") == "middle"
    }
    assert sizes["ReLU"] == 13
    assert sizes["Conv2d 15 x 17, stride 12 x 13, 64 groups"] < 13
    for heading, size in sizes.items():
        assert 0.6 * size * len(heading) <= width  # a bold letter is 0.6 em wide, or so


class Branches(nn.Module):
    """A sum and a concatenation, one layer called twice, functions between layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.act = nn.ReLU()

    def forward(self, x):
        first = self.act(self.conv(x))
        second = self.act(first + x)
        return minicnn.cat([first, second, x], 1).exp()


def test_operations_between_layers_are_boxes_of_their_own():
    net = viz.graph(Branches().eval(), (3, 4, 4))
    found = [(n.kind, n.name, n.inputs, n.shape[0]) for n in net.nodes]
    assert found == [
        ("Input", "", (), 3),
        ("Conv2d", "conv", (0,), 3),
        ("ReLU", "act", (1,), 3),
        ("Add", "", (2, 0), 3),
        ("ReLU", "act", (3,), 3),
        ("Cat", "", (2, 4, 0), 9),
        ("Exp", "", (5,), 9),
    ]


def test_a_shortcut_that_is_added_within_a_layer_has_its_arrow():
    net = viz.graph(BasicBlock(4, 4).eval(), (4, 8, 8))
    found = [(n.name, n.kind + n.detail, n.inputs) for n in net.nodes[1:]]
    assert found == [
        ("conv1", "Conv2d3 x 3", (0,)),
        ("bn1", "BatchNorm2d + ReLU", (1,)),
        ("conv2", "Conv2d3 x 3", (2,)),
        ("bn2", "BatchNorm2d + shortcut + ReLU", (3, 0)),
    ]


@pytest.mark.parametrize(
    ("model", "shape", "classes"),
    [(ResNetCIFAR(8), (3, 32, 32), 10), (squeezenet1_1(), (3, 64, 64), 1000)],
)
def test_known_networks_have_all_their_layers_and_their_result(model, shape, classes):
    net = viz.graph(model.eval(), shape)
    parameterised = {n for n, m in model.named_modules() if not m._modules and list(m.parameters())}
    assert parameterised <= {node.name for node in net.nodes}
    read = {i for node in net.nodes for i in node.inputs}
    assert read == set(range(len(net.nodes) - 1))  # all but the result are read
    assert net.nodes[-1].shape == (classes,)


def test_the_file_is_well_formed_says_all_and_loads_nothing(tmp_path):
    model = nn.Sequential({"a<b&c": nn.Conv2d(1, 2, 3), "last": nn.ReLU()}).eval()
    net = viz.graph(model, (1, 9, 9), title="A <net>")
    net.save(tmp_path / "net.svg")
    text = (tmp_path / "net.svg").read_text()
    assert text == net.svg == net._repr_svg_()
    root = ET.fromstring(text)
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert texts == [
        "A <net>", "Input", "1 x 9 x 9", "Conv2d 3 x 3", "a<b&c", "2 x 7 x 7",
        "ReLU", "last", "2 x 7 x 7",
    ]  # fmt: skip
    assert root.find(f"{SVG}title").text.startswith("Computation graph of A <net>: 3 boxes")
    assert "href" not in text
    assert "<script" not in text
    assert len(root.findall(f"{SVG}path")) == 2


def test_the_model_is_left_as_it_was_and_its_hooks_are_not_called():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()).eval()
    calls: list[int] = []
    model[1].register_forward_hook(lambda *args: calls.append(1))
    hooks = model[1]._hooks
    weight = model[0].weight.data.copy()
    viz.graph(model, (1, 5, 5))
    assert not calls
    assert model[1]._hooks is hooks
    assert model[0]._hooks is None
    assert np.array_equal(model[0].weight.data, weight)
    assert model[0].weight.grad is None


def test_wrong_models_are_named():
    with pytest.raises(ValueError, match="graph: the model must be in eval mode, but it is in"):
        viz.graph(nn.ReLU(), (1, 2, 2))
    with pytest.raises(ValueError, match="conv2d"):
        viz.graph(nn.Conv2d(3, 2, 3).eval(), (1, 5, 5))

    class Pair(nn.Module):
        def forward(self, x):
            return x, x

    with pytest.raises(TypeError, match="must return one tensor, got tuple"):
        viz.graph(Pair().eval(), (1, 2, 2))


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 14))
    return [
        sorted(draw(st.sets(st.integers(0, i - 1), min_size=1, max_size=3))) if i else []
        for i in range(count)
    ]


@cases(60)
@given(graphs())
def test_boxes_and_passing_edges_never_overlap(inputs):
    box, gap, lane = 100.0, 10.0, 8.0
    places = layout(inputs, box, gap, lane)
    for i, sources in enumerate(inputs):
        assert all(places.row[s] < places.row[i] for s in sources)
    rows: dict[int, list[tuple[float, float]]] = {}
    for x, row in zip(places.x, places.row):
        rows.setdefault(row, []).append((x, box))
    for (a, b), xs in places.paths.items():
        assert len(xs) == places.row[b] - places.row[a] + 1
        assert (xs[0], xs[-1]) == (places.x[a], places.x[b])
        for row, x in enumerate(xs[1:-1], places.row[a] + 1):
            rows.setdefault(row, []).append((x, lane))
    for members in rows.values():
        members.sort()
        for (x, w), (x2, w2) in itertools.pairwise(members):
            assert x2 - x >= (w + w2) / 2 + gap - 1e-6
        assert members[0][0] - members[0][1] / 2 >= -1e-6
        assert members[-1][0] + members[-1][1] / 2 <= places.width + 1e-6
