// Step 4 of the ladder: fewer copies. The pixels come from strips (strip.hpp) and not from im2col panels.
//
// What changed since step 3: a pixel is copied K_w times and not K_h * K_w times, which is what decides where few
// channels leave little arithmetic for each copy. The micro-kernel reads row k of its right operand at offset[k]
// from the positions, whatever the packing is.
//
//     forward           each strip: pack it; all tiles of (channels x positions)
//     backward_input    forward of grad_y with the kernels turned by 180 degrees (step4_strip_input.hpp)
//     backward_weight   dot products of strips with grad_y (step4_strip_weight.hpp)
//
// Cost: the same flops. A strip is one image's, so very small maps leave lanes empty: those stay with step 3.
#pragma once

#include "buffers.hpp"
#include "conv2d/kernels.hpp"
#include "conv2d/step3_tiled.hpp"
#include "conv2d/step4_broadcast.hpp"
#include "conv2d/strip.hpp"
#include "gemm/microkernel.hpp"
#include "parallel.hpp"

namespace minicnn::TARGET::strip {

/// Output positions of a strip. Rows at a strip's border are packed twice, so few channels take long strips: as long as
/// their copies stay in cache (128 KB of floats) and leave a batch at least 16 tasks, which the threads share.
inline index_t strip_positions(const Conv2dShape& s) {
    constexpr index_t values = 32768, tasks = 16, least = 256, most = 1024;
    const index_t copies = s.C_in / s.groups * s.K_w * min(s.stride[0], s.K_h);  // of a position, about
    return max(least, min(most, min(values / copies, s.N * s.groups * s.positions() / tasks)));
}

/// Columns [0, columns) of `rows` rows of y, from scattered lines. The last vector overlaps the one before it.
template <class T>
void row_of_tiles(index_t rows, index_t columns, index_t K, const T* a, const T* b, const index_t* offset, T* y,
                  index_t y_stride, const TileEnd<T>& end) {
    constexpr index_t L = lanes<T>;
    using B = ScatteredLines<T>;
    if (columns < L) {
        alignas(64) T whole[max_rows * L], residual[max_rows * L];
        tile_of<T, Columns<T>, B>(rows, 1)(K, {a, rows}, {b, offset}, whole, L,
                                          buffered(end, rows, columns, y, y_stride, whole, L, residual));
        for (index_t i = 0; i < rows; ++i) copy(whole + i * L, columns, y + i * y_stride);
        return;
    }
    const index_t vecs = blocks_of(columns, L);
    for (index_t v = 0, now; v < vecs; v += now) {
        const index_t left = vecs - v;
        now = min(left == max_vecs + 1 ? 2 : min<index_t>(left, max_vecs), columns / L);
        const index_t at = v + now == vecs ? columns - now * L : v * L;
        tile_of<T, Columns<T>, B>(rows, now)(K, {a, rows}, {b + at, offset}, y + at, y_stride, end);
    }
}

/// What one convolution by strips needs besides its arrays: packed weights and the table of offsets.
template <class T>
struct Prepared {
    Prepared(const Conv2dShape& s, const T* w)
        : plan(s, strip_positions(s)), in_place(plan.template in_place<T>()),
          packer(plan), weights(s.C_out * s.taps()), offset(s.taps()) {
        const index_t C_out = s.C_out / s.groups, taps = s.taps();
        plan.fill_offsets(offset.data());
        for (index_t c = 0; in_place && c < plan.C; ++c) offset.data()[c] = c * s.positions();
        for (index_t g = 0; g < s.groups; ++g)
            tiled::pack_rows(w + g * C_out * taps, taps, 1, C_out, taps, weights.data() + g * C_out * taps);
    }
    const StripPlan plan;
    const bool in_place;  // a 1x1 convolution reads the planes of x where they lie
    const StripPacker<T> packer;
    const Workspace<T> weights;
    const Workspace<index_t> offset;
};

/// One strip of group g of image n, into planes of `y_plane` values that begin at `y` (that group's and image's), in an
/// array that begins at `origin`, like the epilogue's residual.
template <class T>
void convolve_strip(const Prepared<T>& p, const T* x, index_t n, index_t g, index_t strip, T* packed,
                    const Epilogue<T>& epilogue, const T* origin, T* y, index_t y_plane) {
    const Conv2dShape& s = p.plan.s;
    const index_t C_out = s.C_out / s.groups, taps = s.taps(), MR = tile_rows(C_out);
    const T* pixels = packed;
    if (p.in_place)
        pixels = x + (n * s.C_in + g * p.plan.C) * s.positions() + strip * p.plan.rows * s.W_out;
    else
        p.packer.pack(x, n, g, strip, packed);
    const index_t count = p.plan.rows_of(strip) * s.W_out;
    PacedPoll poll;
    for (index_t m = 0; m < C_out; m += MR) {
        row_of_tiles(min(MR, C_out - m), count, taps, p.weights.data() + (g * C_out + m) * taps, pixels,
                     p.offset.data(), y + m * y_plane + strip * p.plan.rows * s.W_out, y_plane,
                     tiled::tile_end(epilogue, g * C_out + m, origin));
        poll.after(MR * count * taps);
    }
}

template <class T>
void forward(const Conv2dShape& s, const T* x, const T* w, const Epilogue<T>& epilogue, T* y) {
    if (broadcast::fits<T>(s)) return broadcast::forward(s, x, w, epilogue, y);
    const Prepared<T> p(s, w);
    const int workers = num_threads();
    const index_t strips = p.plan.strips(), strip_size = p.plan.template size<T>(), plane = s.positions();
    // a vector more than the last strip, which a tile with fewer positions than a vector may read
    const PerWorker<T> packed(workers, strip_size + lanes<T>);
    parallel_for(s.N * s.groups * strips, workers, [&](index_t task, int worker) {
        const index_t image_group = task / strips, n = image_group / s.groups, g = image_group % s.groups;
        convolve_strip(p, x, n, g, task % strips, packed[worker], epilogue, y,
                       y + image_group * (s.C_out / s.groups) * plane, plane);
    });
}

}  // namespace minicnn::TARGET::strip
