"""Cross-entropy one sample at a time, in float64 and from its definition; for two test files."""

from __future__ import annotations

import numpy as np
from scipy import special


def nll(log_p, labels, weight=None, ignore_index=-100, smoothing=0.0):
    """Return each sample's loss, shape (N, D), and the weights of the samples, for (N, C, D)."""
    N, C, D = log_p.shape
    weight = np.ones(C) if weight is None else np.asarray(weight, np.float64)
    loss, own = np.zeros((N, D)), np.zeros((N, D))
    for n in range(N):
        for d in range(D):
            label = labels[n, d]
            if label == ignore_index:
                continue
            own[n, d] = weight[label]
            smooth = -sum(weight[c] * log_p[n, c, d] for c in range(C)) / C
            right = -weight[label] * log_p[n, label, d]
            loss[n, d] = (1 - smoothing) * right + (smoothing * smooth if smoothing else 0)
    return loss, own


def cross_entropy(x, target, weight=None, smoothing=0.0):
    """Return each sample's loss, shape (N, D), for probabilities `target` of shape (N, C, D)."""
    C = x.shape[1]
    weight = np.ones(C) if weight is None else np.asarray(weight, np.float64)
    target = (1 - smoothing) * target + smoothing / C
    return -np.einsum("c,ncd,ncd->nd", weight, target, special.log_softmax(x, axis=1))


def reduced(loss, reduction, divisor):
    """Return the loss as `reduction` says, the mean being a quotient of two sums."""
    return {"none": loss, "sum": loss.sum(), "mean": loss.sum() / divisor if divisor else np.nan}[
        reduction
    ]
