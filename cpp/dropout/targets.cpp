// Compiled once per instruction set: dropout's row of the table.
#include "dropout/vector.hpp"

namespace minicnn::TARGET {

template <class T>
DropoutKernels<T> dropout_kernels() {
    return {dropout::forward<T>, dropout::backward<T>};
}
template DropoutKernels<float> dropout_kernels();
template DropoutKernels<double> dropout_kernels();

}  // namespace minicnn::TARGET
