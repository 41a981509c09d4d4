// Step 4 of the ladder: fewer copies. The pixels come from strips (strip.hpp) and not from im2col panels.
//
// What changed since step 3: a pixel is copied K_w times and not K_h * K_w times, and for a 1x1 kernel not at
// all, which is what decides where few channels leave little arithmetic for each copy. The micro-kernel reads
// row k of its right operand at offset[k] from the positions, whatever the packing is.
//
//     forward           each strip: pack it; all tiles of (channels x positions)
//     backward_input    stride 1: forward of grad_y with the kernels turned by 180 degrees; else step 3
//
// Cost: the same flops. A strip is one image's, so very small maps leave lanes empty: those stay with step 3.
#pragma once

#include "buffers.hpp"
#include "conv2d/kernels.hpp"
#include "conv2d/step3_tiled.hpp"
#include "conv2d/strip.hpp"
#include "gemm/microkernel.hpp"
#include "parallel.hpp"

namespace minicnn::TARGET::strip {

constexpr index_t strip_positions = 192;  // 12 vectors of AVX-512: four tiles of three

/// Columns [0, columns) of `rows` rows of y, from scattered lines. The last vector overlaps the one before it.
template <class T>
void row_of_tiles(index_t rows, index_t columns, index_t K, const T* a, const T* b, const index_t* offset, T* y,
                  index_t y_stride, const TileEnd<T>& end) {
    constexpr index_t L = lanes<T>;
    using B = ScatteredLines<T>;
    if (columns < L) {
        alignas(64) T whole[max_rows * L];
        tile_of<T, Layout::columns, B>(rows, 1)(K, a, rows, {b, offset}, whole, L, end);
        for (index_t i = 0; i < rows; ++i) copy(whole + i * L, columns, y + i * y_stride);
        return;
    }
    const index_t vecs = blocks_of(columns, L);
    for (index_t v = 0, now; v < vecs; v += now) {
        const index_t left = vecs - v;
        now = min(left == max_vecs + 1 ? 2 : min<index_t>(left, max_vecs), columns / L);
        const index_t at = v + now == vecs ? columns - now * L : v * L;
        tile_of<T, Layout::columns, B>(rows, now)(K, a, rows, {b + at, offset}, y + at, y_stride, end);
    }
}

template <class T>
void forward(const Conv2dShape& s, const T* x, const T* w, const Epilogue<T>& epilogue, T* y) {
    const StripPlan plan(s, strip_positions);
    const int workers = num_threads();
    const index_t C_out = s.C_out / s.groups, taps = s.taps(), MR = tile_rows(C_out), strips = plan.strips();
    const index_t strip_size = plan.template size<T>();
    // room for a vector past the last strip, which a tile with fewer positions than a vector may read
    const Workspace<T> weights(s.C_out * taps), packed(workers * strip_size + lanes<T>);
    const Workspace<index_t> offset(taps);
    plan.fill_offsets(offset.data());
    for (index_t g = 0; g < s.groups; ++g)
        tiled::pack_rows(w + g * C_out * taps, taps, 1, C_out, taps, weights.data() + g * C_out * taps);

    parallel_for(s.N * s.groups * strips, workers, [&](index_t task, int worker) {
        const index_t n = task / (s.groups * strips), g = task / strips % s.groups, strip = task % strips;
        const T* const b = pack_strip(plan, x, n, g, strip, packed.data() + worker * strip_size);
        const index_t columns = plan.rows_of(strip) * s.W_out;
        for (index_t m = 0; m < C_out; m += MR) {
            const index_t channel = g * C_out + m;
            const TileEnd<T> end{epilogue.bias ? epilogue.bias + channel : nullptr, false, epilogue.relu};
            row_of_tiles(min(MR, C_out - m), columns, taps, weights.data() + (g * C_out + m) * taps, b, offset.data(),
                         y + (n * s.C_out + channel) * s.positions() + strip * plan.rows * s.W_out, s.positions(), end);
        }
    });
}

template <class T>
void backward_input(const Conv2dShape& s, const T* grad_y, const T* w, T* grad_x) {
    if (s.stride[0] != 1 || s.stride[1] != 1) return tiled::backward_input(s, grad_y, w, grad_x);
    const Workspace<T> turned(s.C_out * s.taps());
    tiled::turn_weights(s, w, turned.data());
    forward(tiled::turned_shape(s), grad_y, turned.data(), Epilogue<T>{}, grad_x);
}

}  // namespace minicnn::TARGET::strip
