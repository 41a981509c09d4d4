"""Tools for tests of differentiable functions."""

from minicnn.testing.gradcheck import GradcheckError, gradcheck

__all__ = ["GradcheckError", "gradcheck"]
