// Compiled once per instruction set: collects the rows of every op into this target's table.
//
// A function, not a constant: a constant could be initialised when the library is loaded, by
// instructions that this processor does not have.
#include "targets/kernels.hpp"
#include "targets/simd.hpp"

namespace minicnn::TARGET {

template <class T>
GemmKernels<T> gemm_kernels();
template <class T>
Conv2dKernels<T> conv2d_kernels();
template <class T>
MaxPool2dKernels<T> max_pool2d_kernels();
template <class T>
AvgPool2dKernels<T> avg_pool2d_kernels();
template <class T>
BatchNormKernels<T> batch_norm_kernels();
template <class T>
ReluKernels<T> relu_kernels();
template <class T>
AddKernels<T> add_kernels();
template <class T>
CrossEntropyKernels<T> cross_entropy_kernels();
template <class T>
DropoutKernels<T> dropout_kernels();
template <class T>
OptimizerKernels<T> optimizer_kernels();
template <class T>
TraceKernels<T> trace_kernels();

/// Every op's row for one element type.
template <class T>
TypedKernels<T> typed_kernels() {
    return {gemm_kernels<T>(), conv2d_kernels<T>(), max_pool2d_kernels<T>(), avg_pool2d_kernels<T>(),
            batch_norm_kernels<T>(), relu_kernels<T>(), add_kernels<T>(),
            cross_entropy_kernels<T>(), dropout_kernels<T>(), optimizer_kernels<T>(),
            trace_kernels<T>()};
}

namespace {

/// 12 chains of multiply-adds that never touch memory: enough to fill two units of four cycles' latency.
double fma_peak(index_t turns) {
    constexpr int chains = 12;
    volatile float one = 1, tiny = 1e-9f;  // unknown to the compiler, which would fold a product with 1
    const Vec<float> a = splat(float(one)), b = splat(float(tiny));
    Vec<float> c[chains];
    for (int i = 0; i < chains; ++i) c[i] = splat(float(one) + float(i));  // different, or they would be one chain
    for (index_t t = 0; t < turns; ++t) {
        MINICNN_UNROLL
        for (int i = 0; i < chains; ++i) c[i] = c[i] * a + b;
    }
    for (int i = 1; i < chains; ++i) c[0] += c[i];
    volatile float keep = c[0][0];
    (void)keep;
    return double(turns) * chains * lanes<float>;
}

}  // namespace

const Kernels& target_kernels() {
    static const Kernels table{typed_kernels<float>(), typed_kernels<double>(), fma_peak};
    return table;
}

}  // namespace minicnn::TARGET
