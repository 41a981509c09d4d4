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
#include "targets/strided.hpp"

namespace minicnn::TARGET {

struct StripPlan {
    /// Strips of about `positions` output positions, of whole rows.
    StripPlan(const Conv2dShape& shape, index_t positions)
        : s(shape), C(s.C_in / s.groups), rows(blocks_of(s.H_out, blocks_of(s.H_out, max<index_t>(1, positions / s.W_out)))),
          phases(min(s.stride[0], s.dilation[0] * (s.K_h - 1) + 1)),
          phase_rows(rows + s.dilation[0] * (s.K_h - 1) / s.stride[0]), phase_size(phase_rows * s.W_out),
          shared_rows(zeros_between_rows()), copies(shared_rows ? 1 : s.K_w), plane(phases * phase_size) {}

    const Conv2dShape& s;
    const index_t C;           // input channels of a group
    const index_t rows;        // output rows of a full strip
    const index_t phases;      // input rows by their number modulo the stride
    const index_t phase_rows, phase_size;  // rows and values of one phase
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
        : plan(p), mask_size(p.shared_rows ? 0 : round_up(p.equal_rows() ? p.phase_size : p.s.W_out, lanes<T>)),
          masks(p.s.K_w * mask_size) {
        const Conv2dShape& s = p.s;
        for (index_t kw = 0; kw < s.K_w; ++kw)
        for (index_t i = 0; i < mask_size; ++i) {  // all bits, or none where kw looks past a row's end
            T* const mask = masks.data() + kw * mask_size + i;
            const index_t wi = s.input_col(i, kw);
            if (i < s.W_out)
                __builtin_memset(mask, wi < 0 || wi >= s.W_in ? 0 : 0xff, sizeof(T));
            else
                copy(mask - s.W_out, 1, mask);  // the next row
        }
    }

    /// Fill strip number `strip` of group g of image n.
    void pack(const T* x, index_t n, index_t g, index_t strip, T* to) const {
        const Conv2dShape& s = plan.s;
        const index_t image = s.H_in * s.W_in;
        const T* const from = x + (n * s.C_in + g * plan.C) * image;
        const T* const x_end = x + s.N * s.C_in * image;
        for (index_t c = 0; c < plan.C; ++c) {
            prefetch(from + (c + 1) * image, strip);
            for (index_t kw = 0; kw < plan.copies; ++kw)
            for (index_t phase = 0; phase < plan.phases; ++phase, to += plan.phase_size)  // in the order of memory
                pack_rows(Rows(plan, strip, phase), {x, x_end, from + c * image}, kw, to);
        }
    }

private:
    /// The rows of one phase that a strip needs: input rows first, first + step, ..., of which begin .. end exist.
    struct Rows {
        Rows(const StripPlan& plan, index_t strip, index_t phase)
            : step(plan.s.stride[0]), count(plan.phase_rows - plan.rows + plan.rows_of(strip)),
              first(strip * plan.rows * step + phase - plan.s.padding[0]),
              begin(first >= 0 ? 0 : min(count, blocks_of(-first, step))), end(begin) {
            if (first + (count - 1) * step < plan.s.H_in)
                end = count;  // as nearly always, without a division
            else if (first < plan.s.H_in)
                end = max(begin, min(count, blocks_of(plan.s.H_in - first, step)));
        }
        index_t step, count, first, begin, end;
    };
    struct Plane {
        const T *x, *x_end, *from;  // all of x; this channel of this image
        bool holds(const T* begin, const T* end) const { return x <= begin && end <= x_end; }
    };

    /// Ask for a strip's part of the next plane: the processor's own guesses end where a page does, and a plane is
    /// often one page.
    void prefetch(const T* next, index_t strip) const {
        const index_t hi = strip * plan.rows * plan.s.stride[0] - plan.s.padding[0];
        const index_t begin = max<index_t>(0, hi), end = min(plan.s.H_in, hi + plan.rows * plan.s.stride[0]);
        for (index_t q = begin * plan.s.W_in; q < end * plan.s.W_in; q += index_t(64 / sizeof(T)))
            __builtin_prefetch(next + q);
    }

    void pack_rows(const Rows& r, const Plane& p, index_t kw, T* to) const {
        const index_t W = plan.s.W_out, inside = r.end - r.begin;
        const T* const from = p.from + (r.first + r.begin * r.step) * plan.s.W_in;
        if (r.begin > 0) fill_zero(to, r.begin * W);
        if (inside > 0 && plan.shared_rows)
            copy_with_zeros(inside, p, from, to + r.begin * W);
        else if (inside > 0)
            copy_cut(inside, r.step * plan.s.W_in, p, kw, from, to + r.begin * W);
        const index_t after = (r.count - r.end) * W + (plan.shared_rows ? plan.s.padding[1] : 0);
        if (after > 0) fill_zero(to + r.end * W, after);
    }

    /// The pixels under kernel column kw in `rows` rows of x that are `pitch` apart.
    void copy_cut(index_t rows, index_t pitch, const Plane& p, index_t kw, const T* from, T* to) const {
        const Conv2dShape& s = plan.s;
        const index_t W = s.W_out, S = s.stride[1], wi = s.input_col(0, kw);
        const T* const mask = wi < 0 || wi + (W - 1) * S >= s.W_in ? masks.data() + kw * mask_size : nullptr;
        if (S > 2 || !p.holds(from + wi, from + wi + (rows - 1) * pitch + S * (round_up(W, lanes<T>) + lanes<T>))) {
            const RowCut<T> cut(s, 0, W, kw);  // also the first and the last plane of x
            for (index_t u = 0; u < rows; ++u) cut.copy(from + u * pitch, p.x, p.x_end, to + u * W);
        } else if (plan.equal_rows()) {  // a single long row
            copy_rows<1>(from + wi, 0, 1, rows * W, mask, to);
        } else if (S == 1) {
            copy_rows<1>(from + wi, pitch, rows, W, mask, to);
        } else {
            copy_rows<2>(from + wi, pitch, rows, W, mask, to);
        }
    }

    /// Every S-th value of rows that are `pitch` apart, W of each, or 0 where the mask is not set. Writes whole vectors;
    /// what goes past the end of a row is overwritten by the next one.
    template <int S>
    static void copy_rows(const T* from, index_t pitch, index_t rows, index_t W, const T* mask, T* to) {
        constexpr index_t L = lanes<T>;
        if (W <= L && mask) {  // a vector a row, as small maps have: the mask stays in a register
            const Vec<T> keep = load(mask);
            for (index_t u = 0; u < rows; ++u) store(to + u * W, masked(load_strided<S>(from + u * pitch), keep));
            return;
        }
        for (index_t u = 0; u < rows; ++u, from += pitch, to += W)
            if (mask)
                for (index_t i = 0; i < W; i += L) store(to + i, masked(load_strided<S>(from + S * i), load(mask + i)));
            else
                for (index_t i = 0; i < W; i += L) store(to + i, load_strided<S>(from + S * i));
    }
    static Vec<T> masked(Vec<T> v, Vec<T> mask) {
        typedef decltype(v < v) Bits;
        return reinterpret_cast<Vec<T>>(reinterpret_cast<Bits>(v) & reinterpret_cast<Bits>(mask));
    }

    /// Rows of x, each after padding[1] zeros.
    void copy_with_zeros(index_t rows, const Plane& p, const T* from, T* to) const {
        const index_t W_in = plan.s.W_in, zeros = plan.s.padding[1];
        for (index_t u = 0; u < rows; ++u, from += W_in, to += plan.s.W_out) {
            fill_zero(to, zeros);
            if (p.holds(from, from + round_up(W_in, lanes<T>)))
                copy_rows<1>(from, 0, 1, W_in, nullptr, to + zeros);
            else
                copy(from, W_in, to + zeros);
        }
    }

    const StripPlan& plan;
    const index_t mask_size;
    const Workspace<T> masks;  // (K_w, mask_size): of a row, or of all rows where they are equally long
};

}  // namespace minicnn::TARGET
