"""Training steps and inference of one net in minicnn and in PyTorch's modes, checked to agree."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from nets import Net

import minicnn
import minicnn.nn.functional as F
from minicnn.optim import SGD

LR, MOMENTUM = 0.01, 0.9
CHECKED = 8  # images that are compared in float64
LOSS_TOLERANCE, EXACT_TOLERANCE = 1e-4, 1e-9


def data(net: Net) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(net.input_shape).astype(np.float32)
    return x, rng.integers(0, 10, net.input_shape[0])


def models(net: Net, dropout: bool) -> tuple[Any, Any]:
    """Return the net in both libraries, with the same weights."""
    torch.manual_seed(0)
    theirs = net.build(torch.nn, dropout)
    ours = net.build(minicnn.nn, dropout)
    weights = {k: v.numpy() for k, v in theirs.state_dict().items()}
    ours.load_state_dict(weights)
    return ours, theirs


def check(net: Net) -> None:
    """Stop unless both give the same loss and the same gradients in training mode, dropout off.

    In float64, on some of the images: there only a wrong formula can make a difference. In float32
    two right programs differ by what a ReLU near 0 makes of their last bits, so only the losses of
    the whole batch are compared.

    Raises:
        SystemExit: With the name of what differs.
    """
    x, labels = data(net)
    ours, theirs = models(net, dropout=False)
    compare_losses(net, *losses(ours, theirs, x, labels), LOSS_TOLERANCE)
    ours, theirs = models(net, dropout=False)
    ours.to(np.float64)
    theirs.double()
    pair = losses(ours, theirs, x[:CHECKED].astype(np.float64), labels[:CHECKED])
    compare_losses(net, *pair, EXACT_TOLERANCE)
    for loss in pair:
        loss.backward()
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters()):
        expected = q.grad.numpy()
        error = np.linalg.norm(p.grad - expected) / max(np.linalg.norm(expected), 1e-5)
        if not error <= EXACT_TOLERANCE:
            raise SystemExit(f"{net.name}: gradient of {name} is off by {error:.2g} of its norm")


def losses(ours: Any, theirs: Any, x: np.ndarray, labels: np.ndarray) -> tuple[Any, Any]:
    """Both networks' mean cross-entropy."""
    our_loss = F.cross_entropy(ours(minicnn.Tensor(x)), minicnn.Tensor(labels))
    logits = theirs(torch.from_numpy(x))
    return our_loss, torch.nn.functional.cross_entropy(logits, torch.from_numpy(labels))


def compare_losses(net: Net, our_loss: Any, their_loss: Any, tolerance: float) -> None:
    difference = abs(our_loss.item() - their_loss.item())
    if not difference <= tolerance * abs(their_loss.item()):
        raise SystemExit(f"{net.name}: loss {our_loss.item()}, PyTorch {their_loss.item()}")


def our_step(net: Net, model: Any) -> Callable[[], None]:
    x, labels = (minicnn.Tensor(a) for a in data(net))
    optimizer = SGD(model.parameters(), lr=LR, momentum=MOMENTUM)

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(x), labels).backward()
        optimizer.step()

    return step


def their_step(model: Any, x: torch.Tensor, labels: torch.Tensor) -> Callable[[], None]:
    optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM, fused=True)

    def step() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), labels).backward()
        optimizer.step()

    return step


def their_modes(net: Net, compiled: bool) -> dict[str, tuple[Any, torch.Tensor, torch.Tensor]]:
    """Return a model and its data for each of PyTorch's modes."""
    x, labels = (torch.from_numpy(a) for a in data(net))
    last = torch.channels_last
    modes = {
        "eager NCHW": (models(net, True)[1], x, labels),
        "eager channels_last": (models(net, True)[1].to(memory_format=last), x, labels),
    }
    modes["eager channels_last"] = (
        modes["eager channels_last"][0],
        x.to(memory_format=last),
        labels,
    )
    if compiled:
        modes["torch.compile"] = (torch.compile(models(net, True)[1]), x, labels)
    return modes


@functools.cache
def note_no_compiler(reason: str) -> None:
    print(f"torch.compile is left out: {reason}", flush=True)


def working(runs: dict[str, Callable[[], Any]]) -> dict[str, Callable[[], Any]]:
    """Leave out torch.compile, with a note, where it cannot compile."""
    if "torch.compile" not in runs:
        return runs
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            runs["torch.compile"]()
    except Exception as error:  # whatever keeps inductor from working here
        note_no_compiler(f"{type(error).__name__}: {str(error).splitlines()[0]}")
        del runs["torch.compile"]
    return runs


def training(net: Net, compiled: bool) -> dict[str, Callable[[], Any]]:
    """Return one training step (zero_grad, forward, loss, backward, SGD) for each competitor."""
    check(net)
    runs = {"minicnn": our_step(net, models(net, True)[0])}
    for mode, (model, x, labels) in their_modes(net, compiled).items():
        runs[mode] = their_step(model, x, labels)
    return working(runs)


def inference(net: Net, compiled: bool) -> dict[str, Callable[[], Any]]:
    """Return the logits of one batch in evaluation mode, without a graph, for each competitor."""
    model = models(net, True)[0].eval()
    batch = minicnn.Tensor(data(net)[0])

    def ours() -> Any:
        with minicnn.no_grad():
            return model(batch).numpy()

    runs: dict[str, Callable[[], Any]] = {"minicnn": ours}
    for mode, (their_model, x, _) in their_modes(net, compiled).items():
        runs[mode] = torch.inference_mode()(functools.partial(their_model.eval(), x))
    error = np.abs(ours() - runs["eager NCHW"]().numpy()).max()
    if not error <= 1e-3:
        raise SystemExit(f"{net.name}: logits in evaluation mode differ by {error:.2g}")
    return working(runs)
