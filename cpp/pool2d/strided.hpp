// What the vector steps of max_pool2d and avg_pool2d share: tasks, ends of arrays, strided stores.
#pragma once

#include "parallel.hpp"
#include "pool2d/shape.hpp"
#include "targets/strided.hpp"

namespace minicnn::TARGET {

constexpr index_t task_values = 16384;  // input pixels in one task: enough to outweigh the hand-over
constexpr index_t max_vector_cells = 254;

/// Call `body(first_plane, last_plane, worker)` in parallel for ranges of planes that cover all of them.
template <class Body>
void for_each_range_of_planes(const Pool2dShape& s, int workers, const Body& body) {
    const index_t step = max<index_t>(1, task_values / s.pixels());
    parallel_for(blocks_of(s.planes(), step), workers, [&](index_t task, int worker) {
        body(task * step, min(s.planes(), (task + 1) * step), worker);
    });
}

/// Whether vectors of windows serve this shape: a window of moderate size that fits in the padded image.
inline bool suits_vectors(const Pool2dShape& s) {
    return s.K_h <= max_vector_cells && s.K_w <= max_vector_cells && s.K_h * s.K_w <= max_vector_cells &&
           s.extent(0) <= s.H_in + 2 * s.padding[0] && s.extent(1) <= s.W_in + 2 * s.padding[1];
}

template <class T>
using Ints = decltype(Vec<T>{} < Vec<T>{});  // lanes of integers as wide as T
template <class T>
using Int = std::remove_reference_t<decltype(Ints<T>{}[0])>;

template <class T>
inline Ints<T> load_ints(const Int<T>* p) {
    Ints<T> v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

/// Load v now, as a whole. The compiler would else turn `mask ? load : 0` into a masked load, which takes ten times as
/// long as a load where the mask is empty (AMD Zen 4).
template <class T>
inline void force_load(Vec<T>& v) {
#if defined(__x86_64__)
    asm("" : "+v"(v));
#else
    (void)v;
#endif
}

template <class T>
inline void fill(T* to, index_t n, T value) {
    for (index_t i = 0; i < n; ++i) to[i] = value;
}

/// Store the first n values of v. Not inlined: it is rare, and a call to memcpy in a loop costs the loop its registers.
template <class T>
[[gnu::noinline, gnu::cold]] void store_part(T* p, Vec<T> v, index_t n) {
    copy(reinterpret_cast<const T*>(&v), n, p);
}
/// Store v at p, but nothing at `end` or after it. A row's last vector may reach into the next row, which is
/// written later; only at the end of a task's memory is a store cut short.
template <class T>
inline void store_before(T* p, Vec<T> v, const T* end) {
    if (end - p >= lanes<T>) return store(p, v);
    if (p < end) store_part(p, v, end - p);
}
/// The vector at p, with zeros for what lies at `end` or after it.
template <class T>
[[gnu::noinline, gnu::cold]] Vec<T> load_part(const T* p, index_t n) {
    Vec<T> v{};
    copy(p, n, reinterpret_cast<T*>(&v));
    return v;
}
template <class T>
inline Vec<T> load_before(const T* p, const T* end) {
    return end - p >= lanes<T> ? load(p) : load_part(p, end - p);
}

/// Three vectors dealt out in turn: value k of the result is lane k / 3 of source k % 3; `Out` is the result's vector.
template <int L, int Out>
struct Deal3First {  // sources 0 and 1; lanes of source 2 are arbitrary
    static constexpr int index(int i) {
        return (Out * L + i) % 3 == 1 ? L + (Out * L + i) / 3 : (Out * L + i) / 3;
    }
};
template <int L, int Out>
struct Deal3Second {  // fill in source 2
    static constexpr int index(int i) { return (Out * L + i) % 3 == 2 ? L + (Out * L + i) / 3 : i; }
};
template <int Out, class T>
inline Vec<T> deal3(const Vec<T> (&v)[3]) {
    constexpr int L = lanes<T>;
    return shuffle<Deal3Second<L, Out>, T>(shuffle<Deal3First<L, Out>, T>(v[0], v[1]), v[2]);
}

/// The inverse of S strided loads: to[i * S + r] = v[r][i], nothing at `end` or after it.
template <int S, class T>
inline void store_strided(const Vec<T> (&v)[S], T* to, const T* end) {
    constexpr int L = lanes<T>;
    if constexpr (S == 1) store_before(to, v[0], end);
    if constexpr (S == 2) {
        store_before(to, shuffle<ZipLower<L>, T>(v[0], v[1]), end);
        store_before(to + L, shuffle<ZipUpper<L>, T>(v[0], v[1]), end);
    }
    if constexpr (S == 3) {
        store_before(to, deal3<0, T>(v), end);
        store_before(to + L, deal3<1, T>(v), end);
        store_before(to + 2 * L, deal3<2, T>(v), end);
    }
}

}  // namespace minicnn::TARGET
