// Step 4 of the ladder, where output channels fill whole vectors: nothing is packed.
//
// The tile the other way round. Lanes run over output channels: for each tap, a vector of weights is loaded, and each
// of some pixels, from wherever it lies, is broadcast and multiplied by it:
//
//     tile[q][co] = sum over k of  x[offset[k] + place[q]] * weight[k][co]
//
// So a stride costs nothing and no width of the image leaves a lane empty. Only a padded image is copied, once, with
// zeros around it. The price is that a tile comes out channels-last: it is turned into planes in registers, which
// takes about as long as 30 taps.
//
// The sums have the order of strips, so a shape's bits are the same by either way.
// Source: Georganas et al., "Anatomy of High-Performance Deep Learning Convolutions on SIMD Architectures", SC 2018.
#pragma once

#include "buffers.hpp"
#include "conv2d/channels_last.hpp"
#include "conv2d/kernels.hpp"
#include "conv2d/shape.hpp"
#include "gemm/microkernel.hpp"
#include "gemm/pack.hpp"
#include "parallel.hpp"

namespace minicnn::TARGET::broadcast {

/// Whole vectors of output channels, two at least (with one, a tile waits for its loads); sums long enough to outweigh the
/// turn, and so many copies of a pixel in a strip that it costs more. (Padding is negative in a gradient of x that leaves
/// a border of grad_y out.)
template <class T>
bool fits(const Conv2dShape& s) {
    const index_t C_out = s.C_out / s.groups, copies = s.C_in / s.groups * s.K_w;
    const bool pays = s.taps() >= 64 && 2 * copies >= C_out && s.K_h * s.K_w > 1;
    return C_out % lanes<T> == 0 && C_out > lanes<T> && pays && s.padding[0] >= 0 && s.padding[1] >= 0;
}

/// Some rows of y of one image, and the rows of x they need: `rows` at a time.
struct Cut {
    explicit Cut(const Conv2dShape& shape)
        : s(shape), C(s.C_in / s.groups), C_out(s.C_out / s.groups),
          in_place(s.padding[0] == 0 && s.padding[1] == 0), pitch(s.W_in + s.padding[1]),
          rows(blocks_of(s.H_out, blocks_of(s.H_out, max<index_t>(1, positions_wanted() / s.W_out)))),
          plane(in_place ? s.H_in * s.W_in : x_rows(rows) * pitch) {}

    const Conv2dShape& s;
    const index_t C, C_out;  // channels of a group
    const bool in_place;     // without padding, pixels are read where they lie
    const index_t pitch;     // from a row to the next: zeros right of a row are those left of the next one
    const index_t rows, plane;

    index_t strips() const { return blocks_of(s.H_out, rows); }
    index_t x_rows(index_t y_rows) const { return (y_rows - 1) * s.stride[0] + s.dilation[0] * (s.K_h - 1) + 1; }
    index_t x_size() const { return C * plane + s.padding[1]; }
    index_t y_size() const { return rows * s.W_out * C_out; }
    /// The pixel under the first tap at position q of a strip.
    index_t place(index_t q) const { return q / s.W_out * s.stride[0] * pitch + q % s.W_out * s.stride[1]; }

private:
    /// As many as stay in cache with their pixels (128 KB of floats) and leave a batch at least 16 tasks.
    index_t positions_wanted() const {
        constexpr index_t values = 32768, tasks = 16, least = 64;
        const index_t each = C * s.stride[0] * s.stride[1] + C_out;
        return max(least, min(values / each, s.N * s.groups * s.positions() / tasks));
    }
};

/// Rows [first, first + count) of a plane of x, which may lie outside, between zeros; those left of each row and after
/// the last are there already.
template <class T>
void copy_padded(const Cut& cut, const T* plane, index_t first, index_t count, T* to) {
    constexpr index_t L = lanes<T>;
    const index_t W = cut.s.W_in, begin = min(count, max<index_t>(0, -first));
    const index_t end = max(begin, min(count, cut.s.H_in - first));
    if (begin > 0) fill_zero(to, begin * cut.pitch);
    if (end < count) fill_zero(to + end * cut.pitch, (count - end) * cut.pitch);
    const T* from = plane + (first + begin) * W;
    T* row = to + begin * cut.pitch + cut.s.padding[1];
    for (index_t u = begin; u < end; ++u, from += W, row += cut.pitch) {
        for (index_t i = 0; i + L < W; i += L) store(row + i, load(from + i));
        if (W >= L)
            store(row + W - L, load(from + W - L));  // overlaps the one before it
        else
            for (index_t i = 0; i < W; ++i) row[i] = from[i];
    }
}

/// What threads share: weights as the right operand of tiles, (group, panel of channels, tap, channel), and tables.
template <class T>
struct Prepared {
    Prepared(const Conv2dShape& s, const T* w)
        : cut(s), vecs(cut.C_out / lanes<T>), panel_vecs(blocks_of(vecs, blocks_of(vecs, max_vecs))),
          weights(s.C_out * s.taps()), offset(s.taps()), place(cut.rows * s.W_out), turn(cut.rows * s.W_out) {
        const index_t taps = s.taps();
        for (index_t g = 0; g < s.groups; ++g)
        for (index_t v = 0; v < vecs; v += panel_vecs) {
            const index_t first = g * cut.C_out + v * lanes<T>, width = vecs_from(v) * lanes<T>;
            pack(w + first * taps, taps, 1, width, taps, weights.data() + first * taps, width);
        }
        index_t* next = offset.data();
        for (index_t c = 0; c < cut.C; ++c)
        for (index_t kh = 0; kh < s.K_h; ++kh)
        for (index_t kw = 0; kw < s.K_w; ++kw)
            *next++ = c * cut.plane + kh * s.dilation[0] * cut.pitch + kw * s.dilation[1];
        for (index_t q = 0; q < cut.rows * s.W_out; ++q) {
            place.data()[q] = cut.place(q);
            turn.data()[q] = q * cut.C_out;
        }
    }
    index_t vecs_from(index_t v) const { return min(panel_vecs, vecs - v); }

    const Cut cut;
    const index_t vecs, panel_vecs;  // of a group's output channels, and of those that a tile has
    const Workspace<T> weights;
    const Workspace<index_t> offset, place, turn;  // of taps and pixels in x; of pixels in a channels-last strip of y
};

/// `pixels` positions of y, channels-last.
template <class T>
void convolve(const Prepared<T>& p, index_t g, index_t pixels, const T* x, T* y) {
    constexpr index_t L = lanes<T>;
    const index_t taps = p.cut.s.taps(), C_out = p.cut.C_out;
    PacedPoll poll;
    for (index_t v = 0; v < p.vecs; v += p.panel_vecs) {
        const index_t now = p.vecs_from(v), width = now * L;
        const T* const weights = p.weights.data() + (g * C_out + v * L) * taps;
        for (index_t q = 0; q < pixels; q += max_rows) {
            const index_t rows = min<index_t>(max_rows, pixels - q);
            tile_of<T, Scattered<T>, Lines<T>, StoreOnly<T>>(rows, now)(
                taps, {x, p.offset.data(), p.place.data() + q}, {weights, width}, y + q * C_out + v * L, C_out, {});
            poll.after(rows * width * taps);
        }
    }
}

template <class T>
void forward(const Conv2dShape& s, const T* x, const T* w, const Epilogue<T>& epilogue, T* y) {
    const Prepared<T> p(s, w);
    const Cut& cut = p.cut;
    const int workers = num_threads();
    const index_t strips = cut.strips(), image = s.H_in * s.W_in, plane = s.positions();
    const PerWorker<T> padded(workers, cut.in_place ? 0 : cut.x_size()), turned(workers, cut.y_size());
    for (int i = 0; !cut.in_place && i < workers; ++i) fill_zero(padded[i], cut.x_size());
    const bool only_sums = !epilogue.bias && !epilogue.mean && !epilogue.residual && !epilogue.relu;

    parallel_for(s.N * s.groups * strips, workers, [&](index_t task, int worker) {
        const index_t image_group = task / strips, g = image_group % s.groups;
        const index_t first = task % strips * cut.rows, rows = min(cut.rows, s.H_out - first);
        const index_t hi = first * s.stride[0] - s.padding[0];
        const T* const planes = x + image_group * cut.C * image;
        for (index_t c = 0; !cut.in_place && c < cut.C; ++c)
            copy_padded(cut, planes + c * image, hi, cut.x_rows(rows), padded[worker] + c * cut.plane);
        convolve(p, g, rows * s.W_out, cut.in_place ? planes + hi * s.W_in : padded[worker], turned[worker]);
        const index_t at = image_group * cut.C_out * plane + first * s.W_out;
        const auto turn = [&](const auto& end) {
            from_channels_last(turned[worker], p.turn.data(), plane, cut.C_out, 0, rows * s.W_out, y + at, end);
        };
        if (only_sums)
            turn(AsItIs{});
        else
            turn(Finish<T>(epilogue, g * cut.C_out, at));
    });
}

}  // namespace minicnn::TARGET::broadcast
