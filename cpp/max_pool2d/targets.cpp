// Compiled once per instruction set: max pooling's row of the table.
#include "max_pool2d/step2_vector.hpp"

namespace minicnn::TARGET {

template <class T>
MaxPool2dKernels<T> max_pool2d_kernels() {
    return {max_pool2d_vector::forward<T>, max_pool2d_vector::backward<T>};
}
template MaxPool2dKernels<float> max_pool2d_kernels();
template MaxPool2dKernels<double> max_pool2d_kernels();

}  // namespace minicnn::TARGET
