// 2 x 2 windows with stride 2 in rows shorter than half a vector: several pairs of rows make one vector of windows.
//
// Where the image's sides are even, pairs of rows follow each other in memory without a gap, across planes too. So
// the windows of `rows` such pairs are consecutive in y, and their pixels consecutive in x:
//
//     x    r0 r0 r0 r0 r1 r1 r1 r1 | r2 r2 r2 r2 r3 r3 r3 r3     W = 2: a row r has 4 pixels, or 2 pairs of pixels
//     pairs   0  1  2  3           |     4  5  6  7              window 0 is over pairs 0 and 2, window 2 over 4 and 6
//
// First each pair of pixels becomes one value, then the pairs of a window are brought side by side. The lanes left
// over at the end of a vector belong to the next group, which comes later and overwrites them.
#pragma once

#include "pool2d/pairs.hpp"

namespace minicnn::TARGET {

/// W windows a row.
template <class T, int W>
struct Group {
    static constexpr int L = lanes<T>, rows = L / W;   // pairs of rows in a vector of windows
    static constexpr index_t windows = rows * W, pixels = 4 * windows;

    /// The pair of pixels of window i, in its upper row (Lower = 0) or its lower one.
    template <int Lower>
    struct PairOfWindow {
        static constexpr int index(int i) { return (i / W * 2 * W + i % W + Lower * W) % (2 * L); }
    };
    /// The window of each pair in vector `Half` of the two that hold all pairs.
    template <int Half>
    struct WindowOfPair {
        static constexpr int index(int i) { return ((Half * L + i) / (2 * W) * W + (Half * L + i) % W) % L; }
    };
    /// Whether each pair is in the lower row: 0 or 1.
    static Ints<T> lower_row(int half) {
        Ints<T> lower{};
        for (int i = 0; i < L; ++i) lower[i] = (half * L + i) / W % 2;
        return lower;
    }
};

/// Left and right pixel of each pair: values of the vector `Half`.
template <class T>
struct PixelPairs {
    Vec<T> left[2], right[2];
};
template <class T>
inline PixelPairs<T> load_pixel_pairs(const T* p) {
    constexpr int L = lanes<T>;
    const Vec<T> a = load(p), b = load(p + L), c = load(p + 2 * L), d = load(p + 3 * L);
    return {{shuffle<Evens, T>(a, b), shuffle<Evens, T>(c, d)},
            {shuffle<Odds, T>(a, b), shuffle<Odds, T>(c, d)}};
}
template <class T>
[[gnu::noinline, gnu::cold]] PixelPairs<T> load_last_pixel_pairs(const T* p, index_t count) {
    T pixels[4 * lanes<T>] = {};
    copy(p, count, pixels);
    return load_pixel_pairs(pixels);
}
/// The same, with zeros for what lies at `end` or after it.
template <class T>
inline PixelPairs<T> load_pixel_pairs(const T* p, const T* end) {
    return end - p >= 4 * lanes<T> ? load_pixel_pairs(p) : load_last_pixel_pairs(p, end - p);
}
template <class T>
inline void store_pixel_pairs(const PixelPairs<T>& pairs, T* p, const T* end) {
    constexpr int L = lanes<T>;
    const Vec<T> first[2] = {pairs.left[0], pairs.right[0]}, second[2] = {pairs.left[1], pairs.right[1]};
    store_strided<2>(first, p, end);
    store_strided<2>(second, p + 2 * L, end);
}

/// Call `step(in, out)` for each group of the planes: indices into x and y of its first pixel and window.
template <class G, class Step>
void for_each_group(const Pool2dShape& s, index_t first_plane, index_t last_plane, const Step& step) {
    const index_t last = last_plane * s.windows();
    for (index_t out = first_plane * s.windows(); out < last; out += G::windows) step(4 * out, out);
}

template <int W>
struct RowWidth {
    static constexpr int value = W;
};
/// Call `visit(RowWidth<W>)` with W = W_out and return true, if groups serve this shape.
template <class T, int W = 1, class Visit>
bool with_short_rows(const Pool2dShape& s, const Visit& visit) {
    if constexpr (2 * W > lanes<T>) {
        return false;
    } else {
        if (s.W_out != W) return with_short_rows<T, W + 1>(s, visit);
        if (!is_exact_pairs(s)) return false;
        visit(RowWidth<W>{});
        return true;
    }
}

}  // namespace minicnn::TARGET
