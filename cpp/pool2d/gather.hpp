// The backward pass in vectors of pixels: each pixel gathers from the windows that cover it.
//
// Windows overlap, so windows that scatter would add to the same pixels again and again, one vector waiting for
// the last. Instead, pixels whose columns leave the same remainder by the stride (a phase) form a vector: the
// windows that have them under a given kernel column are neighbours in grad_y. They are added in the order of
// y, and each pixel is stored once. Pixels that no window covers gather nothing: they become 0 without a
// pass of their own.
//
// The windows of one plane are first copied to a buffer whose rows have a margin on both sides, where nothing is to
// be gathered: so no load needs a check.
#pragma once

#include "buffers.hpp"
#include "pool2d/strided.hpp"

namespace minicnn::TARGET {

constexpr int max_gather_stride = 3;

/// Whether grad_x can be gathered: the window as for rows, and a stride whose phases can be dealt out.
inline bool can_gather(const Pool2dShape& s) { return suits_vectors(s) && s.stride[1] <= max_gather_stride; }

/// A kernel column over the pixels of one phase: the window over the pixel at place j is wo = j + offset. (The
/// pixel at place j of a phase is column j * stride + phase.)
struct GatherTap {
    index_t offset, kw;
};

/// Which windows each pixel of a row gathers from, for all rows.
struct Gather {
    GatherTap taps[max_gather_stride][max_vector_cells];  // of each phase, in order of wo
    int tap_count[max_gather_stride] = {};
    index_t places, least = 0, greatest = 0;  // offsets
    index_t row_step;  // rows of windows from one that has a kernel row over a pixel to the next

    explicit Gather(const Pool2dShape& s)
        : places(blocks_of(s.W_in, s.stride[1])), row_step(s.dilation[0] / common_divisor(s.dilation[0], s.stride[0])) {
        for (index_t kw = s.K_w - 1; kw >= 0; --kw)
        for (index_t phase = 0; phase < s.stride[1]; ++phase) {
            const index_t distance = phase + s.padding[1] - kw * s.dilation[1];
            if (distance % s.stride[1] != 0) continue;
            const index_t offset = distance / s.stride[1];
            taps[phase][tap_count[phase]++] = {offset, kw};
            least = min(least, offset);
            greatest = max(greatest, offset);
        }
    }

private:
    static index_t common_divisor(index_t a, index_t b) { return b == 0 ? a : common_divisor(b, a % b); }
};

/// The windows of one plane for each worker: what each gives, and (with `Select`) the cell of the one pixel that it
/// gives that to.
template <class T, bool Select>
class StagedWindows {
public:
    static constexpr Int<T> no_pixel_has = 1024;  // not the cell of a pixel, in the margins

    StagedWindows(const Pool2dShape& s, const Gather& g, int workers)
        : before_(-g.least),
          pitch_(before_ + max(round_up(s.W_out, lanes<T>), round_up(g.places, lanes<T>) + g.greatest)),
          size_(s.H_out * pitch_), grads_(workers, size_), cells_(workers, Select ? size_ : 0) {
        for (int worker = 0; worker < workers; ++worker) {
            fill_zero(grads_[worker], size_);
            if (Select) fill(cells_[worker], size_, no_pixel_has);
        }
    }
    index_t pitch() const { return pitch_; }  // from a row of windows to the next
    /// From window (ho, 0) on.
    T* grads(int worker, index_t ho) const { return grads_[worker] + ho * pitch_ + before_; }
    Int<T>* cells(int worker, index_t ho) const { return cells_[worker] + ho * pitch_ + before_; }

    /// Put a vector of windows that begins at `wo` in its place; lanes past the row become margin.
    void stage(int worker, index_t ho, index_t wo, index_t W_out, Vec<T> grad, Ints<T> cell) const {
        if (wo + lanes<T> > W_out) {
            const Ints<T> inside = lane_numbers() < Int<T>(W_out - wo);
            grad = inside ? grad : Vec<T>{};
            cell = inside ? cell : Ints<T>{} + no_pixel_has;
        }
        store(grads(worker, ho) + wo, grad);
        if (Select) __builtin_memcpy(cells(worker, ho) + wo, &cell, sizeof cell);
    }

private:
    static Ints<T> lane_numbers() {
        Ints<T> number{};
        for (int i = 0; i < lanes<T>; ++i) number[i] = i;
        return number;
    }
    index_t before_, pitch_, size_;
    PerWorker<T> grads_;
    PerWorker<Int<T>> cells_;
};

/// Rows of windows that cover the pixels being gathered, from the window at column 0 on: the first of them, and how to
/// get from one to the next.
template <class T>
struct WindowRows {
    index_t count;
    const T* grads;
    const Int<T>* cells;
    Int<T> first_cell;  // the cell at column 0 of the kernel row over the pixels
    index_t pitch;      // added to the pointers
    Int<T> cell_step;   // taken from first_cell

    void next() { grads += pitch, cells += pitch, first_cell -= cell_step; }
};

/// What the windows at `wo` give to the pixels under column `kw`. With `Select` a window gives only to the pixel under
/// its own cell, else to all.
template <bool Select, class T>
inline Vec<T> gathered(const WindowRows<T>& row, index_t wo, index_t kw) {
    Vec<T> grad = load(row.grads + wo);
    if constexpr (!Select) return grad;
    force_load<T>(grad);
    return load_ints<T>(row.cells + wo) == Ints<T>{} + Int<T>(row.first_cell + kw) ? grad : Vec<T>{};
}

/// Write one row of pixels.
template <int S, bool Select, class T>
inline void gather_row(const Gather& g, const WindowRows<T>& rows, T* to, const T* end) {
    for (index_t j = 0; j < g.places; j += lanes<T>) {
        Vec<T> sum[S];
        MINICNN_UNROLL
        for (int phase = 0; phase < S; ++phase) sum[phase] = Vec<T>{};
        WindowRows<T> row = rows;
        for (index_t left = rows.count; left > 0; --left, row.next()) {
            MINICNN_UNROLL
            for (int phase = 0; phase < S; ++phase)
            for (int t = 0; t < g.tap_count[phase]; ++t)
                sum[phase] += gathered<Select>(row, j + g.taps[phase][t].offset, g.taps[phase][t].kw);
        }
        store_strided<S>(sum, to + j * S, end);
    }
}

/// Write a plane of grad_x from its staged windows.
template <int S, bool Select, class T>
void gather_plane_at(const Pool2dShape& s, const Gather& g, const StagedWindows<T, Select>& staged, int worker,
                     T* grad_x, const T* end) {
    const index_t stride = s.stride[0];
    for (index_t hi = 0; hi < s.H_in; ++hi) {
        // windows ho with ho * stride <= hi + padding <= ho * stride + extent - 1, in order ...
        const index_t lowest = hi + s.padding[0] - (s.extent(0) - 1);
        const index_t last = min(s.H_out - 1, (hi + s.padding[0]) / stride);
        index_t ho = lowest > 0 ? blocks_of(lowest, stride) : 0;
        // ... that have a kernel row there: with dilation, one in g.row_step
        while (s.dilation[0] != 1 && ho <= last && (hi - s.input_row(ho, 0)) % s.dilation[0] != 0) ++ho;
        const index_t distance = hi - s.input_row(ho, 0), kh = s.dilation[0] == 1 ? distance : distance / s.dilation[0];
        const index_t step = g.row_step, count = ho > last ? 0 : (last - ho) / step + 1;
        WindowRows<T> rows{count, staged.grads(worker, ho), staged.cells(worker, ho), Int<T>(kh * s.K_w), 0, 0};
        if (count > 1)  // else the step may be any number
            rows.pitch = step * staged.pitch(), rows.cell_step = Int<T>(step * stride / s.dilation[0] * s.K_w);
        gather_row<S, Select>(g, rows, grad_x + hi * s.W_in, end);
    }
}
template <bool Select, class T>
void gather_plane(const Pool2dShape& s, const Gather& g, const StagedWindows<T, Select>& staged, int worker, T* grad_x,
                  const T* end) {
    if (s.stride[1] == 1) return gather_plane_at<1>(s, g, staged, worker, grad_x, end);
    if (s.stride[1] == 2) return gather_plane_at<2>(s, g, staged, worker, grad_x, end);
    gather_plane_at<3>(s, g, staged, worker, grad_x, end);
}

}  // namespace minicnn::TARGET
