// Compiled once per instruction set: the matrix product's row of the table.
#include "gemm/kernels.hpp"
#include "gemm/step3_packed.hpp"
#include "gemm/step4_skinny.hpp"

namespace minicnn::TARGET {

template <class T>
GemmKernels<T> gemm_kernels() {
    return {gemm_packed<T>, gemm_skinny<T>};
}
template GemmKernels<float> gemm_kernels();
template GemmKernels<double> gemm_kernels();

}  // namespace minicnn::TARGET
