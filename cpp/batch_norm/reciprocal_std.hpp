// 1 / sqrt(var + eps), in double, rounded once.
#pragma once

#include "targets/simd.hpp"

namespace minicnn::TARGET {

template <class T>
T reciprocal_std(T var, double eps) {
    return T(1 / __builtin_sqrt(double(var) + eps));
}

}  // namespace minicnn::TARGET
