// Step 2 of the ladder, for the shapes that its vectors of windows do not serve: window by window, its rows in
// vectors where they are long.
//
// The maximum is found first and looked up after: most of a window is then only compared, never remembered.
#pragma once

#include "max_pool2d/kernels.hpp"
#include "pool2d/strided.hpp"

namespace minicnn::TARGET::max_pool2d_vector {

/// The largest of n values `step` apart, and of `best`; NaN if there is one.
template <class T>
T largest(const T* p, index_t n, index_t step, T best) {
    index_t i = 0;
    if (step == 1 && n >= lanes<T>) {
        Vec<T> top = splat(best);
        for (; i + lanes<T> <= n; i += lanes<T>) {
            const Vec<T> v = load(p + i);
            top = ((v > top) | (v != v)) ? v : top;
        }
        for (int lane = 0; lane < lanes<T>; ++lane) best = top[lane] > best || top[lane] != top[lane] ? top[lane] : best;
    }
    for (; i < n; ++i) best = p[i * step] > best || p[i * step] != p[i * step] ? p[i * step] : best;
    return best;
}

/// The window's first cell whose value equals `best`, or is a NaN like it; {-1, -1} if the window is empty.
template <class T>
Size2 find_cell(const Pool2dShape& s, const T* plane, index_t ho, index_t wo, T best) {
    const KernelRange rows = s.rows_inside(ho), cols = s.cols_inside(wo);
    for (index_t kh = rows.begin; kh < rows.end; ++kh)
    for (index_t kw = cols.begin; kw < cols.end; ++kw) {
        const T value = plane[s.input_row(ho, kh) * s.W_in + s.input_col(wo, kw)];
        if (value == best || (value != value && best != best)) return {kh, kw};
    }
    return {-1, -1};
}

/// The window's first cell inside the image; {-1, -1} if there is none.
inline Size2 first_cell(const Pool2dShape& s, index_t ho, index_t wo) {
    const KernelRange rows = s.rows_inside(ho), cols = s.cols_inside(wo);
    if (rows.size() == 0 || cols.size() == 0) return {-1, -1};
    return {rows.begin, cols.begin};
}

template <class T>
T largest_of_window(const Pool2dShape& s, const T* plane, index_t ho, index_t wo) {
    const KernelRange rows = s.rows_inside(ho), cols = s.cols_inside(wo);
    T best = -T(__builtin_inf());
    if (cols.size() == 0) return best;
    for (index_t kh = rows.begin; kh < rows.end; ++kh)
        best = largest(plane + s.input_row(ho, kh) * s.W_in + s.input_col(wo, cols.begin), cols.size(), s.dilation[1],
                       best);
    return best;
}

template <class T>
void forward_windows(const Pool2dShape& s, const T* x, T* y, const Argmax& argmax, bool relu) {
    for_each_range_of_planes(s, num_threads(), [&](index_t first, index_t last, int) {
        index_t i = first * s.windows();  // over y
        PacedPoll poll;
        for (index_t plane = first; plane < last; ++plane)
        for (index_t ho = 0; ho < s.H_out; ++ho)
        for (index_t wo = 0; wo < s.W_out; ++wo, ++i) {
            poll.after(s.K_h * s.K_w);
            const T* const image = x + plane * s.pixels();
            y[i] = largest_of_window(s, image, ho, wo);
            const bool cut = relu && y[i] <= T(0);  // ReLU makes a zero of every pixel
            // 0 and -0 are equal, and the first wins: which of them that was must be looked up
            if (!argmax.cell && !argmax.pixel && !cut && y[i] != T(0)) continue;
            const Size2 cell = cut ? first_cell(s, ho, wo) : find_cell(s, image, ho, wo, y[i]);
            index_t pixel = cell[0] >= 0 ? s.input_row(ho, cell[0]) * s.W_in + s.input_col(wo, cell[1]) : no_pixel;
            if (pixel != no_pixel) y[i] = cut && image[pixel] < T(0) ? T(0) : image[pixel];
            if (cut) pixel = no_pixel;
            if (argmax.cell) argmax.cell[i] = std::uint8_t(pixel != no_pixel ? cell[0] * s.K_w + cell[1] : no_cell);
            if (argmax.pixel) argmax.pixel[i] = pixel;
        }
    });
}

/// The pixel in the plane of cell `cell` of the window at (ho, wo).
inline index_t pixel_of(const Pool2dShape& s, index_t ho, index_t wo, std::uint8_t cell) {
    if (cell == no_cell) return no_pixel;
    return s.input_row(ho, cell / s.K_w) * s.W_in + s.input_col(wo, cell % s.K_w);
}

/// PyTorch's indices.
inline void cells_to_pixels(const Pool2dShape& s, const std::uint8_t* cells, std::int64_t* pixels) {
    for_each_range_of_planes(s, num_threads(), [&](index_t first, index_t last, int) {
        index_t i = first * s.windows();
        for (index_t plane = first; plane < last; ++plane)
        for (index_t ho = 0; ho < s.H_out; ++ho)
        for (index_t wo = 0; wo < s.W_out; ++wo, ++i) pixels[i] = pixel_of(s, ho, wo, cells[i]);
    });
}

template <class T>
void backward_windows(const Pool2dShape& s, const T* grad_y, const Argmax& argmax, T* grad_x) {
    for_each_range_of_planes(s, num_threads(), [&](index_t first, index_t last, int) {
        index_t i = first * s.windows();  // over y
        for (index_t plane = first; plane < last; ++plane) {
            T* const image = grad_x + plane * s.pixels();
            fill_zero(image, s.pixels());
            for (index_t ho = 0; ho < s.H_out; ++ho)
            for (index_t wo = 0; wo < s.W_out; ++wo, ++i) {
                const index_t at = argmax.pixel ? argmax.pixel[i] : pixel_of(s, ho, wo, argmax.cell[i]);
                if (0 <= at && at < s.pixels()) image[at] += grad_y[i];  // a caller may have written to `indices`
            }
        }
    });
}

}  // namespace minicnn::TARGET::max_pool2d_vector
