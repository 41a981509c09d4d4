// Compiled once per instruction set: addition's row of the table.
#include "add/vector.hpp"

namespace minicnn::TARGET {

template <class T>
AddKernels<T> add_kernels() {
    return {add::forward<T>};
}
template AddKernels<float> add_kernels();
template AddKernels<double> add_kernels();

}  // namespace minicnn::TARGET
