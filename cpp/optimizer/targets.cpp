// Compiled once per instruction set: the update rules' row of the table.
#include "optimizer/adaptive.hpp"
#include "optimizer/vector.hpp"

namespace minicnn::TARGET {

template <class T>
OptimizerKernels<T> optimizer_kernels() {
    using namespace optimizer;
    return {sgd<T>, adam<T>, nadam<T>, rmsprop<T>, adadelta<T>, adagrad<T>, adamax<T>};
}
template OptimizerKernels<float> optimizer_kernels();
template OptimizerKernels<double> optimizer_kernels();

}  // namespace minicnn::TARGET
