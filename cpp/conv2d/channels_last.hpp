// Turning planes (C, H, W) into channels-last order (H, W, C) and back, in scratch memory.
//
// With the channels of a pixel side by side, vector lanes run over channels: whatever is then done with
// pixels (the transforms of Winograd's convolution, the gradient of the weights) works for any width of the
// image. The turn itself is a transpose of lanes x lanes squares in registers.
#pragma once

#include <type_traits>

#include "conv2d/kernels.hpp"
#include "targets/simd.hpp"

namespace minicnn::TARGET {

/// Where pixel q of a plane of width W goes in a scratch image of `pitch` pixels a row, `channels` values a pixel.
inline void fill_offsets(index_t plane, index_t W, index_t pitch, index_t channels, index_t* offset) {
    for (index_t row = 0, q = 0; q < plane; row += pitch)
        for (index_t column = 0; column < W; ++column) offset[q++] = (row + column) * channels;
}

/// Turn pixels [first, last) of C planes: to[offset[q] + c] = planes[c * plane + q], zeros up to a whole vector of c.
/// Where pixels lie closer than that, a later store overwrites those zeros: the last channels are turned first and
/// pixels are stored in ascending order, so only what follows the last pixel of a row is cleared.
template <class T>
void to_channels_last(const T* planes, index_t plane, index_t C, index_t first, index_t last, const index_t* offset,
                      T* to) {
    constexpr index_t L = lanes<T>;
    for (index_t c = (C - 1) / L * L; c >= 0; c -= L) {
        const index_t channels = min(L, C - c);
        for (index_t q0 = first; q0 < last; q0 += L) {
            // the last square overlaps the one before it; fewer pixels than a vector are copied one by one
            const index_t q = max(first, min(q0, last - L)), pixels = min(L, last - q);
            const T* from = planes + c * plane + q;
            Vec<T> square[L];
            if (channels == L && pixels == L) {  // a whole square stays in registers
                MINICNN_UNROLL
                for (int i = 0; i < L; ++i) square[i] = load(from + i * plane);
                transpose<T>(square);
                MINICNN_UNROLL
                for (int p = 0; p < L; ++p) store(to + offset[q + p] + c, square[p]);
                continue;
            }
            for (index_t i = 0; i < L; ++i) {
                square[i] = Vec<T>{};
                if (i >= channels) continue;
                if (pixels == L)
                    square[i] = load(from + i * plane);
                else
                    for (index_t p = 0; p < pixels; ++p) square[i][p] = from[i * plane + p];
            }
            transpose<T>(square);
            for (index_t p = 0; p < pixels; ++p) store(to + offset[q + p] + c, square[p]);
        }
    }
}

/// Some rows of an image, channels-last, with their zero padding: `rows` rows from row `first`, which may lie outside.
/// `offset` is that of fill_offsets for this width, pitch and number of channels.
template <class T>
void load_padded_rows(const T* planes, index_t C, index_t H, index_t W, index_t first, index_t rows, index_t left,
                      index_t pitch, index_t channels, const index_t* offset, T* to) {
    const index_t row = pitch * channels, begin = min(rows, max<index_t>(0, -first));
    const index_t end = max(begin, min(rows, H - first));
    fill_zero(to, begin * row);
    fill_zero(to + end * row, (rows - end) * row);
    for (index_t r = begin; r < end; ++r) {
        fill_zero(to + r * row, left * channels);
        fill_zero(to + r * row + (left + W) * channels, (pitch - left - W) * channels);
    }
    to_channels_last(planes + (first + begin) * W, H * W, C, 0, (end - begin) * W, offset,
                     to + begin * row + left * channels);
}

/// What may happen to a value (or a vector of them) on its way into plane c, `at` values behind the first plane's
/// beginning: nothing ...
struct AsItIs {
    template <class V>
    V operator()(V v, index_t, index_t) const {
        return v;
    }
};
/// ... or an epilogue, of which the planes are those from `channel` on and begin `at` values behind y's beginning.
template <class T>
struct Finish {
    Finish(const Epilogue<T>& all, index_t channel, index_t at) : end(all) {
        for (const T** array : {&end.bias, &end.mean, &end.scale, &end.shift})
            if (*array) *array += channel;
        if (end.residual) end.residual += at;
    }
    template <class V>
    V operator()(V v, index_t at, index_t c) const {
        if (end.bias) v += end.bias[c];
        if (end.mean) v = (v - end.mean[c]) * end.scale[c] + end.shift[c];
        if constexpr (std::is_same_v<V, T>) {
            if (end.residual) v += end.residual[at];
            return end.relu && v < T(0) ? T(0) : v;
        } else {
            if (end.residual) v += load(end.residual + at);
            return end.relu ? (v < V{} ? V{} : v) : v;
        }
    }
    Epilogue<T> end;
};

/// The way back: planes[c * plane + q] = from[offset[q] + c] for pixels [first, last).
template <class T, class End = AsItIs>
void from_channels_last(const T* from, const index_t* offset, index_t plane, index_t C, index_t first, index_t last,
                        T* planes, const End& end = {}) {
    constexpr index_t L = lanes<T>;
    for (index_t c = 0; c < C; c += L) {
        const index_t channels = min(L, C - c);
        for (index_t q0 = first; q0 < last; q0 += L) {
            const index_t q = max(first, min(q0, last - L)), pixels = min(L, last - q);
            Vec<T> square[L];
            if (channels == L && pixels == L) {
                MINICNN_UNROLL
                for (int p = 0; p < L; ++p) square[p] = load(from + offset[q + p] + c);
                transpose<T>(square);
                MINICNN_UNROLL
                for (int i = 0; i < L; ++i) {
                    const index_t at = (c + i) * plane + q;
                    store(planes + at, end(square[i], at, c + i));
                }
                continue;
            }
            for (index_t p = 0; p < L; ++p) square[p] = p < pixels ? load(from + offset[q + p] + c) : Vec<T>{};
            transpose<T>(square);
            for (index_t i = 0; i < channels; ++i) {
                const index_t at = (c + i) * plane + q;
                if (pixels == L)
                    store(planes + at, end(square[i], at, c + i));
                else
                    for (index_t p = 0; p < pixels; ++p) planes[at + p] = end(T(square[i][p]), at + p, c + i);
            }
        }
    }
}

}  // namespace minicnn::TARGET
