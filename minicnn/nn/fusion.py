"""Which neighbours among layers are computed in one pass over memory: nobody may be able to tell.

The bits are those of the layers apart. A layer with a hook stays apart, for the hook wants to see
what is between; so does a subclass, for it may have another `forward`.
"""

from __future__ import annotations

from typing import Any

from minicnn.autograd import is_grad_enabled
from minicnn.nn.activation import ReLU
from minicnn.nn.batch_norm import BatchNorm2d
from minicnn.nn.conv import Conv2d
from minicnn.nn.module import Module
from minicnn.ops.conv2d_batch_norm import conv2d_batch_norm


def takes_relu(module: Module | None, relu: Module | None, when: str) -> bool:
    """Whether `module` can apply this ReLU, which comes "before" or "after" it, itself.

    Only for classes that say so themselves, by `fuses_relu`.
    """
    return (
        type(relu) is ReLU
        and module is not None
        and vars(type(module)).get("fuses_relu") == when
        and module._hooks is None
        and relu._hooks is None
    )


def normalizes(norm: Module | None, conv: Module | None, x: Any) -> bool:
    """Whether conv(x) can be normalized by `norm` on its way to memory: in evaluation only.

    Where something does not fit, it is the two layers' turn to say so.
    """
    if not (type(norm) is BatchNorm2d and type(conv) is Conv2d):
        return False
    if norm.training or norm._hooks is not None or conv._hooks is not None:
        return False
    mean, var = norm.running_mean, norm.running_var
    if mean is None or var is None or norm.num_features != conv.out_channels or not norm.eps > 0:
        return False
    tensors = [t for t in (conv.weight, conv.bias, norm.weight, norm.bias) if t is not None]
    if is_grad_enabled() and any(getattr(t, "requires_grad", False) for t in (x, *tensors)):
        return False
    same = all(t.dtype == mean.dtype for t in (x, var, *tensors))
    return len(x.shape) == 4 and same


def convolved_and_normalized(
    conv: Module, norm: Module, x: Any, *, residual: Any = None, relu: bool = False
) -> Any:
    """Return norm(conv(x), residual=residual, relu=relu), in one pass if nobody can tell."""
    watched = is_grad_enabled() and getattr(residual, "requires_grad", False)
    if watched or not normalizes(norm, conv, x):
        return norm(conv(x), residual=residual, relu=relu)
    assert isinstance(conv, Conv2d)
    assert isinstance(norm, BatchNorm2d)
    return conv2d_batch_norm(
        conv._padded(x),
        conv.weight,
        conv.bias,
        conv.stride,  # type: ignore[arg-type]  # two ints, since axes is 2
        conv._conv_padding,
        conv.dilation,  # type: ignore[arg-type]
        conv.groups,
        running_mean=norm.running_mean,
        running_var=norm.running_var,
        norm_weight=norm.weight,
        norm_bias=norm.bias,
        eps=norm.eps,
        residual=residual,
        relu=relu,
    )
