"""Tools for tests of differentiable functions and of layers."""

from minicnn.testing.calls import Arguments, Buffer
from minicnn.testing.check_module import check_module
from minicnn.testing.check_op import CheckError, check_op
from minicnn.testing.gradcheck import GradcheckError, KinkError, gradcheck

__all__ = [
    "Arguments",
    "Buffer",
    "CheckError",
    "GradcheckError",
    "KinkError",
    "check_module",
    "check_op",
    "gradcheck",
]
