// The backward pass in vectors of pixels: each pixel gathers from the windows that cover it.
//
// Windows overlap, so windows that scatter would add to the same pixels again and again, one vector waiting for
// the last. Instead, pixels whose columns leave the same remainder by the stride (a phase) form a vector: the
// windows that have them under a given kernel column are neighbours in grad_y. They are added in the order of
// y, and each pixel is stored once. Pixels that no window covers gather nothing: they become 0 without a
// pass of their own.
#pragma once

#include "buffers.hpp"
#include "pool2d/strided.hpp"

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

template <class T>
inline Ints<T> load_ints(const Int<T>* p) {
    Ints<T> v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

/// A row of windows over the pixels being gathered.
template <class T>
struct WindowRow {
    index_t at;         // of its first window
    Int<T> first_cell;  // the cell at column 0 of the kernel row over the pixels
};

/// Write one row of pixels. `part(index, cell)` yields what the windows from `index` on give to the pixels under
/// their cells `cell` (a negative cell: nothing); where `safe(first, last)` is false it reads them with care.
template <int S, class T, class Part>
inline void gather_row(const Gather<T>& g, const WindowRow<T>* rows, index_t row_count, const Part& part, T* to,
                       const T* end) {
    for (index_t j = 0; j < g.places; j += lanes<T>) {
        Vec<T> sum[S];
        for (int phase = 0; phase < S; ++phase) sum[phase] = Vec<T>{};
        for (index_t r = 0; r < row_count; ++r) {
            const index_t at = rows[r].at + j;
            const bool safe = part.safe(at + g.least, at + g.greatest + lanes<T>);
            MINICNN_UNROLL
            for (int phase = 0; phase < S; ++phase)
            for (int t = 0; t < g.tap_count[phase]; ++t) {
                const GatherTap<T>& tap = g.taps[phase][t];
                const Ints<T> cell = load_ints<T>(tap.column + j) + rows[r].first_cell;
                sum[phase] += safe ? part.of(at + tap.offset, cell) : part.of_with_care(at + tap.offset, cell);
            }
        }
        store_strided<S>(sum, to + j * S, end);
    }
}

/// Write a plane of grad_x; `first` is the index of the plane's first window.
template <int S, class T, class Part>
void gather_plane(const Pool2dShape& s, const Gather<T>& g, index_t first, const Part& part, T* grad_x, const T* end) {
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
            rows[count++] = {first + ho * s.W_out, Int<T>(kh * s.K_w)};
        }
        gather_row<S>(g, rows, count, part, grad_x + hi * s.W_in, end);
    }
}
template <class T, class Part>
void gather_plane(const Pool2dShape& s, const Gather<T>& g, index_t first, const Part& part, T* grad_x, const T* end) {
    if (s.stride[1] == 1) gather_plane<1>(s, g, first, part, grad_x, end);
    if (s.stride[1] == 2) gather_plane<2>(s, g, first, part, grad_x, end);
    if (s.stride[1] == 3) gather_plane<3>(s, g, first, part, grad_x, end);
}

}  // namespace minicnn::TARGET
