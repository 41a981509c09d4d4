// Max pooling's row in the table of each instruction set, and how the place of a maximum is remembered.
#pragma once

#include <cstdint>

#include "pool2d/shape.hpp"

namespace minicnn {

/// A window of more cells than this keeps its maximum's pixel instead of its cell.
inline constexpr index_t max_cells = 254;
inline constexpr std::uint8_t no_cell = 255;  // a window of nothing but padding (a dilated one may be), or cut by ReLU
inline constexpr std::int64_t no_pixel = -1;

[[gnu::always_inline]] inline bool fits_cells(const Pool2dShape& s) {
    return s.K_h <= max_cells && s.K_w <= max_cells && s.K_h * s.K_w <= max_cells;
}

/// Where each window's maximum was, one value for each value of y; at most one of the two is not null.
/// A cell is a quarter of a float, so that remembering it stays cheap beside writing y.
struct Argmax {
    std::uint8_t* cell = nullptr;   // kh * K_w + kw inside the window; needs fits_cells()
    std::int64_t* pixel = nullptr;  // hi * W_in + wi inside the plane: PyTorch's indices
};

template <class T>
struct MaxPool2dKernels {
    void (*vector_forward)(const Pool2dShape&, const T* x, T* y, const Argmax&, bool relu);
    void (*vector_backward)(const Pool2dShape&, const T* grad_y, const Argmax&, T* grad_x);
};

}  // namespace minicnn
