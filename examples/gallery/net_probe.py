"""What a simple classifier makes of each layer's features.

The same linear classifier (logistic regression) is trained on the pixels of the digits, and on what
each layer of a trained network gives. The further up the network, the more of the test digits it
gets right: the layers turn pixels into features that a line can tell apart. Here most is gained by
the first convolutions, and pooling loses nothing although it keeps a quarter of the values.

Alt: A row of points, one for each layer, with the share of test digits that a linear classifier
gets right from its features.
"""

from __future__ import annotations

import numpy as np
from _frame import main
from _nets import digits_net, digits_test
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from minicnn import viz
from minicnn.datasets import Digits

LAYERS = ("relu1", "relu2", "pool", "relu3", "fc2")


def draw() -> Figure:
    train = Digits()
    x, labels = (np.asarray(part) for part in train.get_batch(np.arange(len(train))))
    x_test, labels_test = digits_test()
    net = digits_net()
    features = {"pixels": x} | viz.activations(net, x, LAYERS)
    features_test = {"pixels": x_test} | viz.activations(net, x_test, LAYERS)
    shares = []
    with threadpool_limits(1):
        for name, values in features.items():
            probe = LogisticRegression(max_iter=2000).fit(values.reshape(len(x), -1), labels)
            shares.append(probe.score(features_test[name].reshape(len(x_test), -1), labels_test))
    figure = Figure(figsize=(8, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(list(features), np.multiply(shares, 100), "o-", color="#2a6fbb", linewidth=2)
    for i, share in enumerate(shares):
        axes.annotate(f"{100 * share:.1f}", (i, 100 * share), xytext=(0, 9), ha="center",
                      textcoords="offset points")  # fmt: skip
    axes.set(ylabel="test digits right (%)", xlabel="features of", ylim=(95, 100))
    axes.grid(color="0.9")
    axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(
        "A linear classifier on the features of each layer", x=0.01, ha="left", fontweight="bold"
    )
    return figure


if __name__ == "__main__":
    main(__file__)
