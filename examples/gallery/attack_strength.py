"""A larger change misleads more often; training against it helps.

Every pixel of the 355 test digits may move by epsilon, as a part of full ink. FGSM takes one step
in the worst direction, PGD ten small ones. Solid lines belong to a net that learnt from clean
digits, dashed ones to the same net, half of whose lessons were attacked by FGSM with epsilon 0.1
(adversarial training). Random noise of the same size (grey) harms the first net far less.

Alt: Accuracy against epsilon. Five falling curves: with noise it stays high, that of the net
trained against attacks falls slowly, that of the usual net falls fast.
"""

from __future__ import annotations

import numpy as np
from _canvas import robust_net
from _frame import main
from _nets import digits_net, digits_test
from matplotlib.figure import Figure

from minicnn import no_grad
from minicnn.attacks import FGSM, PGD

SLOW = True
EPSILONS = np.linspace(0, 0.3, 13)


def draw() -> Figure:
    images, labels = digits_test()

    def right(model, x) -> float:
        with no_grad():
            return 100 * float((model(x).data.argmax(axis=1) == labels).mean())

    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    signs = np.random.default_rng(0).choice(np.array([-1, 1], np.float32), images.shape)
    noisy = [np.clip(images + e * signs, 0, 1) for e in EPSILONS.astype(np.float32)]
    usual = digits_net()
    axes.plot(EPSILONS, [right(usual, x) for x in noisy], color="0.6", label="usual net, noise")
    for model, name, style in (
        (usual, "usual", "-"),
        (robust_net(), "adversarially trained", "--"),
    ):
        fgsm = [FGSM(model).perturb(images, e, labels) for e in EPSILONS]
        pgd = [PGD(model).perturb(images, e, e / 4, 10, labels) for e in EPSILONS]
        for attacked, attack, color in ((fgsm, "FGSM", "#2a6fbb"), (pgd, "PGD", "#d9822b")):
            values = [right(model, x) for x in attacked]
            axes.plot(EPSILONS, values, style, color=color, label=f"{name} net, {attack}")
    axes.set_title("Test digits read right under attack", loc="left", fontweight="bold")
    axes.set_xlabel("epsilon: how far a pixel may move (ink is 1)")
    axes.set_ylabel("read right (percent of 355 test digits)")
    axes.set_ylim(0, 101)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


if __name__ == "__main__":
    main(__file__)
