// Compiled once per instruction set: cross-entropy's row of the table.
#include "cross_entropy/vector.hpp"

namespace minicnn::TARGET {

template <class T>
CrossEntropyKernels<T> cross_entropy_kernels() {
    return {cross_entropy::forward<T>, cross_entropy::backward<T>, cross_entropy::exp_of<T>};
}
template CrossEntropyKernels<float> cross_entropy_kernels();
template CrossEntropyKernels<double> cross_entropy_kernels();

}  // namespace minicnn::TARGET
