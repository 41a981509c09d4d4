"""The update rules: each changes lists of arrays in place, all parameters of a group in one call.

A rule takes parallel lists (one entry for each parameter) and the group's settings. Arithmetic is
in each parameter's own dtype. `t` below is the step being taken, counted from 1.

Sources: Sutskever et al., "On the importance of initialization and momentum in deep learning",
ICML 2013, section 2 (with the velocity scaled as torch does); Kingma & Ba, arXiv:1412.6980,
algorithm 1; Loshchilov & Hutter, arXiv:1711.05101, algorithm 2; Reddi et al., arXiv:1904.09237,
algorithm 2 (amsgrad).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Arrays = Sequence[np.ndarray]


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
        fresh: For each buffer, whether this is its first step.
        lr: Step size.
        momentum: Which part of a buffer stays.
        dampening: Which part of the gradient is kept out of the buffer.
        weight_decay: Factor of the L2 penalty's gradient.
        nesterov: Whether to look ahead by one momentum step.
        maximize: Whether to go uphill.
    """
    for i, p in enumerate(params):
        g = -grads[i] if maximize else grads[i]
        if weight_decay != 0:
            g = g + weight_decay * p
        if momentum != 0:
            b = momentum_buffers[i]
            if fresh[i]:
                b[...] = g
            else:
                b *= momentum
                b += (1 - dampening) * g
            g = g + momentum * b if nesterov else b
        p -= lr * g


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
    for i, p in enumerate(params):
        m, v, t = exp_avgs[i], exp_avg_sqs[i], steps[i]
        g = -grads[i] if maximize else grads[i]
        if weight_decay != 0:
            if decoupled:
                p *= 1 - lr * weight_decay
            else:
                g = g + weight_decay * p
        m += (1 - beta1) * (g - m)
        v *= beta2
        v += (1 - beta2) * g * g
        if max_exp_avg_sqs:
            v = np.maximum(max_exp_avg_sqs[i], v, out=max_exp_avg_sqs[i])
        denominator = np.sqrt(v, out=np.empty_like(v))  # an array even if p has no axes
        denominator /= (1 - beta2**t) ** 0.5
        denominator += eps
        np.divide(m, denominator, out=denominator)
        denominator *= lr / (1 - beta1**t)
        p -= denominator
