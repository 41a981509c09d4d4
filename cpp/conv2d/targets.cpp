// Compiled once per instruction set: convolution's row of the table.
#include "conv2d/backward_bias.hpp"
#include "conv2d/kernels.hpp"
#include "conv2d/step3_tiled.hpp"
#include "conv2d/step3_tiled_weight.hpp"
#include "conv2d/step4_strip.hpp"
#include "conv2d/step4_strip_input.hpp"
#include "conv2d/step4_strip_weight.hpp"
#include "conv2d/step5_winograd.hpp"
#include "conv2d/step5_winograd_weight.hpp"

namespace minicnn::TARGET {
namespace {

template <int M>
constexpr Conv2dPasses<float> winograd_passes{winograd::forward<M>, winograd::backward_input<M>,
                                              winograd::backward_weight<M>};

}  // namespace

template <class T>
Conv2dKernels<T> conv2d_kernels() {
    Conv2dKernels<T> k{};
    k.tiled = {tiled::forward<T>, tiled::backward_input<T>, tiled::backward_weight<T>};
    k.strip = {strip::forward<T>, strip::backward_input<T>, strip::backward_weight<T>};
    k.backward_bias = backward_bias<T>;
    k.backward_relu = backward_relu<T>;
    if constexpr (sizeof(T) == sizeof(float)) {
        k.winograd2 = winograd_passes<2>;
        k.winograd4 = winograd_passes<4>;
    }
    return k;
}
template Conv2dKernels<float> conv2d_kernels();
template Conv2dKernels<double> conv2d_kernels();

}  // namespace minicnn::TARGET
