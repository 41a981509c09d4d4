// The commonest pooling, 2 x 2 with stride 2, straight from memory: two rows in, one row out (or back).
//
// A vector of windows covers two vectors of each row. Past the end of a row it reads and writes what belongs to
// the next one, which comes later and overwrites it; only at the end of the arrays does it go through a buffer.
#pragma once

#include "pool2d/strided.hpp"

namespace minicnn::TARGET {

/// 2 x 2, stride 2, and every window inside the image.
inline bool is_pairs(const Pool2dShape& s) {
    return s.K_h == 2 && s.K_w == 2 && s.stride[0] == 2 && s.stride[1] == 2 && s.padding[0] == 0 &&
           s.padding[1] == 0 && s.dilation[0] == 1 && s.dilation[1] == 1 && 2 * s.H_out <= s.H_in &&
           2 * s.W_out <= s.W_in;
}
/// Also every pixel in a window, so that a backward pass over the windows writes every pixel.
inline bool is_exact_pairs(const Pool2dShape& s) {
    return is_pairs(s) && 2 * s.H_out == s.H_in && 2 * s.W_out == s.W_in;
}

/// Call `step(in, out, count)` for each vector of windows of the planes: `in` is the index into x of the upper left
/// pixel, `out` the index into y, `count` the windows that belong to this row. The vector that reaches past the end
/// of a row comes before the others of that row: its excess of the upper input row falls on the lower one.
template <class T, class Step>
void for_each_pair(const Pool2dShape& s, index_t first_plane, index_t last_plane, const Step& step) {
    const index_t H_out = s.H_out, W_out = s.W_out, W_in = s.W_in, pixels = s.pixels(), windows = s.windows();
    const index_t rest = W_out % lanes<T>, whole = W_out - rest;
    for (index_t plane = first_plane; plane < last_plane; ++plane)
    for (index_t ho = 0; ho < H_out; ++ho) {
        const index_t in = plane * pixels + 2 * ho * W_in, out = plane * windows + ho * W_out;
        if (rest > 0) step(in + 2 * whole, out + whole, rest);
        for (index_t wo = 0; wo < whole; wo += lanes<T>) step(in + 2 * wo, out + wo, index_t(lanes<T>));
    }
}

/// The four pixels of each window of a vector.
template <class T>
struct Quad {
    Vec<T> cell[4];
};
template <class T>
inline Quad<T> load_quads(const T* top, const T* bottom) {
    constexpr int L = lanes<T>;
    const Vec<T> a = load(top), b = load(top + L), c = load(bottom), d = load(bottom + L);
    return {{shuffle<Evens, T>(a, b), shuffle<Odds, T>(a, b), shuffle<Evens, T>(c, d), shuffle<Odds, T>(c, d)}};
}
/// The same for `count` windows whose vectors may reach past the end of x.
template <class T>
[[gnu::noinline, gnu::cold]] Quad<T> load_last_quads(const T* top, const T* bottom, index_t count) {
    T rows[2][2 * lanes<T>] = {};
    copy(top, 2 * count, rows[0]);
    copy(bottom, 2 * count, rows[1]);
    return load_quads(rows[0], rows[1]);
}
template <class T>
inline Quad<T> load_quads(const T* top, const T* bottom, index_t count, const T* x_end) {
    return x_end - bottom >= 2 * lanes<T> ? load_quads(top, bottom) : load_last_quads(top, bottom, count);
}
/// Write the pixels of each window back; nothing at `end` or after it.
template <class T>
inline void store_quads(const Quad<T>& q, T* top, T* bottom, const T* end) {
    const Vec<T> upper[2] = {q.cell[0], q.cell[1]}, lower[2] = {q.cell[2], q.cell[3]};
    store_strided<2>(upper, top, end);
    store_strided<2>(lower, bottom, end);
}

}  // namespace minicnn::TARGET
