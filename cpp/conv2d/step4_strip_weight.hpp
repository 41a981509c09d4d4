// Step 4 of the ladder, gradient of the weights: each is a dot product of two planes,
//
//     grad_w[co, k] = sum over images and positions q of  grad_y[n, co, q] * strip[offset[k] + q]
//
// so vector lanes run over positions, both operands are read as they lie, and a tile holds the running sums of
// some channels and some kernel cells, a vector each. The lanes are added up once, at the end. Right for the fewest
// channels: the sums of all pairs (co, k) are loaded and stored once for each strip. With more output channels, on
// smaller maps, lanes run over those (step4_outer_weight.hpp), with more input channels over a kernel row
// (step4_channels_weight.hpp).
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
constexpr index_t dot_positions = 1024;  // of a strip, whose copies and rows of grad_y are read from L2

/// sums[i][j] += grad_y[i * y_stride + q] * x[offset[j] + q], lane by lane, over q < count. Where count is less than a
/// vector, a vector is read nevertheless.
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
    if (q < count) {  // the last vector overlaps the one before it, whose lanes count no second time
        const index_t at = max<index_t>(0, count - L);
        MINICNN_UNROLL
        for (int j = 0; j < MT; ++j) {
            const Vec<T> v = keep_lanes<T>(load(cell[j] + at), q - at, count - at);
            MINICNN_UNROLL
            for (int i = 0; i < MC; ++i)
                sum[i][j] += keep_lanes<T>(load(grad_y + i * y_stride + at), q - at, count - at) * v;
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

/// How many lanes of sums pay: as many as stay in L1 (32 KB of floats), or more where a long strip is added to each.
inline index_t most_sums(const Conv2dShape& s) { return max<index_t>(8192, 32 * min(s.positions(), dot_positions)); }

/// Add one strip of one image and group to `sums` (C_out of the group, taps, lanes).
template <class T>
void add_strip(const StripPlan& plan, index_t count, const T* grad_y, const T* x, const index_t* offset, T* sums) {
    constexpr index_t L = lanes<T>;
    const index_t C_out = plan.s.C_out / plan.s.groups, taps = plan.s.taps(), plane = plan.s.positions();
    const index_t MC = blocks_of(C_out, blocks_of(C_out, tile_channels));
    PacedPoll poll;
    for (index_t co = 0; co < C_out; co += MC) {
        poll.after(MC * taps * count);
        const index_t channels = min(MC, C_out - co);
        alignas(64) T rows[tile_channels * L];  // where a vector from grad_y could reach past its end
        for (index_t i = 0; i < channels && count < L; ++i) copy(grad_y + (co + i) * plane, count, rows + i * L);
        for (index_t k = 0; k < taps; k += tile_taps)
            dot_tile_of<T>(channels, min<index_t>(tile_taps, taps - k))(
                count, count < L ? rows : grad_y + co * plane, count < L ? L : plane, x, offset + k,
                sums + (co * taps + k) * L, taps * L);
    }
}

template <class T>
void backward_weight(const Conv2dShape& s, const T* grad_y, const T* x, T* grad_w) {
    if (channels::fits<T>(s)) return channels::backward_weight(s, grad_y, x, grad_w);
    constexpr index_t L = lanes<T>;
    if (outer::fits<T>(s) && s.C_out / s.groups * s.taps() * L > most_sums(s))
        return outer::backward_weight(s, grad_y, x, grad_w);
    const StripPlan plan(s, dot_positions);
    const StripPacker<T> packer(plan);
    const int workers = num_threads();
    const index_t C_out = s.C_out / s.groups, taps = s.taps(), size = s.C_out * taps;
    const index_t chunks = min(s.N, max_chunks), strip_size = plan.template size<T>() + L;
    const Workspace<T> sums(chunks * size * L);
    const PerWorker<T> packed(workers, strip_size);
    const Workspace<index_t> offset(taps);
    plan.fill_offsets(offset.data());

    parallel_for(chunks * s.groups, workers, [&](index_t task, int worker) {
        const index_t chunk = task / s.groups, g = task % s.groups;
        T* const mine = sums.data() + (chunk * s.C_out + g * C_out) * taps * L;
        fill_zero(mine, C_out * taps * L);
        PacedPoll poll;
        for (index_t n = s.N * chunk / chunks; n < s.N * (chunk + 1) / chunks; ++n)
        for (index_t strip = 0; strip < plan.strips(); ++strip) {
            poll.after(C_out * taps * plan.rows * s.W_out);
            T* const b = packed[worker];
            packer.pack(x, n, g, strip, b);
            const T* const gy = grad_y + (n * s.C_out + g * C_out) * s.positions() + strip * plan.rows * s.W_out;
            add_strip(plan, plan.rows_of(strip) * s.W_out, gy, b, offset.data(), mine);
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
