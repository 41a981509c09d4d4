// Compiled once per instruction set: average pooling's row of the table.
#include "avg_pool2d/step2_vector.hpp"

namespace minicnn::TARGET {

template <class T>
AvgPool2dKernels<T> avg_pool2d_kernels() {
    return {avg_pool2d_vector::forward<T>, avg_pool2d_vector::backward<T>};
}
template AvgPool2dKernels<float> avg_pool2d_kernels();
template AvgPool2dKernels<double> avg_pool2d_kernels();

}  // namespace minicnn::TARGET
