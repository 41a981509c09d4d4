"""Transforms of images, under the names of torchvision.transforms.v2.

>>> import numpy as np
>>> from minicnn import transforms
>>> augment = transforms.Compose([
...     transforms.RandomCrop(32, padding=4),
...     transforms.RandomHorizontalFlip(),
...     transforms.ToTensor(),
... ])
>>> augment(np.zeros((32, 32, 3), np.uint8)).shape
(3, 32, 32)
"""

from minicnn.transforms._image import Transform
from minicnn.transforms.affine import RandomAffine, RandomRotation
from minicnn.transforms.automatic import (
    AutoAugment,
    AutoAugmentPolicy,
    RandAugment,
    TrivialAugmentWide,
)
from minicnn.transforms.channels import (
    RGB,
    GaussianNoise,
    Identity,
    LinearTransformation,
    RandomChannelPermutation,
    RandomPhotometricDistort,
)
from minicnn.transforms.color import ColorJitter, Grayscale, RandomGrayscale
from minicnn.transforms.containers import Compose, Lambda, RandomApply, RandomChoice, RandomOrder
from minicnn.transforms.conversion import Normalize, ToDtype, ToImage, ToTensor
from minicnn.transforms.crop import (
    CenterCrop,
    Pad,
    RandomCrop,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomVerticalFlip,
)
from minicnn.transforms.filters import GaussianBlur, RandomErasing
from minicnn.transforms.mix import CutMix, MixUp
from minicnn.transforms.pil import ConvertImageDtype, PILToTensor, ToPILImage
from minicnn.transforms.random_size import (
    RandomResize,
    RandomShortestSize,
    RandomZoomOut,
    ScaleJitter,
)
from minicnn.transforms.resample import InterpolationMode, Resize
from minicnn.transforms.several import FiveCrop, TenCrop
from minicnn.transforms.tone import (
    RandomAdjustSharpness,
    RandomAutocontrast,
    RandomEqualize,
    RandomInvert,
    RandomPosterize,
    RandomSolarize,
)
from minicnn.transforms.warp import ElasticTransform, RandomPerspective

__all__ = [
    "Transform",
    "Compose",
    "RandomApply",
    "RandomChoice",
    "RandomOrder",
    "Lambda",
    "InterpolationMode",
    "Resize",
    "Pad",
    "CenterCrop",
    "RandomCrop",
    "RandomResizedCrop",
    "RandomHorizontalFlip",
    "RandomVerticalFlip",
    "RandomRotation",
    "RandomAffine",
    "ColorJitter",
    "Grayscale",
    "RandomGrayscale",
    "GaussianBlur",
    "RandomErasing",
    "ToTensor",
    "ToImage",
    "ToDtype",
    "Normalize",
    "MixUp",
    "CutMix",
    "FiveCrop",
    "TenCrop",
    "RandomPerspective",
    "ElasticTransform",
    "RandomResize",
    "RandomShortestSize",
    "ScaleJitter",
    "RandomZoomOut",
    "RandomInvert",
    "RandomPosterize",
    "RandomSolarize",
    "RandomAutocontrast",
    "RandomEqualize",
    "RandomAdjustSharpness",
    "RandomPhotometricDistort",
    "RandomChannelPermutation",
    "GaussianNoise",
    "RGB",
    "Identity",
    "LinearTransformation",
    "AutoAugment",
    "AutoAugmentPolicy",
    "RandAugment",
    "TrivialAugmentWide",
    "ToPILImage",
    "PILToTensor",
    "ConvertImageDtype",
]
