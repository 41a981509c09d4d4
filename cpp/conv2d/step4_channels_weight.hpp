// Step 4 of the ladder, gradient of the weights where a kernel row has enough values to fill vectors.
//
// In channels-last order the K_w * C values that a kernel row meets at one output position are neighbours in
// memory, for every kernel row at the same place a row further down. So vector lanes run over (kw, c), and no
// column matrix is needed at all:
//
//     sums[co, kh, (kw, c)] += grad_y[q, co] * x[offset[q] + kh * row + (kw, c)]      q: all positions
//
// which is the micro-kernel with scattered lines, its long dimension the positions. The stride of the convolution
// is only a distance between offsets. As in the other gradients, chunks of images are summed apart, then in order.
#pragma once

#include "buffers.hpp"
#include "conv2d/channels_last.hpp"
#include "conv2d/step3_tiled_weight.hpp"

namespace minicnn::TARGET::channels {

constexpr index_t positions_wanted = 1024;  // summed in registers before `sums` is touched

/// How a group's images are cut: whole small images together, or rows of a large one.
struct Cut {
    explicit Cut(const Conv2dShape& shape)
        : s(shape), C(s.C_in / s.groups), C_out(s.C_out / s.groups), pitch(s.W_in + 2 * s.padding[1]),
          rows(s.positions() <= positions_wanted
                   ? s.H_out
                   : blocks_of(s.H_out, blocks_of(s.H_out, max<index_t>(1, positions_wanted / s.W_out)))),
          x_rows((rows - 1) * s.stride[0] + (s.K_h - 1) * s.dilation[0] + 1), x_size(x_rows * pitch * C),
          lanes_used(s.K_w * C) {}

    const Conv2dShape& s;
    const index_t C, C_out;
    const index_t pitch;               // pixels in a padded row
    const index_t rows, x_rows;        // rows of grad_y and of x in a part
    const index_t x_size, lanes_used;  // values of x in a part; values of a kernel row

    template <class T>
    index_t width() const {  // lanes_used, up to a whole vector
        return round_up(lanes_used, lanes<T>);
    }
};

/// Add one part (rows [first, first + rows) of group g of image n) to sums (C_out, K_h, width).
template <class T>
void add_part(const Cut& cut, const T* grad_y, const T* x, index_t n, index_t g, index_t first, const index_t* turn,
              const index_t* offset, T* scratch, bool accumulate, T* sums) {
    const Conv2dShape& s = cut.s;
    const index_t rows = min(cut.rows, s.H_out - first), count = rows * s.W_out, MR = tile_rows(cut.C_out);
    const index_t width = cut.width<T>(), plane = s.positions();
    load_padded_rows(x + (n * s.C_in + g * cut.C) * s.H_in * s.W_in, cut.C, s.H_in, s.W_in,
                     first * s.stride[0] - s.padding[0], cut.x_rows, s.padding[1], cut.pitch, cut.C, turn, scratch);
    const T* const gy = grad_y + (n * s.C_out + g * cut.C_out) * plane + first * s.W_out;
    const TileEnd<T> end{nullptr, accumulate, false};
    PacedPoll poll;
    for (index_t kh = 0; kh < s.K_h; ++kh)
    for (index_t v = 0; v < width; v += panel_width<T>)
    for (index_t m = 0; m < cut.C_out; m += MR) {
        poll.after(MR * panel_width<T> * count);
        const index_t vecs = min<index_t>(max_vecs, (width - v) / lanes<T>), channels = min(MR, cut.C_out - m);
        const T* const b = scratch + kh * s.dilation[0] * cut.pitch * cut.C + v;
        tile_of<T, Rows<T>, ScatteredLines<T>>(channels, vecs)(
            count, {gy + m * plane, plane}, {b, offset}, sums + (m * s.K_h + kh) * width + v, s.K_h * width, end);
    }
}

template <class T>
void backward_weight(const Conv2dShape& s, const T* grad_y, const T* x, T* grad_w) {
    const Cut cut(s);
    const int workers = num_threads();
    const index_t width = cut.template width<T>(), size = s.C_out * s.K_h * width, image = s.H_in * s.W_in;
    const index_t chunks = max<index_t>(1, min(min(s.N, tiled::max_image_chunks), tiled::partial_limit / size));
    const index_t x_room = cut.x_size + panel_width<T>;
    const Workspace<T> sums(chunks * size);
    const PerWorker<T> scratch(workers, x_room);
    const Workspace<index_t> turn(image), offset(cut.rows * s.W_out);
    fill_offsets(image, s.W_in, cut.pitch, cut.C, turn.data());
    for (index_t q = 0; q < cut.rows * s.W_out; ++q)
        offset.data()[q] = (q / s.W_out * s.stride[0] * cut.pitch + q % s.W_out * s.stride[1]) * cut.C;

    parallel_for(chunks * s.groups, workers, [&](index_t task, int worker) {
        const index_t chunk = task / s.groups, g = task % s.groups, last = s.N * (chunk + 1) / chunks;
        T* const mine = sums.data() + (chunk * s.C_out + g * cut.C_out) * s.K_h * width;
        T* const work = scratch[worker];
        fill_zero(work + cut.x_size, panel_width<T>);  // read by the last, partial vector; never used
        bool accumulate = false;
        PacedPoll poll;
        for (index_t n = s.N * chunk / chunks; n < last; ++n)
        for (index_t first = 0; first < s.H_out; first += cut.rows) {
            add_part(cut, grad_y, x, n, g, first, turn.data(), offset.data(), work, accumulate,
                     mine);
            accumulate = true;
            poll.after(cut.C_out * s.K_h * width * cut.rows * s.W_out);
        }
    });
    parallel_for(s.C_out, workers, [&](index_t co, int) {
        for (index_t c = 0; c < cut.C; ++c)
        for (index_t kh = 0; kh < s.K_h; ++kh)
        for (index_t kw = 0; kw < s.K_w; ++kw) {
            const T* part = sums.data() + (co * s.K_h + kh) * width + kw * cut.C + c;
            T total = part[0];
            for (index_t chunk = 1; chunk < chunks; ++chunk) total += part[chunk * size];
            grad_w[((co * cut.C + c) * s.K_h + kh) * s.K_w + kw] = total;
        }
    });
}

/// Whether lanes over (kw, c) serve this shape, and lose at most a quarter of the lanes.
template <class T>
bool fits(const Conv2dShape& s) {
    const index_t used = s.C_in / s.groups * s.K_w;
    return s.N > 0 && (s.dilation[1] == 1 || s.K_w == 1) && 4 * used >= 3 * round_up(used, lanes<T>);
}

}  // namespace minicnn::TARGET::channels
