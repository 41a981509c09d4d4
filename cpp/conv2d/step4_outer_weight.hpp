// Step 4 of the ladder, gradient of the weights where the output channels fill vectors but a kernel row does not: the
// first layer of most networks, with 1 or 3 input channels.
//
// At each output position the pixels under the kernel cells meet the position's gradients, every one with every one:
//
//     sums[k, co] += strip[offset[k] + q] * grad_y[q, co]      q: all positions of a strip
//
// so with grad_y in channels-last order vector lanes run over output channels, a pixel is a broadcast value, and a tile
// of some kernel cells and some vectors of channels keeps its sums in registers for a whole strip.
//
// The images are cut into chunks whose number follows from the shape; each has sums of its own, added in order.
#pragma once

#include "buffers.hpp"
#include "conv2d/channels_last.hpp"
#include "conv2d/step3_tiled_weight.hpp"
#include "conv2d/strip.hpp"
#include "gemm/microkernel.hpp"
#include "parallel.hpp"

namespace minicnn::TARGET::outer {

constexpr index_t strip_positions = 256;  // of a panel of grad_y, which stays in L1 for all kernel cells
constexpr index_t max_chunks = 8;
constexpr int tile_vecs = 2;  // and max_rows cells: with 8 x 2 sums, 8 addresses of pixels still fit the registers

/// sums[i][j] += x[offset[i] + q] * grad_y[q][j] over q < count; a panel's lines are `width` values apart.
template <class T, int MR, int NV>
void outer_tile(index_t count, const T* x, const index_t* offset, const T* grad_y, T* sums) {
    constexpr index_t L = lanes<T>, width = tile_vecs * L;
    const T* pixel[MR];
    Vec<T> sum[MR][NV];
    MINICNN_UNROLL
    for (int i = 0; i < MR; ++i) {
        pixel[i] = x + offset[i];
        MINICNN_UNROLL
        for (int j = 0; j < NV; ++j) sum[i][j] = load(sums + i * width + j * L);
    }
    for (index_t q = 0; q < count; ++q, grad_y += width) {
        Vec<T> line[NV];
        MINICNN_UNROLL
        for (int j = 0; j < NV; ++j) line[j] = load(grad_y + j * L);
        MINICNN_UNROLL
        for (int i = 0; i < MR; ++i) {
            const Vec<T> value = splat(pixel[i][q]);
            MINICNN_UNROLL
            for (int j = 0; j < NV; ++j) sum[i][j] += value * line[j];
        }
    }
    MINICNN_UNROLL
    for (int i = 0; i < MR; ++i)
        MINICNN_UNROLL
        for (int j = 0; j < NV; ++j) store(sums + i * width + j * L, sum[i][j]);
}

template <class T>
using OuterTile = void (*)(index_t, const T*, const index_t*, const T*, T*);
template <class T, int... MR>
inline OuterTile<T> outer_tile_of(index_t cells, index_t vecs, std::integer_sequence<int, MR...>) {
    static constexpr OuterTile<T> by_size[tile_vecs][max_rows] = {{outer_tile<T, MR + 1, 1>...},
                                                                  {outer_tile<T, MR + 1, 2>...}};
    return by_size[vecs - 1][cells - 1];
}

/// Add one strip of `count` positions, packed in x, to the sums (panels, taps, panel width) of some channels; panel has
/// room for as many lines of grad_y.
template <class T>
void add_strip(index_t taps, index_t channels, index_t count, const T* grad_y, index_t plane, const index_t* turn,
               const T* x, const index_t* offset, T* panel, T* sums) {
    constexpr index_t L = lanes<T>, width = tile_vecs * L;
    const index_t cells = tile_rows(taps);
    PacedPoll poll;
    for (index_t o = 0; o < channels; o += width) {
        poll.after(width * taps * count);
        const index_t now = min(width, channels - o);
        to_channels_last(grad_y + o * plane, plane, now, 0, count, turn, panel);
        for (index_t k = 0; k < taps; k += cells)
            outer_tile_of<T>(min(cells, taps - k), blocks_of(now, L), std::make_integer_sequence<int, max_rows>{})(
                count, x, offset + k, panel, sums + (o / width * taps + k) * width);
    }
}

template <class T>
void backward_weight(const Conv2dShape& s, const T* grad_y, const T* x, T* grad_w) {
    const StripPlan plan(s, strip_positions);
    const StripPacker<T> packer(plan);
    const int workers = num_threads();
    constexpr index_t width = tile_vecs * lanes<T>;
    const index_t C_out = s.C_out / s.groups, taps = s.taps(), size = taps * round_up(C_out, width);
    const index_t chunks = min(s.N, max_chunks), strip_size = plan.template size<T>(), plane = s.positions();
    const index_t positions = plan.rows * s.W_out;
    const Workspace<T> sums(chunks * s.groups * size);
    const PerWorker<T> packed(workers, strip_size), panels(workers, positions * width);
    const Workspace<index_t> offset(taps), turn(positions);
    plan.fill_offsets(offset.data());
    fill_offsets(positions, positions, positions, width, turn.data());

    parallel_for(chunks * s.groups, workers, [&](index_t task, int worker) {
        const index_t chunk = task / s.groups, g = task % s.groups;
        T* const mine = sums.data() + task * size;
        T* const strip_x = packed[worker];
        T* const panel = panels[worker];
        fill_zero(mine, size);
        PacedPoll poll;
        for (index_t n = s.N * chunk / chunks; n < s.N * (chunk + 1) / chunks; ++n)
        for (index_t strip = 0; strip < plan.strips(); ++strip) {
            const index_t count = plan.rows_of(strip) * s.W_out;
            poll.after(C_out * taps * count);
            packer.pack(x, n, g, strip, strip_x);
            add_strip(taps, C_out, count, grad_y + (n * s.C_out + g * C_out) * plane + strip * positions, plane,
                      turn.data(), strip_x, offset.data(), panel, mine);
        }
    });
    parallel_for(s.C_out, workers, [&](index_t co, int) {
        const index_t g = co / C_out, o = co % C_out;
        for (index_t k = 0; k < taps; ++k) {
            double total = 0;
            for (index_t chunk = 0; chunk < chunks; ++chunk)
                total += double(sums.data()[(chunk * s.groups + g) * size + (o / width * taps + k) * width + o % width]);
            grad_w[co * taps + k] = T(total);
        }
    });
}

/// Whether lanes over output channels serve this shape, and lose at most a quarter of the lanes.
template <class T>
bool fits(const Conv2dShape& s) {
    const index_t C_out = s.C_out / s.groups;
    return s.N > 0 && 4 * C_out >= 3 * round_up(C_out, lanes<T>);
}

}  // namespace minicnn::TARGET::outer
