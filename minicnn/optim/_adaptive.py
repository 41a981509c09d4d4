"""The update rules that scale each number's step by its own past gradients.

As in `_updates`, a rule changes parallel lists of arrays in place (one entry for each parameter) by
one kernel call for each dtype; `steps` counts each parameter's steps from 1, and t is one of them.
In all rules, g = grad (or -grad if `maximize`) + weight_decay * p.

Sources: Tieleman & Hinton, "Lecture 6.5: rmsprop", 2012, and Graves, arXiv:1308.0850, section 4.2
(the centered form); Zeiler, arXiv:1212.5701, algorithm 1; Duchi et al., "Adaptive subgradient
methods", JMLR 12 (2011), section 1.1; Kingma & Ba, arXiv:1412.6980, algorithm 2 (Adamax); Dozat,
"Incorporating Nesterov momentum into Adam", ICLR workshop 2016, algorithm 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from minicnn import _core
from minicnn.optim._lists import Arrays, one_call


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
    one_call(
        _core.rmsprop_step,
        params,
        grads,
        square_avgs,
        grad_avgs,
        momentum_buffers,
        lr=lr,
        alpha=alpha,
        eps=eps,
        weight_decay=weight_decay,
        momentum=momentum,
        maximize=maximize,
    )


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
    one_call(
        _core.adadelta_step,
        params,
        grads,
        square_avgs,
        acc_deltas,
        lr=lr,
        rho=rho,
        eps=eps,
        weight_decay=weight_decay,
        maximize=maximize,
    )


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
    one_call(
        _core.adagrad_step,
        params,
        grads,
        sums,
        each=[[lr / (1 + (t - 1) * lr_decay) for t in steps]],
        eps=eps,
        weight_decay=weight_decay,
        maximize=maximize,
    )


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
    one_call(
        _core.adamax_step,
        params,
        grads,
        exp_avgs,
        exp_infs,
        each=[[lr / (1 - beta1**t) for t in steps]],
        beta1=beta1,
        beta2=beta2,
        eps=eps,
        weight_decay=weight_decay,
        maximize=maximize,
    )


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
    one_call(
        _core.nadam_step,
        params,
        grads,
        exp_avgs,
        exp_avg_sqs,
        each=[
            [lr * (1 - mu) / (1 - product) for mu, _, product in mus],
            [lr * mu_next / (1 - product * mu_next) for _, mu_next, product in mus],
            [math.sqrt(1 - beta2**t) for t in steps],
        ],
        lr=lr,
        beta1=beta1,
        beta2=beta2,
        eps=eps,
        weight_decay=weight_decay,
        decoupled=decoupled,
        maximize=maximize,
    )
