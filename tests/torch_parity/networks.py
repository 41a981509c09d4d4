"""Random small networks, and random settings of every optimizer, for either library.

A network is a list of layers, each the name of a class of `nn` with its arguments, so that both
libraries build the same one. Convolutions before a batch normalization have no bias: its gradient
is 0, which each library rounds in its own way, and Adam makes steps of full size of that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.torch_parity.draw import Draw

Layer = tuple[str, tuple[Any, ...], dict[str, Any]]
CLASSES, STEPS = 4, 20
ACTIVATIONS = ("ReLU", "LeakyReLU", "ELU", "SiLU", "GELU", "Tanh", "Hardswish", "Sigmoid", "SELU")

# For each optimizer, what draws its settings. RMSprop's and Adam's eps keep away from where a
# rounding error of the gradient would decide about the direction of a step.
OPTIMIZERS: dict[str, Callable[[Draw], dict[str, Any]]] = {
    "SGD": lambda d: d.one_of(
        d.some(momentum=0.9, dampening=d.number(0.0, 0.5)), dict(momentum=0.8, nesterov=True)
    ),
    "Adam": lambda d: adam(d) | d.some(amsgrad=True, decoupled_weight_decay=d.flag()),
    "AdamW": lambda d: adam(d) | d.some(amsgrad=True),
    "Adamax": lambda d: adam(d),
    "NAdam": lambda d: (
        adam(d) | d.some(momentum_decay=d.number(1e-3, 1e-2), decoupled_weight_decay=d.flag())
    ),
    "RMSprop": lambda d: dict(
        eps=d.one_of(0.01, 0.1),
        **d.some(alpha=d.number(0.8, 0.99), momentum=d.number(0.1, 0.9), centered=d.flag()),
    ),
    "Adagrad": lambda d: dict(
        eps=10.0 ** d.integer(-4, -2),
        **d.some(lr_decay=d.number(0.0, 0.1), initial_accumulator_value=d.number(0.0, 1.0)),
    ),
    "Adadelta": lambda d: dict(eps=10.0 ** d.integer(-6, -3), **d.some(rho=d.number(0.5, 0.95))),
}


def adam(d: Draw) -> dict[str, Any]:
    betas = d.some(betas=(d.number(0.5, 0.95), d.number(0.9, 0.999)))
    return dict(eps=10.0 ** d.integer(-4, -2)) | betas


def optimizer_settings(name: str, d: Draw) -> dict[str, Any]:
    lr = d.number(0.2, 1.0) if name == "Adadelta" else d.number(1e-3, 1e-2)
    shared = d.some(weight_decay=d.number(0.0, 0.1), maximize=True)
    return dict(lr=lr, **OPTIMIZERS[name](d), **shared)


def layers(d: Draw) -> list[Layer]:
    """Draw a network for images (N, C, 8, 8), C in 1..3, with CLASSES results."""
    C, drawn = d.integer(1, 3), []
    for _ in range(d.integer(1, 3)):
        width = d.integer(2, 5)
        normalized = d.flag()
        kernel = d.one_of(1, 3, 5)
        options = dict(padding=kernel // 2, bias=not normalized)
        drawn.append(("Conv2d", (C, width, kernel), options | d.some(stride=d.integer(1, 2))))
        if normalized:
            drawn.append(("BatchNorm2d", (width,), d.some(momentum=d.number(0.05, 0.5))))
        drawn.append((d.one_of(*ACTIVATIONS), (), {}))
        if d.flag():
            drawn.append(("Residual", (width,), {}))
        pool = d.integer(0, 2)
        if pool:
            drawn.append(
                ("MaxPool2d" if pool == 1 else "AvgPool2d", (3,), dict(stride=1, padding=1))
            )
        C = width
    head = d.integer(1, 2)
    drawn.append(("AdaptiveAvgPool2d", (head,), {}))
    drawn.append(("Flatten", (), {}))
    hidden = d.integer(3, 6)
    drawn.append(("Linear", (C * head * head, hidden), {}))
    drawn.append((d.one_of(*ACTIVATIONS), (), {}))
    drawn.append(("Linear", (hidden, CLASSES), {}))
    return drawn


def build(nn: Any, drawn: list[Layer]) -> Any:
    """Build the network of these layers in one library, in float64."""

    class Residual(nn.Module):  # type: ignore[misc]
        """x + BatchNorm(Conv(x))."""

        def __init__(self, width: int) -> None:
            super().__init__()
            conv = nn.Conv2d(width, width, 3, padding=1, bias=False)
            self.body = nn.Sequential(conv, nn.BatchNorm2d(width))

        def forward(self, x: Any) -> Any:
            return x + self.body(x)

    kinds = {"Residual": Residual}
    made = [kinds.get(n) or getattr(nn, n) for n, _, _ in drawn]
    network = nn.Sequential(*[kind(*a, **k) for kind, (_, a, k) in zip(made, drawn)])
    return network.double() if hasattr(network, "double") else network.to(np.float64)


def weights(d: Draw, shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Draw a state_dict of these shapes; running variances and scales are positive."""
    state = {}
    for name, shape in shapes.items():
        if name.endswith("num_batches_tracked"):
            state[name] = np.zeros((), np.int64)
        elif len(shape) == 1:
            state[name] = d.floats(*shape, low=0.5, high=1.5)
        else:
            bound = 1.5 / np.sqrt(np.prod(shape[1:]))
            state[name] = d.floats(*shape, low=-bound, high=bound)
    return state


def data(d: Draw, channels: int) -> tuple[np.ndarray, np.ndarray]:
    N = d.integer(4, 7)
    return d.floats(N, channels, 8, 8), d.integers(N, low=0, high=CLASSES - 1)


def trained(library: Any, seed: int, optimizer: str, steps: int = STEPS) -> dict[str, np.ndarray]:
    """Return the losses and the state of a random network after some steps of an optimizer."""
    d = Draw(seed)
    drawn = layers(d)
    network = build(library.nn, drawn)
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    state = weights(d, shapes)
    network.load_state_dict({name: library.tensor(v, False) for name, v in state.items()})
    x, target = (library.tensor(array, False) for array in data(d, drawn[0][1][0]))
    settings = optimizer_settings(optimizer, d)
    stepper = getattr(library.optim, optimizer)(network.parameters(), **settings)
    losses = []
    for _ in range(steps):
        loss = library.cross_entropy(network(x), target)
        stepper.zero_grad()
        loss.backward()
        stepper.step()
        losses.append(loss.item())
    found = {name: np.array(library.array(v)) for name, v in network.state_dict().items()}
    return found | {"losses": np.array(losses)}
