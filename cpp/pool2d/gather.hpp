// The backward pass in vectors of pixels: each pixel gathers from the windows that cover it.
//
// Windows overlap, so windows that scatter would add to the same pixels again and again, one vector waiting for
// the last. Instead, pixels whose columns leave the same remainder by the stride (a phase) form a vector: the
// windows that have them under a given kernel column are neighbours in grad_y. They are added in the order of
// y, and each pixel is stored once. Pixels that no window covers gather nothing: they become 0 without a
// pass of their own.
//
// The windows of one plane are first copied to a buffer with a margin on both sides, so that no load needs a check.
#pragma once

#include "buffers.hpp"
#include "pool2d/slide.hpp"

namespace minicnn::TARGET {

constexpr int max_gather_stride = 3;

/// Whether grad_x can be gathered: the window as for sliding, and a stride whose phases can be dealt out.
inline bool can_gather(const Pool2dShape& s) { return suits_vectors(s) && s.stride[1] <= max_gather_stride; }

/// A kernel column over the pixels of one phase: the window over the pixel at place j is wo = j + offset. (The
/// pixel at place j of a phase is column j * stride + phase.)
template <class T>
struct GatherTap {
    index_t offset;
    const Int<T>* column;  // column[j] is kw if there is such a window, else `no_window`
};

/// Which windows each pixel of a row gathers from, for all rows.
template <class T>
class Gather {
public:
    static constexpr Int<T> no_window = -1024;  // less than 0 also after a cell of the kernel is added
    GatherTap<T> taps[max_gather_stride][max_vector_cells];  // of each phase, in order of wo
    int tap_count[max_gather_stride] = {};
    index_t places, least = 0, greatest = 0;  // offsets

    explicit Gather(const Pool2dShape& s)
        : places(blocks_of(s.W_in, s.stride[1])), columns_(s.K_w * round_up(places, lanes<T>)) {
        const index_t S = s.stride[1], pitch = round_up(places, lanes<T>);
        Int<T>* column = columns_.data();
        for (index_t kw = s.K_w - 1; kw >= 0; --kw)
        for (index_t phase = 0; phase < S; ++phase) {
            const index_t distance = phase + s.padding[1] - kw * s.dilation[1];
            if (distance % S != 0) continue;
            const index_t offset = distance / S;
            taps[phase][tap_count[phase]++] = {offset, column};
            least = min(least, offset);
            greatest = max(greatest, offset);
            for (index_t j = 0; j < pitch; ++j)
                *column++ = 0 <= j + offset && j + offset < s.W_out ? Int<T>(kw) : no_window;
        }
    }

private:
    Workspace<Int<T>> columns_;
};

/// The windows of one plane, with a margin on both sides that may be read, and is never used.
template <class T>
class StagedWindows {
public:
    StagedWindows(const Pool2dShape& s, const Gather<T>& g, int workers)
        : before_(-g.least), size_(before_ + s.windows() + round_up(g.places, lanes<T>) + g.greatest),
          grads_(workers * size_), cells_(workers * size_) {
        fill_zero(grads_.data(), workers * size_);
        fill_zero(cells_.data(), workers * size_);
    }
    /// What each window gives to its pixels.
    T* grads(int worker) const { return grads_.data() + worker * size_ + before_; }
    /// The cell of the one pixel it gives that to.
    Int<T>* cells(int worker) const { return cells_.data() + worker * size_ + before_; }

private:
    index_t before_, size_;
    Workspace<T> grads_;
    Workspace<Int<T>> cells_;
};

/// A row of windows over the pixels being gathered.
template <class T>
struct WindowRow {
    const T* grads;        // from the window at column 0 on
    const Int<T>* cells;
    Int<T> first_cell;     // the cell at column 0 of the kernel row over the pixels
};

/// Write one row of pixels. With `Select` a window gives only to the pixel under its own cell, else to all.
template <int S, bool Select, class T>
inline void gather_row(const Gather<T>& g, const WindowRow<T>* rows, index_t row_count, T* to, const T* end) {
    for (index_t j = 0; j < g.places; j += lanes<T>) {
        Vec<T> sum[S];
        MINICNN_UNROLL
        for (int phase = 0; phase < S; ++phase) sum[phase] = Vec<T>{};
        for (index_t r = 0; r < row_count; ++r) {
            const WindowRow<T> row = rows[r];
            MINICNN_UNROLL
            for (int phase = 0; phase < S; ++phase)
            for (int t = 0; t < g.tap_count[phase]; ++t) {
                const GatherTap<T> tap = g.taps[phase][t];
                const Ints<T> column = load_ints<T>(tap.column + j);
                Vec<T> grad = load(row.grads + j + tap.offset);
                force_load<T>(grad);
                if constexpr (Select)
                    sum[phase] += load_ints<T>(row.cells + j + tap.offset) == column + row.first_cell ? grad : Vec<T>{};
                else
                    sum[phase] += column >= 0 ? grad : Vec<T>{};
            }
        }
        store_strided<S>(sum, to + j * S, end);
    }
}

/// Write a plane of grad_x from its staged windows.
template <int S, bool Select, class T>
void gather_plane(const Pool2dShape& s, const Gather<T>& g, const T* grads, const Int<T>* cells, T* grad_x,
                  const T* end) {
    WindowRow<T> rows[max_vector_cells];
    for (index_t hi = 0; hi < s.H_in; ++hi) {
        // windows ho with ho * stride <= hi + padding <= ho * stride + extent - 1, in order
        const index_t lowest = hi + s.padding[0] - (s.extent(0) - 1);
        const index_t last = min(s.H_out - 1, (hi + s.padding[0]) / s.stride[0]);
        index_t count = 0;
        for (index_t ho = lowest > 0 ? blocks_of(lowest, s.stride[0]) : 0; ho <= last; ++ho) {
            const index_t distance = hi - s.input_row(ho, 0);
            if (s.dilation[0] != 1 && distance % s.dilation[0] != 0) continue;
            const index_t kh = s.dilation[0] == 1 ? distance : distance / s.dilation[0];
            rows[count++] = {grads + ho * s.W_out, cells + ho * s.W_out, Int<T>(kh * s.K_w)};
        }
        gather_row<S, Select>(g, rows, count, grad_x + hi * s.W_in, end);
    }
}
template <bool Select, class T>
void gather_plane(const Pool2dShape& s, const Gather<T>& g, const T* grads, const Int<T>* cells, T* grad_x,
                  const T* end) {
    if (s.stride[1] == 1) gather_plane<1, Select>(s, g, grads, cells, grad_x, end);
    if (s.stride[1] == 2) gather_plane<2, Select>(s, g, grads, cells, grad_x, end);
    if (s.stride[1] == 3) gather_plane<3, Select>(s, g, grads, cells, grad_x, end);
}

}  // namespace minicnn::TARGET
