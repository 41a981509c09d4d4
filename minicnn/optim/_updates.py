"""The update rules: each changes lists of arrays in place, by one kernel call for each dtype.

A rule takes parallel lists (one entry for each parameter) and the group's settings. Arithmetic is
in each parameter's own dtype. `t` below is the step being taken, counted from 1. The kernels are in
cpp/optimizer/.

Sources: Sutskever et al., "On the importance of initialization and momentum in deep learning",
ICML 2013, section 2 (with the velocity scaled as torch does); Kingma & Ba, arXiv:1412.6980,
algorithm 1; Loshchilov & Hutter, arXiv:1711.05101, algorithm 2; Reddi et al., arXiv:1904.09237,
algorithm 2 (amsgrad).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from minicnn import _core
from minicnn.optim._lists import Arrays, one_call


def sgd(
    params: Arrays,
    grads: Arrays,
    momentum_buffers: Arrays,
    fresh: Sequence[bool],
    *,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
    maximize: bool,
) -> None:
    """Take one step of stochastic gradient descent.

    With g = grad + weight_decay * p and the buffer b = momentum * b + (1 - dampening) * g, or b = g
    where `fresh`: p -= lr * b, with nesterov p -= lr * (g + momentum * b), without momentum
    p -= lr * g.

    Args:
        params: What is updated.
        grads: dL/dp, not changed.
        momentum_buffers: The buffers b, updated; empty if momentum is 0.
        fresh: For each buffer, whether this is its first step; empty without buffers.
        lr: Step size.
        momentum: Which part of a buffer stays.
        dampening: Which part of the gradient is kept out of the buffer.
        weight_decay: Factor of the L2 penalty's gradient.
        nesterov: Whether to look ahead by one momentum step.
        maximize: Whether to go uphill.
    """
    one_call(
        _core.sgd_step,
        params,
        grads,
        momentum_buffers,
        each=[fresh],
        lr=lr,
        momentum=momentum,
        dampening=dampening,
        weight_decay=weight_decay,
        nesterov=nesterov,
        maximize=maximize,
    )


def adam(
    params: Arrays,
    grads: Arrays,
    exp_avgs: Arrays,
    exp_avg_sqs: Arrays,
    max_exp_avg_sqs: Arrays,
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
    """Take one step of Adam, or of AdamW if `decoupled`.

    m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g**2;
    p -= lr / (1 - beta1**t) * m / (sqrt(v) / sqrt(1 - beta2**t) + eps), where g = grad +
    weight_decay * p, or g = grad after p *= 1 - lr * weight_decay if `decoupled`.

    Args:
        params: What is updated.
        grads: dL/dp, not changed.
        exp_avgs: The running means m, updated.
        exp_avg_sqs: The running means of squares v, updated.
        max_exp_avg_sqs: The largest v so far, updated and used for v; empty without amsgrad.
        steps: For each parameter, t.
        lr: Step size.
        beta1: Which part of m stays.
        beta2: Which part of v stays.
        eps: Added to the denominator.
        weight_decay: See above.
        decoupled: Whether the decay bypasses m and v.
        maximize: Whether to go uphill.
    """
    one_call(
        _core.adam_step,
        params,
        grads,
        exp_avgs,
        exp_avg_sqs,
        max_exp_avg_sqs,
        each=[
            [lr / (1 - beta1**t) for t in steps],
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
