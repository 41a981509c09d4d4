"""What a network looks at: attributions and pictures of features, under captum's names.

Import it by its name: `from minicnn import interpret`. The model must be in eval mode, and is left
as it was: parameters, gradients, mode and hooks. While a method runs, the parameters need no
gradients, so another thread must not train the same model at that time.

>>> import numpy as np
>>> from minicnn import interpret, nn
>>> model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 10)).eval()
>>> image = np.ones((1, 1, 8, 8), np.float32)
>>> interpret.Saliency(model).attribute(image, target=3).shape
(1, 1, 8, 8)
>>> interpret.LayerGradCam(model, "1").attribute(image, target=3).shape
(1, 1, 6, 6)
"""

from minicnn.interpret.ascent import Ascent, activation_maximization
from minicnn.interpret.deconvnet import Deconvnet
from minicnn.interpret.dream import deep_dream
from minicnn.interpret.grad_cam import GradCAM, GuidedGradCam, LayerGradCam
from minicnn.interpret.gradients import (
    Attribution,
    Deconvolution,
    GuidedBackprop,
    InputXGradient,
    Saliency,
)
from minicnn.interpret.integrated_gradients import IntegratedGradients
from minicnn.interpret.inversion import Inversion, invert_features
from minicnn.interpret.noise import NoiseTunnel, SmoothGrad
from minicnn.interpret.occlusion import Occlusion
from minicnn.interpret.patches import Patch, max_activating_patches
from minicnn.interpret.receptive_field import Box, receptive_field

__all__ = [
    "Attribution",
    "Saliency",
    "InputXGradient",
    "SmoothGrad",
    "NoiseTunnel",
    "IntegratedGradients",
    "GuidedBackprop",
    "Deconvolution",
    "Deconvnet",
    "Occlusion",
    "LayerGradCam",
    "GradCAM",
    "GuidedGradCam",
    "activation_maximization",
    "Ascent",
    "deep_dream",
    "invert_features",
    "Inversion",
    "max_activating_patches",
    "Patch",
    "receptive_field",
    "Box",
]
