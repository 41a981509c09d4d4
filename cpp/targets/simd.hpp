// The vector type of this instruction set. Only files that are compiled once per instruction set include this;
// CMakeLists.txt gives them TARGET (the namespace), VECTOR_BYTES and VECTOR_REGISTERS.
//
// Vectors are the GCC/Clang extension: `a * b + c` becomes one FMA, for any width. Everything stands in the
// namespace TARGET, with its own min and max: an inline function or a std template shared with other files
// could be linked into them with instructions that their processor does not have.
#pragma once

#include <utility>

#include "types.hpp"

#if defined(__clang__)
#define MINICNN_UNROLL _Pragma("unroll")
#else
#define MINICNN_UNROLL _Pragma("GCC unroll 16")
#endif

namespace minicnn::TARGET {

/// Values of T in one vector register.
template <class T>
constexpr int lanes = VECTOR_BYTES / int(sizeof(T));

#if defined(__clang__)
#define MINICNN_ANYWHERE
#else
#define MINICNN_ANYWHERE , aligned(sizeof(T)), may_alias  // a load may start at any element
#endif

template <class T>
struct VecOf {
    typedef T type __attribute__((vector_size(VECTOR_BYTES) MINICNN_ANYWHERE));
};
template <class T>
using Vec = typename VecOf<T>::type;

/// A load or store may start at any element. GCC takes that from the type; Clang forgets such an attribute on the way
/// through a template, but makes one instruction of a copy of known size.
template <class T>
inline Vec<T> load(const T* p) {
#if defined(__clang__)
    Vec<T> v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
#else
    return *reinterpret_cast<const Vec<T>*>(p);
#endif
}
template <class T>
inline void store(T* p, Vec<T> v) {
#if defined(__clang__)
    __builtin_memcpy(p, &v, sizeof v);
#else
    *reinterpret_cast<Vec<T>*>(p) = v;
#endif
}
/// All lanes x. (x - 0 is x for every x, even -0, so this is a bare broadcast.)
template <class T>
inline Vec<T> splat(T x) {
    return x - Vec<T>{};
}

/// Let the compiler load v once: without this GCC repeats the load as an operand of each instruction that uses v, and
/// loops that need more loads than arithmetic wait for them.
template <class T>
inline void load_once(Vec<T>& v) {
#if defined(__x86_64__) || defined(__i386__)
    __asm__("" : "+v"(v));
#elif defined(__aarch64__)
    __asm__("" : "+w"(v));
#endif
}

/// Lane i of the result is lane `Pattern::index(i)` of a and b laid end to end.
template <class Pattern, class T, int... I>
inline Vec<T> shuffle(Vec<T> a, Vec<T> b, std::integer_sequence<int, I...>) {
#if defined(__clang__)
    return __builtin_shufflevector(a, b, Pattern::index(I)...);
#else
    typedef decltype(a < b) Mask;  // the vector of integers of this width
    return __builtin_shuffle(a, b, Mask{Pattern::index(I)...});
#endif
}
template <class Pattern, class T>
inline Vec<T> shuffle(Vec<T> a, Vec<T> b) {
    return shuffle<Pattern, T>(a, b, std::make_integer_sequence<int, lanes<T>>{});
}

/// Exchange the off-diagonal D x D blocks of each 2D x 2D block; D = lanes / 2, ..., 2, 1 transposes.
template <int L, int D>
struct TakeUpper {
    static constexpr int index(int i) { return i & D ? L + i - D : i; }
};
template <int L, int D>
struct TakeLower {
    static constexpr int index(int i) { return i & D ? L + i : i + D; }
};
/// Lanes of a and b in turns: the first half of the sequence a0 b0 a1 b1 ..., and the second.
template <int L>
struct ZipLower {
    static constexpr int index(int i) { return i % 2 * L + i / 2; }
};
template <int L>
struct ZipUpper {
    static constexpr int index(int i) { return i % 2 * L + L / 2 + i / 2; }
};

template <class T, int D = lanes<T> / 2>
inline void transpose(Vec<T> (&r)[lanes<T>]) {
    constexpr int L = lanes<T>;
    MINICNN_UNROLL
    for (int i = 0; i < L; ++i) {
        if (i & D) continue;
        const Vec<T> a = r[i], b = r[i + D];
        r[i] = shuffle<TakeUpper<L, D>, T>(a, b);
        r[i + D] = shuffle<TakeLower<L, D>, T>(a, b);
    }
    if constexpr (D > 1) transpose<T, D / 2>(r);
}

template <class T>
constexpr T min(T a, T b) {
    return b < a ? b : a;
}
template <class T>
constexpr T max(T a, T b) {
    return a < b ? b : a;
}
/// The smallest number of blocks of `size` that hold `n`.
constexpr index_t blocks_of(index_t n, index_t size) { return (n + size - 1) / size; }
constexpr index_t round_up(index_t n, index_t size) { return blocks_of(n, size) * size; }

template <class T>
inline void copy(const T* from, index_t n, T* to) {
    __builtin_memcpy(to, from, sizeof(T) * static_cast<std::size_t>(n));
}
template <class T>
inline void fill_zero(T* to, index_t n) {
    __builtin_memset(to, 0, sizeof(T) * static_cast<std::size_t>(n));
}

}  // namespace minicnn::TARGET
