// The sizes of one 2-D pooling, checked and derived in one place; max_pool2d and avg_pool2d share them.
#pragma once

#include "checked.hpp"
#include "types.hpp"

namespace minicnn {

/// Kernel rows (or columns) begin .. end - 1.
struct KernelRange {
    index_t begin, end;
    [[gnu::always_inline]] index_t size() const { return end - begin; }
};

/// A plain struct of sizes. Its functions are forced inline: files that are compiled once per instruction set use
/// them too, and must not share a copy with the rest.
struct Pool2dShape {
    index_t N, C, H_in, W_in;  // x: (N, C, H_in, W_in)
    index_t K_h, K_w;          // the window
    index_t H_out, W_out;      // y: (N, C, H_out, W_out)
    Size2 stride, padding, dilation;

    [[gnu::always_inline]] index_t planes() const { return N * C; }
    [[gnu::always_inline]] index_t pixels() const { return H_in * W_in; }     // of one input plane
    [[gnu::always_inline]] index_t windows() const { return H_out * W_out; }  // of one plane

    /// Input row under kernel row `kh` when the window is at output row `ho`; outside the image in the padding.
    [[gnu::always_inline]] index_t input_row(index_t ho, index_t kh) const {
        return ho * stride[0] - padding[0] + kh * dilation[0];
    }
    [[gnu::always_inline]] index_t input_col(index_t wo, index_t kw) const {
        return wo * stride[1] - padding[1] + kw * dilation[1];
    }
    /// Pixels from the window's first cell to its last, both counted.
    [[gnu::always_inline]] index_t extent(int axis) const {
        return dilation[axis] * ((axis == 0 ? K_h : K_w) - 1) + 1;
    }
    /// The kernel rows that lie inside the image at output row `ho`: found without a loop, since a kernel may be
    /// much larger than the image.
    [[gnu::always_inline]] KernelRange rows_inside(index_t ho) const {
        return inside(input_row(ho, 0), H_in, K_h, dilation[0]);
    }
    [[gnu::always_inline]] KernelRange cols_inside(index_t wo) const {
        return inside(input_col(wo, 0), W_in, K_w, dilation[1]);
    }

private:
    /// Cells k < kernel with 0 <= start + k * dilation < size.
    [[gnu::always_inline]] static KernelRange inside(index_t start, index_t size, index_t kernel, index_t dilation) {
        const index_t first = start >= 0 ? 0 : steps(-start, dilation);
        const index_t past = start >= size ? 0 : steps(size - start, dilation);
        const index_t end = past < kernel ? past : kernel;
        return {first < end ? first : end, end};
    }
    /// distance / dilation, rounded up; distance > 0.
    [[gnu::always_inline]] static index_t steps(index_t distance, index_t dilation) {
        return dilation == 1 ? distance : (distance - 1) / dilation + 1;
    }
};

/// Number of windows along one axis; throw if there is none.
///
///     input 6, kernel 3, stride 2    x x x x x x
///                                    k k k
///                                        k k k    -> 2 windows
///     ceil_mode                              k k k    -> 3: a window may run past the end
///
/// With ceil_mode the last window must begin inside the input or its left padding, else it would see nothing.
/// Source: the formulas in PyTorch's documentation of MaxPool2d and AvgPool2d, section "Shape".
inline index_t pool_output_size(const std::string& op, const char* axis, index_t input, index_t kernel, index_t stride,
                                index_t padding, index_t dilation, bool ceil_mode) {
    const index_t extent = checked_add(op, "dilation * (kernel_size - 1) + 1",
                                       checked_mul(op, "dilation * (kernel_size - 1)", dilation, kernel - 1), 1);
    const index_t padded =
        checked_add(op, "the padded input", input, checked_mul(op, "the padded input", 2, padding));
    const index_t spare = padded - extent, allowed = ceil_mode ? stride - 1 : 0;  // pixels to run past the end
    if (spare < -allowed)
        throw std::invalid_argument(op + ": " + axis + ": the window covers dilation * (kernel_size - 1) + 1 = " +
                                    std::to_string(extent) + " pixels but the padded input has only " +
                                    std::to_string(input) + " + 2 * " + std::to_string(padding) + " = " +
                                    std::to_string(padded));
    const index_t last = checked_add(op, "the padded input", spare, allowed) / stride;
    const bool sees_nothing = ceil_mode && last * stride >= input + padding;
    return sees_nothing ? last : last + 1;
}

/// Build the shape of a pooling of x; throw `std::invalid_argument` if it has none.
inline Pool2dShape pool2d_shape(const std::string& op, const Shape4& x, Size2 kernel, Size2 stride, Size2 padding,
                                Size2 dilation, bool ceil_mode) {
    check_at_least(op, "channels", x[1], 1);
    for (int axis = 0; axis < 2; ++axis) {
        check_at_least(op, "kernel_size", kernel[axis], 1);
        check_at_least(op, "stride", stride[axis], 1);
        check_at_least(op, "padding", padding[axis], 0);
        check_at_least(op, "dilation", dilation[axis], 1);
        check_at_least(op, axis == 0 ? "input height" : "input width", x[2 + axis], 1);
        if (padding[axis] > kernel[axis] / 2)
            throw std::invalid_argument(op + ": padding must be at most kernel_size / 2 = " +
                                        std::to_string(kernel[axis]) + " / 2 = " + std::to_string(kernel[axis] / 2) +
                                        ", got " + std::to_string(padding[axis]));
    }
    Pool2dShape s{x[0], x[1], x[2], x[3], kernel[0], kernel[1], 0, 0, stride, padding, dilation};
    s.H_out = pool_output_size(op, "height", s.H_in, s.K_h, stride[0], padding[0], dilation[0], ceil_mode);
    s.W_out = pool_output_size(op, "width", s.W_in, s.K_w, stride[1], padding[1], dilation[1], ceil_mode);
    check_array_size(op, "the size of the output", {s.N, s.C, s.H_out, s.W_out});
    return s;
}

}  // namespace minicnn
