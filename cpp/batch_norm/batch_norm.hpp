// The batch normalisations this library has, in reading order. The tests run over this table.
#pragma once

#include <array>

#include "batch_norm/step1_direct.hpp"
#include "cpu.hpp"
#include "targets/kernels.hpp"

namespace minicnn {

template <class T>
struct BatchNormStep {
    const char* name;
    BatchNormKernels<T> (*passes)();
};

template <class T>
inline constexpr std::array<BatchNormStep<T>, 2> batch_norm_steps{{
    {"direct",
     [] {
         return BatchNormKernels<T>{batch_norm_direct::forward<T>, batch_norm_direct::apply<T>,
                                    batch_norm_direct::backward<T>};
     }},
    {"vector", [] { return kernels().of<T>().batch_norm; }},
}};

}  // namespace minicnn
