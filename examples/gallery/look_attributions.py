"""Six answers to the question which ink made this digit a 3.

The first map says by how much the score of "3" would change if a pixel changed a little, the second
averages that over noisy copies of the image. The others share the score out among the pixels: red
ink speaks for a 3, blue ink against it. Input times gradient and integrated gradients give nothing
to pixels without ink. Occlusion covers 2x2 pixels at a time and looks at how far the score falls.

Alt: A handwritten 3 of 8 by 8 pixels and five maps of the same size, in which the bows of the 3
stand out in red.
"""

from __future__ import annotations

from _frame import main
from _nets import digits_net, digits_test
from matplotlib.figure import Figure

import minicnn
from minicnn import interpret, viz


def draw() -> Figure:
    model, (images, labels) = digits_net(), digits_test()
    x = images[labels == 3][:1]
    minicnn.manual_seed(0)
    maps = [
        interpret.Saliency(model).attribute(x, 3),
        interpret.SmoothGrad(model).attribute(x, 3),
        interpret.InputXGradient(model).attribute(x, 3),
        interpret.IntegratedGradients(model).attribute(x, target=3),
        interpret.Occlusion(model).attribute(x, (1, 2, 2), target=3),
    ]
    return viz.images(
        [x[0], *(each.data[0] for each in maps)],
        [
            "The image: white is ink",
            "Saliency: |change of the score per ink|",
            "SmoothGrad: its mean over 50 noisy copies",
            "Input x gradient: score per pixel",
            "Integrated gradients: score per pixel",
            "Occlusion: the score's fall",
        ],
        scale=["photo", "positive", "positive", "signed", "signed", "signed"],
        columns=3,
        title='Which ink made this digit a "3"?',
    )


if __name__ == "__main__":
    main(__file__)
