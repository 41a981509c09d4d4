"""What the compiled extension exports: exactly the names that cpp/bindings/ binds (tests compare).

The kernels take native-endian, aligned, C-contiguous arrays of one dtype; `minicnn._checks` makes
them so. Shapes are checked by the kernels' bindings, which raise ValueError.
"""

from typing import Any, TypedDict, TypeVar

import numpy as np
from numpy.typing import NDArray

_Float = TypeVar("_Float", np.float32, np.float64)
_Pair = tuple[int, int]
_Shape4 = tuple[int, ...]

__version__: str
COMPILER: str
FLAGS: str
GEMM_ALGORITHMS: tuple[str, ...]
CONV2D_ALGORITHMS: tuple[str, ...]
MAX_POOL2D_ALGORITHMS: tuple[str, ...]
AVG_POOL2D_ALGORITHMS: tuple[str, ...]
BATCH_NORM_ALGORITHMS: tuple[str, ...]

# -- what Ctrl-C must not leave half done: cpp/bindings/uninterrupted.cpp -------------------------

class Uninterrupted:
    def __enter__(self) -> None: ...
    def __exit__(self, *error: object) -> None: ...

# -- threads, instruction sets, buffers: cpp/bindings/system.cpp ----------------------------------

class _BufferStats(TypedDict):
    in_use: int
    kept: int
    peak: int
    limit: int

def num_threads() -> int: ...
def set_num_threads(threads: int) -> None: ...
def available_targets() -> list[str]: ...
def active_target() -> str: ...
def set_target(name: str) -> None: ...
def fma_peak_gflops(tries: int = 20) -> float: ...
def buffer_stats() -> _BufferStats: ...
def empty_buffers() -> None: ...
def set_buffer_limit(limit: int) -> None: ...

# -- matrix product: cpp/bindings/gemm.cpp --------------------------------------------------------

def gemm(
    a: NDArray[_Float],
    b: NDArray[_Float],
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    algorithm: str = "auto",
) -> NDArray[_Float]: ...

# -- 2-D convolution: cpp/bindings/conv2d.cpp -----------------------------------------------------

# fmt: off
def conv2d_forward(
    x: NDArray[_Float], weight: NDArray[_Float], bias: NDArray[_Float] | None, *, stride: _Pair,
    padding: _Pair, dilation: _Pair, groups: int, relu: bool = False, algorithm: str,
) -> NDArray[_Float]: ...
def conv2d_batch_norm_forward(
    x: NDArray[_Float], weight: NDArray[_Float], bias: NDArray[_Float] | None,
    running_mean: NDArray[_Float], running_var: NDArray[_Float],
    norm_weight: NDArray[_Float] | None, norm_bias: NDArray[_Float] | None,
    residual: NDArray[_Float] | None, *, eps: float, stride: _Pair, padding: _Pair,
    dilation: _Pair, groups: int, relu: bool = False, algorithm: str,
) -> NDArray[_Float]: ...
def conv2d_backward_input(
    grad_y: NDArray[_Float], weight: NDArray[_Float], onto: NDArray[_Float] | None = None, *,
    x_shape: _Shape4, stride: _Pair, padding: _Pair, dilation: _Pair, groups: int, algorithm: str,
) -> NDArray[_Float]: ...
def conv2d_backward_weight(
    grad_y: NDArray[_Float], x: NDArray[_Float], *, weight_shape: _Shape4, stride: _Pair,
    padding: _Pair, dilation: _Pair, groups: int, algorithm: str,
) -> NDArray[_Float]: ...
def conv2d_backward_bias(grad_y: NDArray[_Float]) -> NDArray[_Float]: ...
def conv2d_backward_relu(
    grad_y: NDArray[_Float], y: NDArray[_Float], needs_bias: bool,
) -> tuple[NDArray[_Float], NDArray[_Float] | None]: ...
def conv2d_algorithms_for(
    x_shape: _Shape4, weight_shape: _Shape4, *, stride: _Pair, padding: _Pair, dilation: _Pair,
    groups: int, dtype: str,
) -> list[str]: ...
def conv2d_auto_algorithm(
    x_shape: _Shape4, weight_shape: _Shape4, *, stride: _Pair, padding: _Pair, dilation: _Pair,
    groups: int, dtype: str,
) -> str: ...
# fmt: on

# -- pooling: cpp/bindings/max_pool2d.cpp and avg_pool2d.cpp --------------------------------------

def max_pool2d_forward(
    x: NDArray[_Float],
    *,
    kernel_size: _Pair,
    stride: _Pair,
    padding: _Pair,
    dilation: _Pair,
    ceil_mode: bool,
    keep: str,
    relu: bool,
    algorithm: str,
) -> tuple[NDArray[_Float], NDArray[Any] | None]: ...
def max_pool2d_backward(
    grad_y: NDArray[_Float],
    argmax: NDArray[Any],
    *,
    x_shape: _Shape4,
    kernel_size: _Pair,
    stride: _Pair,
    padding: _Pair,
    dilation: _Pair,
    ceil_mode: bool,
    algorithm: str,
) -> NDArray[_Float]: ...
def avg_pool2d_forward(
    x: NDArray[_Float],
    *,
    kernel_size: _Pair,
    stride: _Pair,
    padding: _Pair,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
    algorithm: str,
) -> NDArray[_Float]: ...
def avg_pool2d_backward(
    grad_y: NDArray[_Float],
    *,
    x_shape: _Shape4,
    kernel_size: _Pair,
    stride: _Pair,
    padding: _Pair,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
    algorithm: str,
) -> NDArray[_Float]: ...

# -- what the microscope sees: cpp/bindings/trace.cpp ----------------------------------------------

_Traced = tuple[NDArray[_Float], NDArray[_Float], NDArray[_Float], NDArray[np.int64]]
_Places = tuple[NDArray[np.int64], NDArray[np.int64]]

# fmt: off
def trace_gemm(
    a: NDArray[_Float], b: NDArray[_Float], *, transpose_a: bool = False, transpose_b: bool = False,
) -> _Traced[_Float]: ...
def trace_conv2d_tiled(
    x: NDArray[_Float], weight: NDArray[_Float], bias: NDArray[_Float] | None,
    *, stride: _Pair, padding: _Pair, dilation: _Pair, groups: int, relu: bool,
) -> _Traced[_Float]: ...
def trace_im2col(
    x: NDArray[_Float],
    *, weight_shape: _Shape4, stride: _Pair, padding: _Pair, dilation: _Pair, groups: int,
) -> NDArray[_Float]: ...
def trace_col2im(
    columns: NDArray[_Float],
    *, x_shape: _Shape4, weight_shape: _Shape4, stride: _Pair, padding: _Pair, dilation: _Pair,
    groups: int,
) -> tuple[NDArray[_Float], NDArray[_Float]]: ...
def trace_tile_size(like: NDArray[_Float]) -> tuple[int, int, int]: ...
def trace_conv2d_places(
    x_shape: _Shape4, weight_shape: _Shape4,
    *, stride: _Pair, padding: _Pair, dilation: _Pair, groups: int,
) -> _Places: ...
def trace_pool2d_places(
    op: str, x_shape: _Shape4,
    *, kernel_size: _Pair, stride: _Pair, padding: _Pair, dilation: _Pair, ceil_mode: bool,
) -> _Places: ...
def trace_avg_pool2d_divisors(
    x_shape: _Shape4,
    *, kernel_size: _Pair, stride: _Pair, padding: _Pair, ceil_mode: bool, count_include_pad: bool,
    divisor_override: int | None,
) -> NDArray[np.float64]: ...
# fmt: on

# -- batch normalisation: cpp/bindings/batch_norm.cpp ---------------------------------------------

def batch_norm_forward(
    x: NDArray[_Float],
    weight: NDArray[_Float],
    bias: NDArray[_Float],
    eps: float,
    residual: NDArray[_Float] | None = None,
    relu: bool = False,
    algorithm: str = "auto",
) -> tuple[NDArray[_Float], NDArray[_Float], NDArray[_Float]]: ...
def batch_norm_apply(
    x: NDArray[_Float],
    weight: NDArray[_Float],
    bias: NDArray[_Float],
    mean: NDArray[_Float],
    var: NDArray[_Float],
    eps: float,
    residual: NDArray[_Float] | None = None,
    relu: bool = False,
    algorithm: str = "auto",
) -> NDArray[_Float]: ...
def batch_norm_backward(
    grad_y: NDArray[_Float],
    x: NDArray[_Float],
    y: NDArray[_Float] | None,
    weight: NDArray[_Float],
    mean: NDArray[_Float],
    var: NDArray[_Float],
    eps: float,
    constant: bool,
    needs_residual: bool,
    relu_bias: NDArray[_Float] | None = None,
    algorithm: str = "auto",
) -> tuple[NDArray[_Float], NDArray[_Float], NDArray[_Float], NDArray[_Float] | None]: ...

# -- elementwise, losses: cpp/bindings/relu.cpp, add.cpp, cross_entropy.cpp, dropout.cpp -----------

def augment_forward(
    x: NDArray[np.uint8],
    indices: NDArray[np.int64],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    size: tuple[int, int],
    tables: NDArray[np.float32],
    fill: int,
) -> NDArray[np.float32]: ...
def add_forward(a: NDArray[_Float], b: NDArray[_Float]) -> NDArray[_Float]: ...
def relu_forward(x: NDArray[_Float]) -> NDArray[_Float]: ...
def relu_backward(grad_y: NDArray[_Float], y: NDArray[_Float]) -> NDArray[_Float]: ...
def cross_entropy_forward(
    x: NDArray[_Float], labels: NDArray[np.int64], ignored: int
) -> tuple[float, int, NDArray[_Float]] | None: ...
def cross_entropy_backward(
    p: NDArray[_Float], labels: NDArray[np.int64], ignored: int, scale: float
) -> NDArray[_Float]: ...
def exp(x: NDArray[_Float]) -> NDArray[_Float]: ...
def dropout_forward(
    x: NDArray[_Float], key: int, p: float, scale: float
) -> tuple[NDArray[_Float], NDArray[np.uint8]]: ...
def dropout_backward(
    grad_y: NDArray[_Float], keep: NDArray[np.uint8], scale: float
) -> NDArray[_Float]: ...

# -- optimizers: cpp/bindings/optimizer.cpp --------------------------------------------------------

# fmt: off
def sgd_step(
    params: list[NDArray[_Float]], grads: list[NDArray[_Float]],
    momentum_buffers: list[NDArray[_Float]],
    fresh: list[bool],
    *, lr: float, momentum: float, dampening: float, weight_decay: float, nesterov: bool,
    maximize: bool,
) -> None: ...
def adam_step(
    params: list[NDArray[_Float]], grads: list[NDArray[_Float]],
    exp_avgs: list[NDArray[_Float]], exp_avg_sqs: list[NDArray[_Float]],
    max_exp_avg_sqs: list[NDArray[_Float]],
    step_sizes: list[float], root_biases: list[float],
    *, lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool,
    maximize: bool,
) -> None: ...
def nadam_step(
    params: list[NDArray[_Float]], grads: list[NDArray[_Float]],
    exp_avgs: list[NDArray[_Float]], exp_avg_sqs: list[NDArray[_Float]],
    step_sizes: list[float], mean_sizes: list[float], root_biases: list[float],
    *, lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool,
    maximize: bool,
) -> None: ...
def rmsprop_step(
    params: list[NDArray[_Float]], grads: list[NDArray[_Float]],
    square_avgs: list[NDArray[_Float]], grad_avgs: list[NDArray[_Float]],
    momentum_buffers: list[NDArray[_Float]],
    *, lr: float, alpha: float, eps: float, weight_decay: float, momentum: float, maximize: bool,
) -> None: ...
def adadelta_step(
    params: list[NDArray[_Float]], grads: list[NDArray[_Float]],
    square_avgs: list[NDArray[_Float]], acc_deltas: list[NDArray[_Float]],
    *, lr: float, rho: float, eps: float, weight_decay: float, maximize: bool,
) -> None: ...
def adagrad_step(
    params: list[NDArray[_Float]], grads: list[NDArray[_Float]],
    sums: list[NDArray[_Float]],
    step_sizes: list[float],
    *, eps: float, weight_decay: float, maximize: bool,
) -> None: ...
def adamax_step(
    params: list[NDArray[_Float]], grads: list[NDArray[_Float]],
    exp_avgs: list[NDArray[_Float]], exp_infs: list[NDArray[_Float]],
    step_sizes: list[float],
    *, beta1: float, beta2: float, eps: float, weight_decay: float, maximize: bool,
) -> None: ...
# fmt: on
