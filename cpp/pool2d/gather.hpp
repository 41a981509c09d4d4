// The backward pass's way to vectors: each pixel gathers from the windows that cover it.
//
// Windows overlap, so windows that scatter would add to the same pixels again and again, one vector waiting for
// the last. Instead a vector of pixels whose columns leave the same remainder by the stride reads the windows
// above it, which are neighbours in grad_y, adds them in the order of y, and is stored once. Pixels that
// no window covers gather nothing: they become 0 without a pass of their own.
//
// A max pooling takes part of a window's gradient only where the pixel is its maximum: `Select` compares the
// window's winning cell with the cell that the pixel is under.
#pragma once

#include "buffers.hpp"
#include "pool2d/split_rows.hpp"

namespace minicnn::TARGET {

constexpr int max_gather_stride = 3;

/// Whether grad_x can be gathered: the kernel as for split rows, and a stride whose vectors can be dealt out.
inline bool can_gather(const Pool2dShape& s) { return can_split(s) && s.stride[1] <= max_gather_stride; }

/// A kernel column over the pixels of one phase, and how many windows to the right (or left) of place j it is.
struct GatherTap {
    index_t kw, offset;
};

/// Which windows each pixel of a row gathers from, and how the rows of windows are laid out for it.
struct Gather {
    GatherTap taps[max_gather_stride][max_split_cells];  // of columns wi with wi % stride == phase, in order of wo
    int tap_count[max_gather_stride] = {};
    index_t places;    // vectors cover places 0 .. places - 1 of a phase: column place * stride + phase
    index_t left = 0;  // zeros before the first window of a row
    index_t pitch;     // values of a row of windows with its zeros on both sides
    index_t height;    // rows of pixels in a strip

    explicit Gather(const Pool2dShape& s) {
        const index_t S = s.stride[1];
        index_t right = 0;
        for (index_t kw = s.K_w - 1; kw >= 0; --kw)
        for (index_t phase = 0; phase < S; ++phase) {
            const index_t distance = phase + s.padding[1] - kw * s.dilation[1];
            if (distance % S != 0) continue;
            taps[phase][tap_count[phase]++] = {kw, distance / S};
            left = max(left, -distance / S);
            right = max(right, distance / S);
        }
        places = blocks_of(s.W_in, S);
        pitch = left + max(s.W_out, places + right);
        height = min(s.H_in, max(s.extent(0), strip_values / s.W_in));
    }
    /// Values of the windows over a strip, with room for the vector that reaches past the end.
    index_t size(const Pool2dShape& s) const {
        return min(s.H_out, (height + s.extent(0)) / s.stride[0] + 2) * pitch + lanes<float>;
    }
};

/// First row of windows that covers the pixel row `hi` or one below it.
inline index_t first_window(const Pool2dShape& s, index_t hi) {
    const index_t distance = hi + s.padding[0] - (s.extent(0) - 1);
    return distance > 0 ? blocks_of(distance, s.stride[0]) : 0;
}
/// One past the last row of windows that covers the pixel row `hi` or one above it.
inline index_t last_window(const Pool2dShape& s, index_t hi) {
    return min(s.H_out, (hi + s.padding[0]) / s.stride[0] + 1);
}

/// A row of windows over the pixels being gathered.
template <class T>
struct WindowRow {
    const T* grad;  // its gradients, from the window at column 0
    const T* cell;  // its winning cells, as numbers of type T
    T first_cell;   // the cell at column 0 of the kernel row over the pixels
};

template <int S, bool Select, class T>
void gather_row(const Gather& g, const WindowRow<T>* rows, index_t row_count, T* to, const T* end) {
    for (index_t j = 0; j < g.places; j += lanes<T>) {
        Vec<T> sum[S];
        MINICNN_UNROLL
        for (int phase = 0; phase < S; ++phase) {
            sum[phase] = Vec<T>{};
            for (index_t r = 0; r < row_count; ++r)
            for (int t = 0; t < g.tap_count[phase]; ++t) {
                const GatherTap tap = g.taps[phase][t];
                Vec<T> v = load(rows[r].grad + j + tap.offset);
                if constexpr (Select) {
                    const Vec<T> cell = splat(rows[r].first_cell + T(tap.kw));
                    v = load(rows[r].cell + j + tap.offset) == cell ? v : Vec<T>{};
                }
                sum[phase] += v;
            }
        }
        store_strided<S>(sum, to + j * S, end);
    }
}

/// Gather a plane of grad_x. `stage(ho, grad, cell)` writes the W_out gradients of one row of windows, and their
/// cells; `grads` and `cells` (used by Select only) have room for `g.size(s)` values.
template <bool Select, class T, class Stage>
void gather_plane(const Pool2dShape& s, const Gather& g, const Stage& stage, T* grads, T* cells, T* grad_x,
                  const T* end) {
    for (index_t top = 0; top < s.H_in; top += g.height) {
        const index_t bottom = min(s.H_in, top + g.height);
        const index_t first = first_window(s, top), last = last_window(s, bottom - 1);
        for (index_t ho = first; ho < last; ++ho) {
            T* const row = grads + (ho - first) * g.pitch;
            fill(row, g.pitch, T(0));
            T* const cell = Select ? cells + (ho - first) * g.pitch : nullptr;
            if (Select) fill(cell, g.pitch, T(-1));
            stage(ho, row + g.left, Select ? cell + g.left : nullptr);
        }
        for (index_t hi = top; hi < bottom; ++hi) {
            WindowRow<T> rows[max_split_cells];
            index_t count = 0;
            for (index_t ho = first_window(s, hi); ho < last_window(s, hi); ++ho) {
                const index_t distance = hi - s.input_row(ho, 0);
                if (distance % s.dilation[0] != 0) continue;
                const index_t at = (ho - first) * g.pitch + g.left;
                rows[count++] = {grads + at, Select ? cells + at : nullptr, T(distance / s.dilation[0] * s.K_w)};
            }
            T* const to = grad_x + hi * s.W_in;
            if (s.stride[1] == 1) gather_row<1, Select>(g, rows, count, to, end);
            if (s.stride[1] == 2) gather_row<2, Select>(g, rows, count, to, end);
            if (s.stride[1] == 3) gather_row<3, Select>(g, rows, count, to, end);
        }
    }
}

}  // namespace minicnn::TARGET
