// Step 4 of the ladder, gradient of the weights: each is a dot product of two planes,
//
//     grad_w[co, k] = sum over images and positions q of  grad_y[n, co, q] * strip[offset[k] + q]
//
// so vector lanes run over positions, both operands are read as they lie, and a tile holds the running sums of
// some channels and some kernel cells, a vector each. The lanes are added up once, at the end. Right for the fewest
// channels: the sums of all pairs (co, k) must stay in cache from one strip to the next. With more output channels
// lanes run over those (step4_outer_weight.hpp), with more input channels over a kernel row (step4_channels_weight.hpp).
//
// The images are cut into chunks whose number follows from the shape; each has sums of its own, added in order.
#pragma once

#include "conv2d/step4_channels_weight.hpp"
#include "conv2d/step4_outer_weight.hpp"
#include "conv2d/step4_strip.hpp"

namespace minicnn::TARGET::strip {

constexpr int tile_channels = VECTOR_REGISTERS == 32 ? 8 : 4;  // x tile_taps vectors of sums, which stay in registers
constexpr int tile_taps = VECTOR_REGISTERS == 32 ? 3 : 2;
constexpr index_t max_chunks = 8;
constexpr index_t sums_limit = 8192;    // values of sums that stay in L1: 32 KB of floats
constexpr index_t dot_positions = 384;  // of a strip: its copies, rows of grad_y and the sums they meet fit in L1

/// sums[i][j] += grad_y[i * y_stride + q] * x[offset[j] + q], lane by lane, over q < count; zeros follow in grad_y.
template <class T, int MC, int MT>
void dot_tile(index_t count, const T* grad_y, index_t y_stride, const T* x, const index_t* offset,
              T* sums, index_t sums_stride) {
    constexpr index_t L = lanes<T>;
    Vec<T> sum[MC][MT];
    const T* cell[MT];
    MINICNN_UNROLL
    for (int j = 0; j < MT; ++j) cell[j] = x + offset[j];
    MINICNN_UNROLL
    for (int i = 0; i < MC; ++i)
        MINICNN_UNROLL
        for (int j = 0; j < MT; ++j) sum[i][j] = load(sums + i * sums_stride + j * L);
    index_t q = 0;
    for (; q + L <= count; q += L) {
        Vec<T> v[MT];
        MINICNN_UNROLL
        for (int j = 0; j < MT; ++j) v[j] = load(cell[j] + q);
        MINICNN_UNROLL
        for (int i = 0; i < MC; ++i) {
            Vec<T> g = load(grad_y + i * y_stride + q);
            load_once<T>(g);
            MINICNN_UNROLL
            for (int j = 0; j < MT; ++j) sum[i][j] += g * v[j];
        }
    }
    if (q < count) {
        MINICNN_UNROLL
        for (int j = 0; j < MT; ++j) {
            const Vec<T> v = keep_lanes<T>(load(cell[j] + q), 0, count - q);
            MINICNN_UNROLL
            for (int i = 0; i < MC; ++i) sum[i][j] += load(grad_y + i * y_stride + q) * v;
        }
    }
    MINICNN_UNROLL
    for (int i = 0; i < MC; ++i)
        MINICNN_UNROLL
        for (int j = 0; j < MT; ++j) store(sums + i * sums_stride + j * L, sum[i][j]);
}

template <class T>
using DotTile = void (*)(index_t, const T*, index_t, const T*, const index_t*, T*, index_t);
template <class T, int MT, int... MC>
inline DotTile<T> dot_tile_of(index_t channels, std::integer_sequence<int, MC...>) {
    static constexpr DotTile<T> by_channels[] = {dot_tile<T, MC + 1, MT>...};
    return by_channels[channels - 1];
}
template <class T>
inline DotTile<T> dot_tile_of(index_t channels, index_t taps) {
    constexpr auto all = std::make_integer_sequence<int, tile_channels>{};
    if (taps == 1) return dot_tile_of<T, 1>(channels, all);
    if (taps == 2) return dot_tile_of<T, 2>(channels, all);
    return dot_tile_of<T, tile_taps>(channels, all);
}

/// Rows of grad_y beside each other, each with zeros up to a whole vector: in memory they are a plane apart, often a
/// power of two, and would drive each other out of the few places that a cache has for such addresses.
template <class T>
void copy_rows(const T* grad_y, index_t plane, index_t rows, index_t count, T* to, index_t stride) {
    for (index_t i = 0; i < rows; ++i) {
        copy(grad_y + i * plane, count, to + i * stride);
        fill_zero(to + i * stride + count, stride - count);
    }
}

/// Values from one of those rows to the next: an odd number of vectors.
template <class T>
index_t row_stride(index_t count) {
    return (blocks_of(count, lanes<T>) | 1) * lanes<T>;
}

/// Add one strip of one image and group to `sums` (C_out of the group, taps, lanes).
template <class T>
void add_strip(const StripPlan& plan, index_t count, const T* grad_y, const T* x, const index_t* offset, T* rows,
               T* sums) {
    constexpr index_t L = lanes<T>;
    const index_t C_out = plan.s.C_out / plan.s.groups, taps = plan.s.taps(), plane = plan.s.positions();
    const index_t MC = blocks_of(C_out, blocks_of(C_out, tile_channels)), stride = row_stride<T>(count);
    PacedPoll poll;
    for (index_t co = 0; co < C_out; co += MC) {
        poll.after(MC * taps * count);
        const index_t channels = min(MC, C_out - co);
        copy_rows(grad_y + co * plane, plane, channels, count, rows, stride);
        for (index_t k = 0; k < taps; k += tile_taps)
            dot_tile_of<T>(channels, min<index_t>(tile_taps, taps - k))(
                count, rows, stride, x, offset + k, sums + (co * taps + k) * L, taps * L);
    }
}

template <class T>
void backward_weight(const Conv2dShape& s, const T* grad_y, const T* x, T* grad_w) {
    if (channels::fits<T>(s)) return channels::backward_weight(s, grad_y, x, grad_w);
    if (outer::fits<T>(s) && s.C_out / s.groups * s.taps() * lanes<T> > sums_limit) return outer::backward_weight(s, grad_y, x, grad_w);
    constexpr index_t L = lanes<T>;
    const StripPlan plan(s, dot_positions);
    const StripPacker<T> packer(plan);
    const int workers = num_threads();
    const index_t C_out = s.C_out / s.groups, taps = s.taps(), size = s.C_out * taps;
    const index_t chunks = min(s.N, max_chunks), strip_size = plan.template size<T>() + L;
    const Workspace<T> sums(chunks * size * L);
    const PerWorker<T> packed(workers, strip_size);
    const index_t room = tile_channels * row_stride<T>(plan.rows * s.W_out);
    const PerWorker<T> rows(workers, room);
    const Workspace<index_t> offset(taps);
    plan.fill_offsets(offset.data());

    parallel_for(chunks * s.groups, workers, [&](index_t task, int worker) {
        const index_t chunk = task / s.groups, g = task % s.groups;
        T* const mine = sums.data() + (chunk * s.C_out + g * C_out) * taps * L;
        fill_zero(mine, C_out * taps * L);
        PacedPoll poll;
        for (index_t n = s.N * chunk / chunks; n < s.N * (chunk + 1) / chunks; ++n)
        for (index_t strip = 0; strip < plan.strips(); ++strip) {
            poll.after(C_out * taps * dot_positions);
            T* const b = packed[worker];
            packer.pack(x, n, g, strip, b);
            const T* const gy = grad_y + (n * s.C_out + g * C_out) * s.positions() + strip * plan.rows * s.W_out;
            add_strip(plan, plan.rows_of(strip) * s.W_out, gy, b, offset.data(), rows[worker], mine);
        }
    });
    constexpr index_t block = 256;
    parallel_for(blocks_of(size, block), workers, [&](index_t task, int) {
        for (index_t i = task * block; i < min(size, (task + 1) * block); ++i) {
            double total = 0;
            for (index_t chunk = 0; chunk < chunks; ++chunk)
            for (index_t lane = 0; lane < L; ++lane) total += double(sums.data()[(chunk * size + i) * L + lane]);
            grad_w[i] = T(total);
        }
    });
}

}  // namespace minicnn::TARGET::strip
