// Compiled once per instruction set: ReLU's row of the table.
#include "relu/vector.hpp"

namespace minicnn::TARGET {

template <class T>
ReluKernels<T> relu_kernels() {
    return {relu::forward<T>, relu::backward<T>};
}
template ReluKernels<float> relu_kernels();
template ReluKernels<double> relu_kernels();

}  // namespace minicnn::TARGET
