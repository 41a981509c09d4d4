// The backward pass for 3x3 windows with stride 2, the most common that overlap: two rows of pixels for each row of
// windows.
//
// Of the pixels that such windows cover, every second column is the middle of one window (its own), the others lie
// between two windows, who share them; likewise the rows. With padding P, windows wo - 1 and wo share column 2 * wo - P:
//
//     window 0  |--------|                   pixels   s o s o s o s       s shared, o own
//     window 1        |--------|
//     window 2              |--------|
//
// So a vector of windows and the same one place further on give two rows of pixels: the own row at once, and of the
// shared row their part, which waits until the next row of windows adds its own. A pixel's terms are added in the order
// of y, as everywhere; pixels that no window covers become 0.
#pragma once

#include "buffers.hpp"
#include "pool2d/strided.hpp"

namespace minicnn::TARGET {

inline bool can_gather_three(const Pool2dShape& s) {
    const Size2 one{1, 1}, two{2, 2};
    return s.K_h == 3 && s.K_w == 3 && s.stride == two && s.dilation == one;
}

/// to[i] = from[at + i] for i < n; zeros for what is not among its `size` values.
template <class V>
[[gnu::noinline, gnu::cold]] void copy_within(const V* from, index_t size, index_t at, index_t n, V* to) {
    for (index_t i = 0; i < n; ++i) to[i] = 0 <= at + i && at + i < size ? from[at + i] : V(0);
}
/// The vector at from[at]; zeros for what is not among its `size` values.
template <class T>
inline Vec<T> load_within(const T* from, index_t size, index_t at) {
    if (__builtin_expect(0 <= at && at + lanes<T> <= size, 1)) return load(from + at);
    T part[lanes<T>];
    copy_within(from, size, at, index_t(lanes<T>), part);
    return load(part);
}
/// v, which holds windows wo, wo + 1, ... of a row, with zeros for those before or after the row's `width`.
template <class T>
inline Vec<T> keep_row(Vec<T> v, index_t wo, index_t width) {
    if (0 <= wo && wo + lanes<T> <= width) return v;
    Ints<T> at{};
    for (int i = 0; i < lanes<T>; ++i) at[i] = i;
    at += Int<T>(wo);
    return (at >= Ints<T>{}) & (at < Ints<T>{} + Int<T>(width)) ? v : Vec<T>{};
}

/// Add what windows give to the pixels of a row that their kernel row kh lies on.
template <int P, class T, class Windows>
inline void add_row(const Windows& left, const Windows& right, int kh, Vec<T> (&pixels)[2]) {
    pixels[P] += left.under(3 * kh + 2);
    pixels[P] += right.under(3 * kh);
    pixels[1 - P] += (P == 1 ? left : right).under(3 * kh + 1);
}

/// Room for a row of pixels: two vectors for each vector of windows.
template <class T>
index_t row_room(const Pool2dShape& s) {
    return 2 * round_up(blocks_of(s.W_in, 2), lanes<T>);
}

/// One plane of grad_x. `kind.load(row, ho, wo)` is a vector of windows of row ho of y, which begins at index `row`;
/// `under(k)` is what they give to the pixels under their cells k: zeros where wo is not in the row.
template <int P, class T, class Kind>
void gather_plane_by_three(const Pool2dShape& shape, const Kind& of, index_t plane, T* rows, T* grad_x, const T* end) {
    constexpr index_t L = lanes<T>;
    const Pool2dShape s = shape;  // copies of our own: the compiler knows that no store changes them
    const Kind kind = of;
    const index_t W = s.W_in, places = blocks_of(W, 2);
    T *const shared = rows, *const middle = rows + row_room<T>(s);  // two rows that are not due yet
    for (index_t ho = 0; 2 * ho - s.padding[0] < s.H_in; ++ho) {
        const index_t hi = 2 * ho - s.padding[0], row = plane * s.windows() + ho * s.W_out;
        // Memory is written in its order: a row's last vector may reach into the next row, which comes later.
        for (index_t j = 0; j < places; j += L) {
            Vec<T> above[2] = {}, own[2] = {}, below[2] = {};
            if (ho > 0) above[0] = load(shared + 2 * j), above[1] = load(shared + 2 * j + L);
            if (ho < s.H_out) {
                const auto left = kind.load(row, ho, j + P - 1), right = kind.load(row, ho, j + P);
                add_row<P, T>(left, right, 0, above);
                add_row<P, T>(left, right, 1, own);
                add_row<P, T>(left, right, 2, below);
            }
            store(shared + 2 * j, below[0]), store(shared + 2 * j + L, below[1]);
            store_strided<2>(own, middle + 2 * j, rows + 2 * row_room<T>(s));
            if (hi >= 0) store_strided<2>(above, grad_x + hi * W + 2 * j, end);
        }
        T* const to = grad_x + (hi + 1) * W;
        for (index_t i = 0; hi + 1 < s.H_in && i < W; i += L) store_before(to + i, load(middle + i), end);
    }
}

/// All planes of grad_x.
template <class T, class Kind>
void gather_by_three(const Pool2dShape& s, const Kind& kind, T* grad_x) {
    const int workers = num_threads();
    const PerWorker<T> rows(workers, 2 * row_room<T>(s));
    const auto gather = s.padding[1] == 1 ? gather_plane_by_three<1, T, Kind> : gather_plane_by_three<0, T, Kind>;
    for_each_range_of_planes(s, workers, [&](index_t first, index_t last, int worker) {
        for (index_t plane = first; plane < last; ++plane)
            gather(s, kind, plane, rows[worker], grad_x + plane * s.pixels(), grad_x + last * s.pixels());
    });
}

}  // namespace minicnn::TARGET
