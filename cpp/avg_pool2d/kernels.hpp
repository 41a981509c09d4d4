// Average pooling's row in the table of each instruction set, and what a window's sum is divided by.
#pragma once

#include "pool2d/shape.hpp"

namespace minicnn {

/// The divisor of the window at (ho, wo) is `fixed`, if that is not 0; else the number of its cells inside the
/// image, or, with `include_pad`, inside the padded image. It is rows(ho) * cols(wo): doubles, which do not
/// overflow, and are exact for every window that fits in memory.
struct Divisor {
    index_t fixed;
    bool include_pad;

    [[gnu::always_inline]] double rows(const Pool2dShape& s, index_t ho) const {
        if (fixed != 0) return double(fixed);
        if (!include_pad) return double(s.rows_inside(ho).size());
        return padded(s.input_row(ho, 0), s.H_in + s.padding[0], s.K_h);
    }
    [[gnu::always_inline]] double cols(const Pool2dShape& s, index_t wo) const {
        if (fixed != 0) return 1;
        if (!include_pad) return double(s.cols_inside(wo).size());
        return padded(s.input_col(wo, 0), s.W_in + s.padding[1], s.K_w);
    }

private:
    /// Cells of a kernel at `start` that lie before `end`: with ceil_mode a window may run past the padding.
    [[gnu::always_inline]] static double padded(index_t start, index_t end, index_t kernel) {
        return double(end - start < kernel ? end - start : kernel);
    }
};

template <class T>
struct AvgPool2dKernels {
    void (*vector_forward)(const Pool2dShape&, const Divisor&, const T* x, T* y);
    void (*vector_backward)(const Pool2dShape&, const Divisor&, const T* grad_y, T* grad_x);
};

}  // namespace minicnn
