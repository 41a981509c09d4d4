// Rows whose length is no multiple of a vector, and what all lanes of a vector give together.
#pragma once

#include "targets/simd.hpp"

namespace minicnn::TARGET {

template <int L, int D>
struct Rotate {
    static constexpr int index(int i) { return (i + D) % L; }
};
/// Combine all lanes by a commutative `op`, pairs first, then pairs of pairs: every lane gets the result.
template <class T, int D = lanes<T> / 2, class Op>
inline Vec<T> fold_lanes(Vec<T> v, const Op& op) {
    v = op(v, shuffle<Rotate<lanes<T>, D>, T>(v, v));
    if constexpr (D > 1) v = fold_lanes<T, D / 2>(v, op);
    return v;
}

/// Lane i holds i.
template <class T>
inline Vec<T> lane_numbers() {
    Vec<T> number{};
    for (int i = 0; i < lanes<T>; ++i) number[i] = T(i);
    return number;
}

/// The first `count` lanes of v, `rest` in the others.
template <class T>
inline Vec<T> first_lanes(Vec<T> v, index_t count, T rest) {
    return lane_numbers<T>() < splat(T(count)) ? v : splat(rest);
}

/// The first `count` of the vector at p, `rest` in the other lanes; nothing is read at `end` or after it.
template <class T>
inline Vec<T> load_row(const T* p, index_t count, T rest, const T* end) {
    Vec<T> v{};
    if (__builtin_expect(end - p >= lanes<T>, 1))
        v = load(p);
    else
        copy(p, end - p, reinterpret_cast<T*>(&v));
    return count >= lanes<T> ? v : first_lanes(v, count, rest);
}
/// Store v at p, nothing at `end` or after it. What is written past a row belongs to the next one, which comes later.
template <class T>
inline void store_row(T* p, Vec<T> v, const T* end) {
    if (__builtin_expect(end - p >= lanes<T>, 1))
        store(p, v);
    else
        copy(reinterpret_cast<const T*>(&v), end - p, p);
}

}  // namespace minicnn::TARGET
