// The table of kernels that exist once for each instruction set. Each op adds its row of function
// pointers here; its <op>/targets.cpp, compiled once per instruction set, fills it.
#pragma once

#include "add/kernels.hpp"
#include "avg_pool2d/kernels.hpp"
#include "batch_norm/kernels.hpp"
#include "conv2d/kernels.hpp"
#include "cross_entropy/kernels.hpp"
#include "dropout/kernels.hpp"
#include "gemm/kernels.hpp"
#include "max_pool2d/kernels.hpp"
#include "optimizer/kernels.hpp"
#include "relu/kernels.hpp"
#include "trace/kernels.hpp"

namespace minicnn {

template <class T>
struct TypedKernels {
    GemmKernels<T> gemm;
    Conv2dKernels<T> conv2d;
    MaxPool2dKernels<T> max_pool2d;
    AvgPool2dKernels<T> avg_pool2d;
    BatchNormKernels<T> batch_norm;
    ReluKernels<T> relu;
    AddKernels<T> add;
    CrossEntropyKernels<T> cross_entropy;
    DropoutKernels<T> dropout;
    OptimizerKernels<T> optimizer;
    TraceKernels<T> trace;
};

struct Kernels {
    TypedKernels<float> f32;
    TypedKernels<double> f64;
    double (*fma_peak)(index_t turns);  // runs 2 * result flops of independent multiply-adds: the roof of this core

    template <class T>
    const TypedKernels<T>& of() const {
        if constexpr (sizeof(T) == sizeof(float))
            return f32;
        else
            return f64;
    }
};

namespace baseline {
const Kernels& target_kernels();
}
namespace avx2 {
const Kernels& target_kernels();
}
namespace avx512 {
const Kernels& target_kernels();
}

}  // namespace minicnn
