// Compiled once per instruction set: the update rules' row of the table.
#include "optimizer/vector.hpp"

namespace minicnn::TARGET {

template <class T>
OptimizerKernels<T> optimizer_kernels() {
    return {optimizer::sgd<T>, optimizer::adam<T>};
}
template OptimizerKernels<float> optimizer_kernels();
template OptimizerKernels<double> optimizer_kernels();

}  // namespace minicnn::TARGET
