// Strips: the column matrix of im2col with most of its copies left out.
//
// A strip holds the part of one image that some rows of the output need: for each channel c and kernel column
// kw, the input rows cut to the pixels under kw at each output column:
//
//     strip[c][kw][phase][u][wo] = x[c, (first + u) * stride + phase - padding, input_col(wo, kw)]
//
// The pixels under kernel row kh = (shift, phase), where kh * dilation = shift * stride + phase, are then the
// same rows `shift` further down: one run of memory for all the strip's positions, at a fixed offset from the
// positions themselves. So K_w copies of the input serve all K_h * K_w kernel cells, for any stride and
// dilation, and no width of the image wastes a lane.
//
// Two shapes need less. Where rows of x and y are equally long, a copy is one shifted run of the whole image, in
// which a mask clears what came in from a neighbouring row. Where y grows by the whole reach of the kernel (the
// input gradient of a convolution without padding), rows of x with that many zeros before them serve every kernel
// column: what lies left of a row are its own zeros, what lies right of it the next row's.
#pragma once

#include "buffers.hpp"
#include "conv2d/row_cut.hpp"
#include "conv2d/shape.hpp"
#include "targets/simd.hpp"

namespace minicnn::TARGET {

struct StripPlan {
    /// Strips of about `positions` output positions, of whole rows.
    StripPlan(const Conv2dShape& shape, index_t positions)
        : s(shape), C(s.C_in / s.groups), rows(blocks_of(s.H_out, blocks_of(s.H_out, max<index_t>(1, positions / s.W_out)))),
          phases(min(s.stride[0], s.dilation[0] * (s.K_h - 1) + 1)),
          phase_size((rows + s.dilation[0] * (s.K_h - 1) / s.stride[0]) * s.W_out),
          shared_rows(zeros_between_rows()), copies(shared_rows ? 1 : s.K_w), plane(phases * phase_size) {}

    const Conv2dShape& s;
    const index_t C;           // input channels of a group
    const index_t rows;        // output rows of a full strip
    const index_t phases;      // input rows by their number modulo the stride
    const index_t phase_size;  // values of one phase
    const bool shared_rows;    // one copy serves all kernel columns
    const index_t copies;      // of each channel
    const index_t plane;       // values of one copy

    index_t strips() const { return blocks_of(s.H_out, rows); }
    index_t rows_of(index_t strip) const { return min(rows, s.H_out - strip * rows); }
    /// The second shape above: every kernel column reads rows with padding[1] zeros before each.
    bool zeros_between_rows() const {
        return s.K_w > 1 && s.stride[0] == 1 && s.stride[1] == 1 && s.padding[1] == s.dilation[1] * (s.K_w - 1) &&
               s.W_out == s.W_in + s.padding[1];
    }
    /// The first shape above.
    bool equal_rows() const { return s.stride[0] == 1 && s.stride[1] == 1 && s.W_out == s.W_in; }
    /// A 1x1 convolution needs no strip at all: it may read the planes of x where they lie, if whole vectors fit.
    template <class T>
    bool in_place() const {
        return s.K_h == 1 && s.K_w == 1 && equal_rows() && s.H_out == s.H_in && s.padding[0] == 0 && s.padding[1] == 0 &&
               s.positions() >= lanes<T> && (strips() == 1 || s.W_out >= lanes<T>);
    }
    /// A vector more than the values (the last row may be written a little further than it goes), and the zeros that
    /// the last row's last positions read.
    template <class T>
    index_t size() const {
        return C * copies * plane + (shared_rows ? s.padding[1] : 0) + lanes<T>;
    }
    /// offset[k]: from a position to the pixel under kernel cell k = (c, kh, kw) there.
    void fill_offsets(index_t* offset) const {
        for (index_t c = 0; c < C; ++c)
        for (index_t kh = 0; kh < s.K_h; ++kh)
        for (index_t kw = 0; kw < s.K_w; ++kw) {
            const index_t down = kh * s.dilation[0], shift = down / s.stride[0], phase = down % s.stride[0];
            const index_t column = shared_rows ? c * plane + kw * s.dilation[1] : (c * s.K_w + kw) * plane;
            *offset++ = column + phase * phase_size + shift * s.W_out;
        }
    }
};

/// Packs the strips of one convolution; threads share it.
template <class T>
class StripPacker {
public:
    explicit StripPacker(const StripPlan& p)
        : plan(p), mask_size(round_up(p.equal_rows() ? p.phase_size : p.s.W_out, lanes<T>)), masks(p.s.K_w * mask_size) {
        const Conv2dShape& s = p.s;
        for (index_t kw = 0; kw < s.K_w; ++kw)
        for (index_t i = 0; i < mask_size; ++i) {  // all bits, or none where kw looks past a row's end
            const index_t wi = s.input_col(i % s.W_out, kw);
            __builtin_memset(masks.data() + kw * mask_size + i, wi < 0 || wi >= s.W_in ? 0 : 0xff, sizeof(T));
        }
    }

    /// Fill strip number `strip` of group g of image n.
    void pack(const T* x, index_t n, index_t g, index_t strip, T* to) const {
        const Conv2dShape& s = plan.s;
        const index_t image = s.H_in * s.W_in, first = strip * plan.rows;
        const T* const from = x + (n * s.C_in + g * plan.C) * image;
        const T* const x_end = x + s.N * s.C_in * image;
        for (index_t c = 0; c < plan.C; ++c) {
            prefetch_rows(from + (c + 1) * image, first * s.stride[0] - s.padding[0], plan.rows * s.stride[0]);
            for (index_t copy = 0; copy < plan.copies; ++copy)
                pack_copy({x, x_end, from + c * image, first, plan.rows_of(strip), copy},
                          to + (c * plan.copies + copy) * plan.plane);
        }
    }

private:
    struct Plane {
        const T *x, *x_end, *from;  // all of x; this channel of this image
        index_t first, rows, kw;    // output rows first .. first + rows; the kernel column
        bool holds(const T* begin, const T* end) const { return x <= begin && end <= x_end; }
    };

    /// Ask for the next plane: the processor's own guesses end where a page does, and a plane is often one page.
    void prefetch_rows(const T* next, index_t hi, index_t rows) const {
        const index_t begin = max<index_t>(0, hi) * plan.s.W_in, end = min(plan.s.H_in, hi + rows) * plan.s.W_in;
        for (index_t q = begin; q < end; q += index_t(64 / sizeof(T))) __builtin_prefetch(next + q);
    }

    void pack_copy(const Plane& p, T* to) const {
        if (plan.shared_rows)
            pack_rows_with_zeros(p, to);
        else if (plan.s.stride[0] != 1 || plan.s.stride[1] != 1)
            pack_strided(p, to);
        else
            pack_shifted(p, to);
    }

    /// Input rows that a strip of this many output rows needs: those of them inside the image are begin .. end.
    struct Rows {
        Rows(const Conv2dShape& s, const Plane& p)
            : count(p.rows + s.dilation[0] * (s.K_h - 1)), hi(p.first - s.padding[0]), begin(min(count, max<index_t>(0, -hi))),
              end(max(begin, min(count, s.H_in - hi))) {}
        index_t count, hi, begin, end;
    };

    /// Stride 1: whole rows, shifted by a kernel column and masked.
    void pack_shifted(const Plane& p, T* to) const {
        const Conv2dShape& s = plan.s;
        const Rows r(s, p);
        const index_t W = s.W_out, wi = s.input_col(0, p.kw);
        const T* const mask = wi < 0 || wi + W > s.W_in ? masks.data() + p.kw * mask_size : nullptr;
        const T* const from = p.from + (r.hi + r.begin) * s.W_in + wi;
        const index_t reach = r.end == r.begin ? 0 : (r.end - r.begin - 1) * s.W_in + round_up(W, lanes<T>) + lanes<T>;
        fill_zero(to, r.begin * W);
        if (!p.holds(from, from + reach)) {  // the first and the last plane of x
            const RowCut<T> cut(s, 0, W, p.kw);
            for (index_t u = r.begin; u < r.end; ++u)
                cut.copy(p.from + (r.hi + u) * s.W_in, p.x, p.x_end, to + u * W);
        } else if (plan.equal_rows()) {
            copy_masked(from, (r.end - r.begin) * W, mask, to + r.begin * W);
        } else {
            for (index_t u = r.begin; u < r.end; ++u)
                copy_masked(from + (u - r.begin) * s.W_in, W, mask, to + u * W);
        }
        fill_zero(to + r.end * W, (r.count - r.end) * W);
    }

    /// to[i] = from[i] where the mask is set, else 0, up to a vector past the end.
    static void copy_masked(const T* from, index_t n, const T* mask, T* to) {
        if (!mask)
            for (index_t i = 0; i < n; i += lanes<T>) store(to + i, load(from + i));
        else
            for (index_t i = 0; i < n; i += lanes<T>) store(to + i, masked(load(from + i), mask + i));
    }
    static Vec<T> masked(Vec<T> v, const T* mask) {
        typedef decltype(v < v) Bits;
        return reinterpret_cast<Vec<T>>(reinterpret_cast<Bits>(v) & reinterpret_cast<Bits>(load(mask)));
    }

    /// Rows of x, each after padding[1] zeros.
    void pack_rows_with_zeros(const Plane& p, T* to) const {
        const Conv2dShape& s = plan.s;
        const Rows r(s, p);
        const index_t W = s.W_out, zeros = s.padding[1];
        fill_zero(to, r.begin * W);
        for (index_t u = r.begin; u < r.end; ++u) {
            const T* const from = p.from + (r.hi + u) * s.W_in;
            T* const row = to + u * W;
            fill_zero(row, zeros);
            if (p.holds(from, from + round_up(s.W_in, lanes<T>)))
                copy_masked(from, s.W_in, nullptr, row + zeros);
            else
                copy(from, s.W_in, row + zeros);
        }
        fill_zero(to + r.end * W, (r.count - r.end) * W + zeros);  // the last row, too, is followed by zeros
    }

    void pack_strided(const Plane& p, T* to) const {
        const Conv2dShape& s = plan.s;
        const index_t rows = plan.phase_size / s.W_out - plan.rows + p.rows, W = s.W_out, wi = s.input_col(0, p.kw);
        const T* const mask = wi < 0 || wi + (W - 1) * s.stride[1] >= s.W_in ? masks.data() + p.kw * mask_size : nullptr;
        const index_t reach = (s.H_in - 1) * s.W_in + s.stride[1] * round_up(W, lanes<T>);
        const bool whole = s.stride[1] <= 2 && p.holds(p.from + wi, p.from + wi + reach);
        const RowCut<T> cut(s, 0, W, p.kw);
        for (index_t phase = 0; phase < plan.phases; ++phase, to += plan.phase_size) {
            const index_t hi = p.first * s.stride[0] + phase - s.padding[0], step = s.stride[0];  // of row 0
            const index_t begin = hi >= 0 ? 0 : min(rows, blocks_of(-hi, step));
            const index_t end = hi >= s.H_in ? begin : max(begin, min(rows, blocks_of(s.H_in - hi, step)));
            fill_zero(to, begin * W);
            for (index_t u = begin; u < end; ++u) {
                const T* const from = p.from + (hi + u * step) * s.W_in;
                if (!whole)  // the first and the last plane of x
                    cut.copy(from, p.x, p.x_end, to + u * W);
                else if (s.stride[1] == 1)
                    copy_masked(from + wi, W, mask, to + u * W);
                else
                    copy_every_second(from + wi, W, mask, to + u * W);
            }
            fill_zero(to + end * W, (rows - end) * W);
        }
    }

    static void copy_every_second(const T* from, index_t n, const T* mask, T* to) {
        constexpr index_t L = lanes<T>;
        if (!mask)
            for (index_t i = 0; i < n; i += L)
                store(to + i, shuffle<Evens, T>(load(from + 2 * i), load(from + 2 * i + L)));
        else
            for (index_t i = 0; i < n; i += L)
                store(to + i, masked(shuffle<Evens, T>(load(from + 2 * i), load(from + 2 * i + L)), mask + i));
    }

    const StripPlan& plan;
    const index_t mask_size;
    const Workspace<T> masks;  // (K_w, mask_size): of a row, or of all rows where they are equally long
};

}  // namespace minicnn::TARGET
