"""Training steps and inference of one net in minicnn and in PyTorch's modes, checked to agree."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import harness
import numpy as np
import torch
import torch._dynamo
from nets import Net
from pytorch_kernels import LAYOUTS

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


def check_bits(net: Net, thread_counts: Sequence[int], steps: int = 3) -> None:
    """Stop unless a few training steps end with the same weights, to the bit, for all of these.

    Raises:
        SystemExit: If they do not.
    """

    def trained() -> np.ndarray:
        minicnn.manual_seed(0)  # dropout's
        model = models(net, True)[0]
        step = our_step(net, model)
        for _ in range(steps):
            step()
        return np.concatenate([p.data.ravel() for p in model.parameters()])

    harness.check_bits(f"{net.name}, weights after {steps} steps", trained, thread_counts)


def loss_of(model: Any) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    return lambda x, labels: torch.nn.functional.cross_entropy(model(x), labels)


def their_step(
    model: Any, loss: Callable[..., torch.Tensor], x: torch.Tensor, labels: torch.Tensor
) -> Callable[[], None]:
    optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM, fused=True)

    def step() -> None:
        optimizer.zero_grad()
        loss(x, labels).backward()
        optimizer.step()

    return step


def compiled(name: str, make: Callable[[], Callable[[], Any]]) -> dict[str, Callable[[], Any]]:
    """Return what `make` compiles, under its name, or nothing, with a note, where it cannot be.

    Raises:
        SystemExit: If it runs but was not compiled as one graph.
    """
    counters = torch._dynamo.utils.counters
    counters.clear()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run = make()
            run()
    except Exception as error:  # whatever keeps inductor from working here
        note_no_compiler(f"{type(error).__name__}: {str(error).splitlines()[0]}")
        return {}
    if counters["stats"]["unique_graphs"] != 1 or counters["graph_break"]:
        raise SystemExit(f"{name}: torch.compile made no single graph: {dict(counters['stats'])}")
    return {name: run}


@functools.cache
def note_no_compiler(reason: str) -> None:
    print(f"torch.compile is left out: {reason}", flush=True)


def training(net: Net, compile_too: bool) -> dict[str, Callable[[], Any]]:
    """Return one training step (zero_grad, forward, loss, backward, SGD) for each competitor."""
    check(net)
    runs = {"minicnn": our_step(net, models(net, True)[0])}
    torch._dynamo.reset()  # forget other nets: it gives up compiling after some of them
    labels = torch.from_numpy(data(net)[1])
    for layout, memory_format in LAYOUTS.items():
        model, x = their_model(net, memory_format)
        runs[f"eager {layout}"] = their_step(model, loss_of(model), x, labels)
    for layout, memory_format in LAYOUTS.items() if compile_too else ():
        model, x = their_model(net, memory_format)
        make = functools.partial(compiled_step, model, x, labels)
        runs |= compiled(f"torch.compile {layout}", make)
    return runs


def compiled_step(model: Any, x: torch.Tensor, labels: torch.Tensor) -> Callable[[], None]:
    return their_step(model, torch.compile(loss_of(model)), x, labels)


def inference(net: Net, compile_too: bool) -> dict[str, Callable[[], Any]]:
    """Return the logits of one batch in evaluation mode, without a graph, for each competitor."""
    model = models(net, True)[0].eval()
    batch = minicnn.Tensor(data(net)[0])

    def ours() -> Any:
        with minicnn.no_grad():
            return model(batch).numpy()

    runs: dict[str, Callable[[], Any]] = {"minicnn": ours}
    torch._dynamo.reset()
    for layout, memory_format in LAYOUTS.items():
        theirs, x = their_model(net, memory_format)
        runs[f"eager {layout}"] = torch.inference_mode()(functools.partial(theirs.eval(), x))
    for layout, memory_format in LAYOUTS.items() if compile_too else ():
        theirs, x = their_model(net, memory_format)
        make = functools.partial(compiled_inference, theirs.eval(), x)
        runs |= compiled(f"torch.compile {layout}", make)
    for mode, run in runs.items():
        error = np.abs(ours() - np.asarray(run())).max()
        if not error <= 1e-3:
            raise SystemExit(f"{net.name}: {mode}: logits in evaluation mode differ by {error:.2g}")
    return runs


def compiled_inference(model: Any, x: torch.Tensor) -> Callable[[], Any]:
    """Compile with the weights as constants, which folds BatchNorm into them and repacks them."""
    run = torch.compile(model, options={"freezing": True})
    return torch.inference_mode()(functools.partial(run, x))


def their_model(net: Net, memory_format: torch.memory_format) -> tuple[Any, torch.Tensor]:
    """Return PyTorch's net and its batch in one memory layout."""
    x = torch.from_numpy(data(net)[0]).contiguous(memory_format=memory_format)
    return models(net, True)[1].to(memory_format=memory_format), x
