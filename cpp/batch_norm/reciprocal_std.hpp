// 1 / sqrt(var + eps), in double, rounded once. Forced inline: files that are compiled once per instruction set use it,
// too, and must not share a copy with the rest.
#pragma once

namespace minicnn {

template <class T>
[[gnu::always_inline]] inline T reciprocal_std(T var, double eps) {
    return T(1 / __builtin_sqrt(double(var) + eps));
}

}  // namespace minicnn
