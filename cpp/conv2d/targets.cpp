// Compiled once per instruction set: convolution's row of the table.
#include "conv2d/backward_bias.hpp"
#include "conv2d/kernels.hpp"
#include "conv2d/step3_tiled.hpp"
#include "conv2d/step3_tiled_weight.hpp"

namespace minicnn::TARGET {

template <class T>
Conv2dKernels<T> conv2d_kernels() {
    return {tiled::forward<T>, tiled::backward_input<T>, tiled::backward_weight<T>, backward_bias<T>};
}
template Conv2dKernels<float> conv2d_kernels();
template Conv2dKernels<double> conv2d_kernels();

}  // namespace minicnn::TARGET
