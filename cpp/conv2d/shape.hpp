// The sizes of one 2-D convolution, checked and derived in one place.
#pragma once

#include "checked.hpp"
#include "types.hpp"

namespace minicnn {

/// A plain struct of sizes. Its functions are forced inline: files that are compiled once per instruction set use
/// them too, and must not share a copy with the rest.
struct Conv2dShape {
    index_t N, C_in, H_in, W_in;  // x: (N, C_in, H_in, W_in)
    index_t C_out, K_h, K_w;      // weight: (C_out, C_in / groups, K_h, K_w)
    index_t H_out, W_out;         // y: (N, C_out, H_out, W_out)
    Size2 stride, padding, dilation;
    index_t groups;

    /// Input row under kernel row `kh` when the window is at output row `ho`; outside the image in the padding.
    [[gnu::always_inline]] index_t input_row(index_t ho, index_t kh) const {
        return ho * stride[0] - padding[0] + kh * dilation[0];
    }
    [[gnu::always_inline]] index_t input_col(index_t wo, index_t kw) const {
        return wo * stride[1] - padding[1] + kw * dilation[1];
    }
    /// False in the zero padding.
    [[gnu::always_inline]] bool inside(index_t hi, index_t wi) const {
        return 0 <= hi && hi < H_in && 0 <= wi && wi < W_in;
    }
    /// Multiplications that one output value needs: the rows of its im2col matrix.
    [[gnu::always_inline]] index_t taps() const { return C_in / groups * K_h * K_w; }
    /// Windows in one image: the columns of its im2col matrix.
    [[gnu::always_inline]] index_t positions() const { return H_out * W_out; }
};

/// Number of places where the kernel fits along one axis; throw if it fits nowhere.
///
///     input 5, padding 1    . x x x x x .
///     kernel 3, dilation 1  k k k
///     stride 2                  k k k
///                                   k k k    -> 3 places
///
/// Source: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285,
/// section 5.1 (dilated convolution).
inline index_t conv_output_size(const std::string& op, const char* axis, index_t input, index_t kernel, index_t stride,
                                index_t padding, index_t dilation) {
    const index_t extent = checked_add(op, "dilation * (kernel - 1) + 1",
                                       checked_mul(op, "dilation * (kernel - 1)", dilation, kernel - 1), 1);
    const index_t padded =
        checked_add(op, "the padded input", input, checked_mul(op, "the padded input", 2, padding));
    if (extent > padded)
        throw std::invalid_argument(op + ": " + axis + ": the dilated kernel covers dilation * (kernel - 1) + 1 = " +
                                    std::to_string(extent) + " pixels but the padded input has only " +
                                    std::to_string(input) + " + 2 * " + std::to_string(padding) + " = " +
                                    std::to_string(padded));
    return (padded - extent) / stride + 1;
}

/// Build the shape of `conv2d(x, weight)`; throw `std::invalid_argument` if it has none.
inline Conv2dShape conv2d_shape(const Shape4& x, const Shape4& weight, Size2 stride, Size2 padding, Size2 dilation,
                                index_t groups) {
    const std::string op = "conv2d";
    const auto fail = [&](const std::string& message) { throw std::invalid_argument(op + ": " + message); };
    check_at_least(op, "groups", groups, 1);
    for (int axis = 0; axis < 2; ++axis) {
        check_at_least(op, "stride", stride[axis], 1);
        check_at_least(op, "padding", padding[axis], 0);
        check_at_least(op, "dilation", dilation[axis], 1);
        check_at_least(op, "kernel size", weight[2 + axis], 1);
        check_at_least(op, axis == 0 ? "input height" : "input width", x[2 + axis], 1);
    }
    check_at_least(op, "in_channels", x[1], 1);
    check_at_least(op, "out_channels", weight[0], 1);
    if (x[1] % groups != 0 || x[1] / groups != weight[1])
        fail("x has shape " + to_string(x) + " and weight " + to_string(weight) +
             ": with groups=" + std::to_string(groups) + ", weight.shape[1] must be x.shape[1] / groups = " +
             std::to_string(x[1]) + " / " + std::to_string(groups) + ", got " + std::to_string(weight[1]));
    if (weight[0] % groups != 0)
        fail("weight.shape[0] (out_channels) must be divisible by groups=" + std::to_string(groups) + ", got " +
             std::to_string(weight[0]));
    Conv2dShape s{x[0], x[1], x[2], x[3], weight[0], weight[2], weight[3], 0, 0, stride, padding, dilation, groups};
    s.H_out = conv_output_size(op, "height", s.H_in, s.K_h, stride[0], padding[0], dilation[0]);
    s.W_out = conv_output_size(op, "width", s.W_in, s.K_w, stride[1], padding[1], dilation[1]);
    // With one place the stride has no effect; as a number of 63 bits it could overflow a kernel's arithmetic.
    if (s.H_out == 1) s.stride[0] = stride[0] > 2 ? 2 : stride[0];
    if (s.W_out == 1) s.stride[1] = stride[1] > 2 ? 2 : stride[1];
    check_array_size(op, "the size of the output", {s.N, s.C_out, s.H_out, s.W_out});
    // Kernels multiply the padded sizes and strides by one another, by threads (256) and by lanes of a vector (16).
    check_array_size(op, "the size of the padded input",
                     {256 * 16, s.C_in, s.H_in + 2 * padding[0], s.W_in + 2 * padding[1]});
    return s;
}

}  // namespace minicnn
