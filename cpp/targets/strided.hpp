// Vectors of every second or third value of an array.
#pragma once

#include "targets/simd.hpp"

namespace minicnn::TARGET {

/// Every second lane of a and b laid end to end.
struct Evens {
    static constexpr int index(int i) { return 2 * i; }
};
struct Odds {
    static constexpr int index(int i) { return 2 * i + 1; }
};
/// Every third value of two vectors of L lanes, as far as they go; what comes after is arbitrary ...
template <int L>
struct EachThird {
    static constexpr int index(int i) { return 3 * i < 2 * L ? 3 * i : 0; }
};
/// ... and of a third vector: `Known` lanes are in the first argument, the others in the second.
template <int L, int Known>
struct ThenEachThird {
    static constexpr int index(int i) { return i < Known ? i : 3 * i - L; }
};

/// The values p[0], p[S], p[2 * S], ...; reads S vectors.
template <int S, class T>
inline Vec<T> load_strided(const T* p) {
    constexpr int L = lanes<T>;
    if constexpr (S == 1) return load(p);
    if constexpr (S == 2) return shuffle<Evens, T>(load(p), load(p + L));
    if constexpr (S == 3) {
        constexpr int known = (2 * L + 2) / 3;  // lanes i with 3 * i < 2 * L
        const Vec<T> start = shuffle<EachThird<L>, T>(load(p), load(p + L));
        return shuffle<ThenEachThird<L, known>, T>(start, load(p + 2 * L));
    }
}

}  // namespace minicnn::TARGET
