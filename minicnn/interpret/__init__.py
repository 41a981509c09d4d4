"""What a network looks at: attributions and pictures of features, under captum's names.

Import it by its name: `from minicnn import interpret`. Each method leaves the model, its gradients
and its mode as they were.
"""

from minicnn.interpret.grad_cam import GradCAM, GuidedGradCam, LayerGradCam
from minicnn.interpret.gradients import (
    Attribution,
    Deconvolution,
    GuidedBackprop,
    InputXGradient,
    Saliency,
)
from minicnn.interpret.integrated_gradients import IntegratedGradients
from minicnn.interpret.noise import NoiseTunnel, SmoothGrad
from minicnn.interpret.occlusion import Occlusion

__all__ = [
    "Attribution",
    "Saliency",
    "InputXGradient",
    "SmoothGrad",
    "NoiseTunnel",
    "IntegratedGradients",
    "GuidedBackprop",
    "Deconvolution",
    "Occlusion",
    "LayerGradCam",
    "GradCAM",
    "GuidedGradCam",
]
