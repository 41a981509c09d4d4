"""The update rules that scale each number's step by its own past gradients, in NumPy.

As in `_updates`, a rule changes parallel lists of arrays in place (one entry for each parameter),
in each parameter's own dtype; `steps` counts each parameter's steps from 1, and t is one of them.
In all rules, g = grad (or -grad if `maximize`) + weight_decay * p.

Sources: Tieleman & Hinton, "Lecture 6.5: rmsprop", 2012, and Graves, arXiv:1308.0850, section 4.2
(the centered form); Zeiler, arXiv:1212.5701, algorithm 1; Duchi et al., "Adaptive subgradient
methods", JMLR 12 (2011), section 1.1; Kingma & Ba, arXiv:1412.6980, algorithm 2 (Adamax); Dozat,
"Incorporating Nesterov momentum into Adam", ICLR workshop 2016, algorithm 2.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

Arrays = Sequence[np.ndarray]


def rmsprop(
    params: Arrays,
    grads: Arrays,
    square_avgs: Arrays,
    grad_avgs: Arrays,
    momentum_buffers: Arrays,
    *,
    lr: float,
    alpha: float,
    eps: float,
    weight_decay: float,
    momentum: float,
    maximize: bool,
) -> None:
    """Take one step of RMSprop.

    With v = alpha * v + (1 - alpha) * g**2 and d = g / (sqrt(v) + eps): p -= lr * d, or with
    momentum b = momentum * b + d and p -= lr * b. If `grad_avgs` is not empty, it is centered: m =
    alpha * m + (1 - alpha) * g, and v - m**2 stands in the root. That variance is never negative
    but for rounding, which is cut off at 0 (torch's result would be NaN).
    """
    for i, (p, g, v) in enumerate(_flat(params, grads, square_avgs)):
        g = _gradient(p, g, weight_decay, maximize)
        _average(v, g * g, alpha)
        if grad_avgs:
            m = np.atleast_1d(grad_avgs[i])
            _average(m, g, alpha)
            denominator = np.sqrt(np.maximum(v - m * m, 0))
        else:
            denominator = np.sqrt(v)
        denominator += eps
        g /= denominator
        if momentum_buffers:
            b = np.atleast_1d(momentum_buffers[i])
            b *= momentum
            b += g
            p -= lr * b
        else:
            g *= lr
            p -= g


def adadelta(
    params: Arrays,
    grads: Arrays,
    square_avgs: Arrays,
    acc_deltas: Arrays,
    *,
    lr: float,
    rho: float,
    eps: float,
    weight_decay: float,
    maximize: bool,
) -> None:
    """Take one step of Adadelta.

    v = rho * v + (1 - rho) * g**2; d = sqrt(u + eps) / sqrt(v + eps) * g;
    u = rho * u + (1 - rho) * d**2; p -= lr * d.
    """
    for p, g, v, u in _flat(params, grads, square_avgs, acc_deltas):
        d = _gradient(p, g, weight_decay, maximize)
        _average(v, d * d, rho)
        d *= np.sqrt(u + eps)
        d /= np.sqrt(v + eps)
        _average(u, d * d, rho)
        d *= lr
        p -= d


def adagrad(
    params: Arrays,
    grads: Arrays,
    sums: Arrays,
    steps: Sequence[int],
    *,
    lr: float,
    lr_decay: float,
    eps: float,
    weight_decay: float,
    maximize: bool,
) -> None:
    """Take one step of Adagrad.

    s += g**2; p -= lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps).
    """
    for (p, g, s), t in zip(_flat(params, grads, sums), steps):
        g = _gradient(p, g, weight_decay, maximize)
        s += g * g
        denominator = np.sqrt(s)
        denominator += eps
        g /= denominator
        g *= lr / (1 + (t - 1) * lr_decay)
        p -= g


def adamax(
    params: Arrays,
    grads: Arrays,
    exp_avgs: Arrays,
    exp_infs: Arrays,
    steps: Sequence[int],
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    maximize: bool,
) -> None:
    """Take one step of Adamax.

    m = beta1 * m + (1 - beta1) * g; u = max(beta2 * u, |g| + eps);
    p -= lr / (1 - beta1**t) * m / u.
    """
    for (p, g, m, u), t in zip(_flat(params, grads, exp_avgs, exp_infs), steps):
        g = _gradient(p, g, weight_decay, maximize)
        _average(m, g, beta1)
        np.abs(g, out=g)
        g += eps
        u *= beta2
        np.maximum(u, g, out=u)
        np.divide(m, u, out=g)
        g *= lr / (1 - beta1**t)
        p -= g


def nadam(
    params: Arrays,
    grads: Arrays,
    exp_avgs: Arrays,
    exp_avg_sqs: Arrays,
    mus: Sequence[tuple[float, float, float]],
    steps: Sequence[int],
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    decoupled: bool,
    maximize: bool,
) -> None:
    """Take one step of NAdam, given mu_t, mu_(t+1) and mu_1 * ... * mu_t for each parameter.

    m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g**2;
    p -= lr * ((1 - mu_t) / (1 - mu_1 ... mu_t) * g + mu_(t+1) / (1 - mu_1 ... mu_(t+1)) * m)
    / (sqrt(v / (1 - beta2**t)) + eps). If `decoupled`, p *= 1 - lr * weight_decay comes first, and
    g is the bare gradient.
    """
    for i, (p, g, m, v) in enumerate(_flat(params, grads, exp_avgs, exp_avg_sqs)):
        g = _gradient(p, g, 0.0 if decoupled else weight_decay, maximize)
        if decoupled:
            p *= 1 - lr * weight_decay
        mu, mu_next, mu_product = mus[i]
        _average(m, g, beta1)
        _average(v, g * g, beta2)
        denominator = np.sqrt(v)
        denominator /= math.sqrt(1 - beta2 ** steps[i])
        denominator += eps
        g *= lr * (1 - mu) / (1 - mu_product)
        g += m * (lr * mu_next / (1 - mu_product * mu_next))
        g /= denominator
        p -= g


def _flat(*lists: Arrays) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield each parameter's arrays; shape () becomes (1,), for which NumPy returns no scalars."""
    for arrays in zip(*lists):
        yield tuple(np.atleast_1d(array) for array in arrays)


def _gradient(p: np.ndarray, grad: np.ndarray, weight_decay: float, maximize: bool) -> np.ndarray:
    """Return a new array with the gradient of what is minimized, the L2 penalty included."""
    if grad.dtype != p.dtype:
        raise TypeError(
            f"step: a parameter of dtype {p.dtype} must have a gradient of that dtype, got"
            f" {grad.dtype}"
        )
    g = np.negative(grad) if maximize else np.array(grad)
    if weight_decay != 0:
        g += weight_decay * p
    return g


def _average(mean: np.ndarray, value: np.ndarray, kept: float) -> None:
    """Update a running mean in place: mean = kept * mean + (1 - kept) * value."""
    mean *= kept
    mean += (1 - kept) * value
