// Compiled once per instruction set: batch normalisation's row of the table.
#include "batch_norm/step2_vector.hpp"

namespace minicnn::TARGET {

template <class T>
BatchNormKernels<T> batch_norm_kernels() {
    return {batch_norm::forward<T>, batch_norm::apply<T>, batch_norm::backward<T>};
}
template BatchNormKernels<float> batch_norm_kernels();
template BatchNormKernels<double> batch_norm_kernels();

}  // namespace minicnn::TARGET
