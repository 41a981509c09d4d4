"""What a network looks at: attributions and pictures of features, under captum's names.

Import it by its name: `from minicnn import interpret`. Each method leaves the model, its gradients
and its mode as they were.
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
