"""Networks that are known by a name.

A class with a capital is a `Module`; a function in torchvision's name makes one, and with
`weights=` the path of a .safetensors file it takes its values from there.
"""

from minicnn.models.alexnet import AlexNet, AlexNetGrouped, alexnet
from minicnn.models.cifar import CIFARNet
from minicnn.models.googlenet import GoogLeNet, GoogLeNetOutputs, googlenet
from minicnn.models.lenet import LeNet5
from minicnn.models.mobilenet import MobileNetV2, mobilenet_v2
from minicnn.models.resnet import ResNet, resnet18, resnet34, resnet50, resnet101, resnet152
from minicnn.models.resnet_cifar import (
    ResNetCIFAR,
    resnet20,
    resnet32,
    resnet44,
    resnet56,
    resnet110,
)
from minicnn.models.squeezenet import SqueezeNet, squeezenet1_0, squeezenet1_1
from minicnn.models.vgg import (
    VGG,
    VGGCIFAR,
    vgg11,
    vgg11_bn,
    vgg13,
    vgg13_bn,
    vgg16,
    vgg16_bn,
    vgg19,
    vgg19_bn,
)

__all__ = [
    "LeNet5",
    "CIFARNet",
    "AlexNet",
    "AlexNetGrouped",
    "alexnet",
    "VGG",
    "VGGCIFAR",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
    "GoogLeNet",
    "GoogLeNetOutputs",
    "googlenet",
    "SqueezeNet",
    "squeezenet1_0",
    "squeezenet1_1",
    "MobileNetV2",
    "mobilenet_v2",
    "ResNet",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "ResNetCIFAR",
    "resnet20",
    "resnet32",
    "resnet44",
    "resnet56",
    "resnet110",
]
