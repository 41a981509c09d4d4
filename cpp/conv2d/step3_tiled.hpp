// Step 3 of the ladder: the matrix product of step 2, whose column matrix never exists.
//
// What changed since step 2: strips of the column matrix are packed straight from the image into the
// panels that the micro-kernel of cpp/gemm reads, used while they are in cache, and forgotten. Positions
// are counted over the whole batch, so small maps fill whole panels. All cores share the strips.
//
//     forward           for each strip of positions: pack its panels, multiply by the packed weights
//     backward_input    stride 1: forward of grad_y with the weights turned by 180 degrees;
//                       else: W^T gY strip by strip, each strip scattered onto the image (col2im)
//     backward_weight   for each chunk of images: gY X^T over its positions; chunks added in order
//
// Cost: the same flops; memory for a few panels for each thread. Every output value is summed in one order
// that follows from the shape, so the number of threads does not change a bit.
#pragma once

#include "buffers.hpp"
#include "conv2d/columns.hpp"
#include "conv2d/kernels.hpp"
#include "gemm/microkernel.hpp"
#include "gemm/pack.hpp"
#include "gemm/watch.hpp"
#include "parallel.hpp"

namespace minicnn::TARGET::tiled {

constexpr index_t tap_chunk = 512;      // kernel cells summed in registers before y is touched
constexpr index_t strip_panels = 4;     // panels packed together: they share the packed weights' trip through L1
constexpr index_t max_image_chunks = 16;  // grad_w is summed in at most so many parts, then over them
constexpr index_t partial_limit = index_t(1) << 22;  // values in all those parts together (16 MB of floats)

/// Pack each tile's rows of a (rows, K) matrix whose row m starts at A[m * stride].
template <class T>
void pack_rows(const T* A, index_t row_stride, index_t col_stride, index_t rows, index_t K, T* to) {
    const index_t MR = tile_rows(rows);
    for (index_t m = 0; m < rows; m += MR) {
        const index_t part = min(MR, rows - m);
        pack(A + m * row_stride, row_stride, col_stride, part, K, to + m * K, part);
    }
}

/// The epilogue as the end of tiles of an array that begins at y, from this channel on.
template <class T>
TileEnd<T> tile_end(const Epilogue<T>& e, index_t channel, const T* y, bool accumulate = false) {
    const auto from = [=](const T* array) { return array ? array + channel : nullptr; };
    return {from(e.bias), accumulate, e.relu, from(e.mean), from(e.scale), from(e.shift), e.residual, y};
}

/// One tile of y: straight to memory where its positions lie in one image, else run by run.
template <class T>
void store_tile(const Conv2dShape& s, index_t channel, index_t rows, const Run* runs, index_t run_count, index_t count,
                index_t K, const T* a, const T* b, TileEnd<T> end, T* y) {
    constexpr index_t NR = panel_width<T>;
    const index_t plane = s.positions();
    const auto at = [&](const Run& r) { return y + (r.n * s.C_out + channel) * plane + r.ho * s.W_out + r.wo; };
    if (runs[0].n == runs[run_count - 1].n)
        return tile_columns(rows, count, K, a, b, NR, at(runs[0]), plane, end);
    alignas(64) T whole[max_rows * NR], residual[max_rows * NR];
    const auto gather = [&](const T* from, T* to) {  // an array like y
        for (index_t i = 0; i < rows; ++i)
            for (index_t r = 0; r < run_count; ++r)
                copy(from + (at(runs[r]) - y) + i * plane, runs[r].length, to + i * NR + runs[r].at);
    };
    if (end.accumulate) gather(y, whole);
    if (end.residual) gather(end.residual, residual), end.residual = residual, end.origin = whole;
    tile_of<T>(rows, blocks_of(count, lanes<T>))(K, {a, rows}, {b, NR}, whole, NR, end);
    for (index_t i = 0; i < rows; ++i)
        for (index_t r = 0; r < run_count; ++r)
            copy(whole + i * NR + runs[r].at, runs[r].length, at(runs[r]) + i * plane);
}

/// y, and `watch(tile)` after each tile of the matrix (C_out, positions of the batch).
template <class T, class Watch>
void watched_forward(const Conv2dShape& s, const T* x, const T* w, const Epilogue<T>& epilogue, T* y,
                     const Watch& watch) {
    constexpr index_t NR = panel_width<T>;
    const int workers = num_threads();
    const index_t C_out = s.C_out / s.groups, taps = s.taps(), MR = tile_rows(C_out);
    const index_t positions = s.N * s.positions(), panels = blocks_of(positions, NR);
    const index_t strips = blocks_of(panels, strip_panels);
    const index_t chunk = blocks_of(taps, blocks_of(taps, tap_chunk)), chunks = blocks_of(taps, chunk);
    const index_t panel_size = chunk * NR, strip_size = strip_panels * panel_size + lanes<T>;
    const Workspace<T> weights(s.C_out * taps);
    const PerWorker<T> columns(workers, strip_size);

    parallel_for(s.groups * chunks, workers, [&](index_t task, int) {
        const index_t g = task / chunks, k0 = task % chunks * chunk, K = min(chunk, taps - k0);
        const index_t first = g * C_out * taps;
        pack_rows(w + first + k0, taps, 1, C_out, K, weights.data() + first + k0 * C_out);
    });
    parallel_for(s.groups * strips, workers, [&](index_t task, int worker) {
        const index_t g = task / strips, first_panel = task % strips * strip_panels;
        const index_t in_strip = min(strip_panels, panels - first_panel);
        T* const strip = columns[worker];
        Run runs[strip_panels][NR];
        index_t run_count[strip_panels], count[strip_panels];
        for (index_t p = 0; p < in_strip; ++p) {
            const index_t p0 = (first_panel + p) * NR;
            count[p] = min(NR, positions - p0);
            run_count[p] = cut_into_runs(s, p0, count[p], runs[p]);
        }
        PacedPoll poll;
        for (index_t k0 = 0; k0 < taps; k0 += chunk) {
            const index_t K = min(chunk, taps - k0);
            poll.after(K * C_out * strip_panels * NR);
            const T* const a = weights.data() + g * C_out * taps + k0 * C_out;
            for (index_t p = 0; p < in_strip; ++p)
                pack_columns(s, x, g, {k0, k0 + K}, runs[p], run_count[p], strip + p * panel_size, NR);
            for (index_t m = 0; m < C_out; m += MR)
            for (index_t p = 0; p < in_strip; ++p) {
                const index_t channel = g * C_out + m;
                const TileEnd<T> end = tile_end(k0 + K == taps ? epilogue : Epilogue<T>{}, channel, y, k0 > 0);
                const WatchedTile<T> t{task, worker, channel, min(MR, C_out - m), (first_panel + p) * NR, count[p], k0, K,
                                       a + m * K, strip + p * panel_size, NR};
                store_tile(s, channel, t.rows, runs[p], run_count[p], count[p], K, t.a, t.b, end, y);
                watch(t);
            }
        }
    });
}

template <class T>
void forward(const Conv2dShape& s, const T* x, const T* w, const Epilogue<T>& epilogue, T* y) {
    watched_forward(s, x, w, epilogue, y, Unwatched{});
}

/// Turn each kernel by 180 degrees and exchange its channels: (C_out, C_in / groups, ...) -> (C_in, C_out / groups, ...).
template <class T>
void turn_weights(const Conv2dShape& s, const T* w, T* turned) {
    const index_t C_out = s.C_out / s.groups, C_in = s.C_in / s.groups, cells = s.K_h * s.K_w;
    for (index_t g = 0; g < s.groups; ++g)
    for (index_t ci = 0; ci < C_in; ++ci)
    for (index_t co = 0; co < C_out; ++co)
    for (index_t k = 0; k < cells; ++k)
        turned[((g * C_in + ci) * C_out + co) * cells + k] = w[((g * C_out + co) * C_in + ci) * cells + cells - 1 - k];
}

/// With stride 1, grad_x[hi] = sum over kh of grad_y[hi + padding - kh * dilation] * w[kh]: a convolution of
/// grad_y, of this shape. Its padding, (K - 1) * dilation - padding, is negative where the forward pass padded
/// further than its kernel reaches; the packing takes that as an offset like any other.
inline Conv2dShape turned_shape(const Conv2dShape& s) {
    Conv2dShape t = s;
    t.C_in = s.C_out, t.H_in = s.H_out, t.W_in = s.W_out;
    t.C_out = s.C_in, t.H_out = s.H_in, t.W_out = s.W_in;
    t.padding = {(s.K_h - 1) * s.dilation[0] - s.padding[0], (s.K_w - 1) * s.dilation[1] - s.padding[1]};
    return t;
}

/// The epilogue that adds an array.
template <class T>
Epilogue<T> adding(const T* onto) {
    Epilogue<T> end;
    end.residual = onto;
    return end;
}

/// That convolution, done by `forward`, one of the steps' forward passes.
template <class T, class Forward>
void backward_input_stride1(const Conv2dShape& s, const T* grad_y, const T* w, const T* onto, T* grad_x,
                            const Forward& forward) {
    const Workspace<T> turned(s.C_out * s.taps());
    turn_weights(s, w, turned.data());
    forward(turned_shape(s), grad_y, turned.data(), adding(onto), grad_x);
}

/// to += from, if there is a `from`.
template <class T>
void add_onto(index_t n, const T* from, T* to) {
    if (!from) return;
    index_t i = 0;
    for (; i + lanes<T> <= n; i += lanes<T>) store(to + i, load(to + i) + load(from + i));
    for (; i < n; ++i) to[i] += from[i];
}

/// Add columns[k][i] to the pixel under kernel cell k at each position i of the runs: the transpose of pack_columns.
template <class T>
void scatter_columns(const Conv2dShape& s, const Run* runs, index_t run_count, const T* columns, index_t width, T* x) {
    for (index_t c = 0; c < s.C_in / s.groups; ++c)
    for (index_t kh = 0; kh < s.K_h; ++kh)
    for (index_t kw = 0; kw < s.K_w; ++kw, columns += width)
    for (index_t r = 0; r < run_count; ++r) {
        const index_t hi = s.input_row(runs[r].ho, kh);
        if (hi < 0 || hi >= s.H_in) continue;
        for (index_t i = 0; i < runs[r].length; ++i) {
            const index_t wi = s.input_col(runs[r].wo + i, kw);
            if (0 <= wi && wi < s.W_in) x[(c * s.H_in + hi) * s.W_in + wi] += columns[runs[r].at + i];
        }
    }
}

template <class T>
void backward_input(const Conv2dShape& s, const T* grad_y, const T* w, const T* onto, T* grad_x) {
    if (s.stride[0] == 1 && s.stride[1] == 1) return backward_input_stride1(s, grad_y, w, onto, grad_x, forward<T>);
    constexpr index_t NR = panel_width<T>;
    const int workers = num_threads();
    const index_t C_out = s.C_out / s.groups, C_in = s.C_in / s.groups, taps = s.taps(), MR = tile_rows(taps);
    const index_t positions = s.positions(), plane = s.H_in * s.W_in;
    const Workspace<T> weights(s.C_out * taps);
    const PerWorker<T> panels(workers, C_out * NR), columns(workers, taps * NR);
    for (index_t g = 0; g < s.groups; ++g)  // W^T of each group: (taps, C_out)
        pack_rows(w + g * C_out * taps, 1, taps, taps, C_out, weights.data() + g * C_out * taps);

    parallel_for(s.N * s.groups, workers, [&](index_t task, int worker) {  // one group of one image
        T* const image = grad_x + task * C_in * plane;
        const T* const gy = grad_y + task * C_out * positions;
        T* const panel = panels[worker];
        T* const cells = columns[worker];
        const T* const a = weights.data() + task % s.groups * C_out * taps;
        fill_zero(image, C_in * plane);
        PacedPoll poll;
        for (index_t p0 = 0; p0 < positions; p0 += NR) {
            const index_t count = min(NR, positions - p0);
            poll.after(taps * C_out * NR);
            Run runs[NR];
            const index_t run_count = cut_into_runs(s, p0, count, runs);
            pack(gy + p0, 1, positions, count, C_out, panel, NR);
            for (index_t m = 0; m < taps; m += MR)
                tile_columns(min(MR, taps - m), count, C_out, a + m * C_out, panel, NR, cells + m * NR, NR,
                             TileEnd<T>{});
            scatter_columns(s, runs, run_count, cells, NR, image);
        }
        add_onto(C_in * plane, onto ? onto + task * C_in * plane : nullptr, image);
    });
}

}  // namespace minicnn::TARGET::tiled
