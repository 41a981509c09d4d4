// im2col: lay every window of one image out as a column, so that convolution becomes a matrix product
// (Chellapilla, Puri & Simard, "High Performance Convolutional Neural Networks for Document Processing",
// 2006, section 3; the name is from Caffe, Jia et al., arXiv:1408.5093).
//
//     image (C, H_in, W_in)  ->  columns (C * K_h * K_w, H_out * W_out)
//
// Row r of `columns` holds, for one kernel cell (c, kh, kw), the pixel under that cell at each of the
// H_out * W_out window positions. A pixel is copied once for each window that covers it: up to
// K_h * K_w times, which is the memory this step pays for speed.
#pragma once

#include "conv2d/shape.hpp"
#include "interrupt.hpp"

namespace minicnn {

/// Call `visit(column_cell, pixel)` for each cell of `columns`; `pixel` is -1 in the zero padding.
template <class Visit>
void for_each_column_cell(const Conv2dShape& s, index_t C, Visit visit) {
    index_t cell = 0;
    for (index_t c = 0; c < C; ++c)
    for (index_t kh = 0; kh < s.K_h; ++kh, poll_interrupt())
    for (index_t kw = 0; kw < s.K_w; ++kw)
    for (index_t ho = 0; ho < s.H_out; ++ho)
    for (index_t wo = 0; wo < s.W_out; ++wo, ++cell) {
        const index_t hi = s.input_row(ho, kh);
        const index_t wi = s.input_col(wo, kw);
        visit(cell, s.inside(hi, wi) ? (c * s.H_in + hi) * s.W_in + wi : -1);
    }
}

/// Copy windows to columns.
template <class T>
void im2col(const Conv2dShape& s, index_t C, const T* image, T* columns) {
    for_each_column_cell(s, C, [=](index_t cell, index_t pixel) { columns[cell] = pixel < 0 ? T(0) : image[pixel]; });
}

/// The transpose of im2col: add each column cell back to the pixel it was copied from, and call `watch(cell, sum)`.
template <class T, class Watch>
void col2im(const Conv2dShape& s, index_t C, const T* columns, T* image, Watch watch) {
    for_each_column_cell(s, C, [=](index_t cell, index_t pixel) {
        if (pixel < 0) return;
        image[pixel] += columns[cell];
        watch(cell, image[pixel]);
    });
}
template <class T>
void col2im(const Conv2dShape& s, index_t C, const T* columns, T* image) {
    col2im(s, C, columns, image, [](index_t, T) {});
}

}  // namespace minicnn
