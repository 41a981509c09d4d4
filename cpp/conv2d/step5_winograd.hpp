// Step 5 of the ladder: fewer multiplications. Winograd's convolution for 3x3 kernels with stride 1.
//
// What changed since the direct steps: 16 pixels of y need 36 products for each pair of channels, not 144
// (M = 4), or 4 pixels need 16 and not 36 (M = 2). The sum over input channels becomes one matrix product for
// each of the 36 points, which the micro-kernel does as before, reading both operands as they lie:
//
//     for each block of tiles:
//         V[p] = B^T x B of its tiles                         (tiles, C_in)
//         for each point p:   products[p] = V[p] @ U[p]       (tiles, C_in) @ (C_in, C_out)
//         y = A^T products A + bias
//
// with U = G w G^T, computed once. Where tiles are few and channels many, U is the largest of all: then the loop over its
// panels of output channels is the outer one, and each panel is transformed when it is needed, in cache.
//
// Cost: 1/4 (M = 4) or 4/9 (M = 2) of the multiplications, and the transforms.
// Rounding: a tile's values share their intermediate sums, so the error of each is bounded by what the tile adds up,
// not by its own sum: within 4 eps of the same steps on absolute values, for any data. Against the convolution of
// absolute values: within 8 eps of its largest value in the tile, for layers with as many channels as "auto" asks for
// and pixels of about one size; where neighbouring pixels differ by factors of thousands, the small ones suffer, and
// algorithm="strip" keeps their digits. M = 2 is more accurate than M = 4; float64 keeps the direct steps.
//
// Source: Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks", arXiv:1509.09308.
#pragma once

#include "buffers.hpp"
#include "conv2d/kernels.hpp"
#include "conv2d/step3_tiled.hpp"
#include "conv2d/winograd_blocks.hpp"
#include "gemm/microkernel.hpp"
#include "gemm/pack.hpp"
#include "parallel.hpp"

namespace minicnn::TARGET::winograd {

constexpr index_t tiles_wanted = 32;  // in a block: four strips of the micro-kernel

/// U[point][panel of channels][c][panel width]: the transformed kernels, lanes over output channels.
struct WeightLayout {
    explicit WeightLayout(const Conv2dShape& s) : C(s.C_in), vecs(blocks_of(s.C_out, lanes<float>)) {
        panel_vecs = vecs == 1 ? 1 : vecs % 2 != 0 && vecs % 3 == 0 ? min<index_t>(3, max_vecs) : 2;
    }
    index_t C, vecs, panel_vecs;
    index_t width() const { return panel_vecs * lanes<float>; }
    index_t panels() const { return blocks_of(vecs, panel_vecs); }
    /// A vector more keeps the points of one pair of channels off one cache set.
    index_t plane() const { return panels() * C * width() + lanes<float>; }
    /// Offset of vector `v` of output channels for input channel c.
    index_t at(index_t v, index_t c) const {
        return (v / panel_vecs * C + c) * width() + v % panel_vecs * lanes<float>;
    }
};

/// kernel[c * 9 + cell][lane] for output channels o .. o + lanes: as they are, or turned by 180 degrees with input
/// and output channels exchanged (s is then the shape of the backward pass, and w is still the forward's).
inline void gather_kernels(const Conv2dShape& s, const float* w, bool turned, index_t o, float* kernel) {
    constexpr index_t L = lanes<float>;
    const index_t count = min(L, s.C_out - o);
    if (!turned) return pack(w + o * s.taps(), s.taps(), 1, count, s.taps(), kernel, L);
    for (index_t c = 0; c < s.C_in; ++c, kernel += 9 * L) {
        const float* const from = w + (c * s.C_out + o) * 9;
        if constexpr (L >= 9)  // a square of vectors that hold a kernel, unless they reach beyond the weights
            if (count == L && from + 9 * L + L <= w + s.C_in * s.C_out * 9) {
                Vec<float> square[L];
                MINICNN_UNROLL
                for (int i = 0; i < L; ++i) square[i] = load(from + 9 * i);
                transpose<float>(square);
                MINICNN_UNROLL
                for (int cell = 0; cell < 9; ++cell) store(kernel + (8 - cell) * L, square[cell]);
                continue;
            }
        for (index_t i = 0; i < L; ++i)
        for (index_t cell = 0; cell < 9; ++cell) kernel[cell * L + i] = i < count ? from[9 * i + 8 - cell] : 0.0f;
    }
}

/// U = G w G^T for vector `v` of output channels: point p of input channel c goes to U[p * plane + c * step]. `kernels`
/// has room for C_in * 9 vectors.
template <int M>
void transform_kernels(const Conv2dShape& s, const float* w, bool turned, index_t v, float* kernels, float* U,
                       index_t plane, index_t step) {
    constexpr int A = M + 2;
    constexpr index_t L = lanes<float>;
    gather_kernels(s, w, turned, v * L, kernels);
    for (index_t c = 0; c < s.C_in; ++c, U += step) {
        Vec<float> half[A][3];  // G w
        MINICNN_UNROLL
        for (int i = 0; i < A; ++i)
            MINICNN_UNROLL
            for (int j = 0; j < 3; ++j) {
                const float* cell = kernels + (c * 9 + j) * L;
                half[i][j] = load(cell) * Winograd<M>::G[i][0] + load(cell + 3 * L) * Winograd<M>::G[i][1] +
                             load(cell + 6 * L) * Winograd<M>::G[i][2];
            }
        MINICNN_UNROLL
        for (int i = 0; i < A; ++i)
            MINICNN_UNROLL
            for (int j = 0; j < A; ++j)
                store(U + (i * A + j) * plane, half[i][0] * Winograd<M>::G[j][0] + half[i][1] * Winograd<M>::G[j][1] +
                                                   half[i][2] * Winograd<M>::G[j][2]);
    }
}

/// products (tiles, a panel of the O channels) = V (tiles, C) @ U (C, panel) for one point and panel.
template <int M>
void multiply(const WinogradBlocks<M>& blocks, const WeightLayout& layout, index_t tiles, const float* V,
              const float* U, index_t panel, float* products) {
    const index_t rows = tile_rows(tiles), width = layout.width();
    const index_t vecs = min(layout.panel_vecs, layout.vecs - panel * layout.panel_vecs);
    for (index_t t = 0; t < tiles; t += rows)
        tile_of<float, Rows<float>, Lines<float>, StoreOnly<float>>(min(rows, tiles - t), vecs)(
            layout.C, {V + t * blocks.C, blocks.C}, {U, width}, products + t * blocks.O + panel * width, blocks.O, {});
}

/// The epilogue with arrays of whole vectors of channels: copies in `room`, 4 arrays of O values.
inline Epilogue<float> padded(const Epilogue<float>& epilogue, index_t C_out, index_t O, float* room) {
    Epilogue<float> all = epilogue;
    fill_zero(room, 4 * O);
    for (const float** array : {&all.bias, &all.mean, &all.scale, &all.shift}) {
        if (*array) copy(*array, C_out, room);
        if (*array || array == &all.bias) *array = room;
        room += O;
    }
    return all;
}

/// What one convolution needs besides its arrays, whatever the order of its loops.
template <int M>
struct Prepared {
    Prepared(const Conv2dShape& s, const Epilogue<float>& epilogue)
        : blocks(s, tiles_wanted), layout(s), workers(num_threads()), room(4 * blocks.O),
          scratch(workers, max(blocks.image_size(), blocks.output_size())), kernels(workers, s.C_in * 9 * lanes<float>),
          x_offset(s.H_in * s.W_in), y_offset(s.positions()), end(padded(epilogue, s.C_out, blocks.O, room.data())) {
        fill_offsets(s.H_in * s.W_in, s.W_in, blocks.image_pitch(), blocks.C, x_offset.data());
        fill_offsets(s.positions(), s.W_out, blocks.TW * M, blocks.O, y_offset.data());
    }
    const WinogradBlocks<M> blocks;
    const WeightLayout layout;
    const int workers;
    const Workspace<float> room;
    const PerWorker<float> scratch, kernels;
    const Workspace<index_t> x_offset, y_offset;
    const Epilogue<float> end;
};

/// Block by block, with all of U.
template <int M>
void convolve_by_blocks(const Prepared<M>& p, const float* x, const float* w, bool turned, float* y) {
    const WinogradBlocks<M>& blocks = p.blocks;
    const WeightLayout& layout = p.layout;
    const Workspace<float> U(blocks.points * layout.plane());
    const PerWorker<float> V(p.workers, blocks.points * blocks.v_plane());
    const PerWorker<float> products(p.workers, blocks.points * blocks.m_plane());
    parallel_for(layout.vecs, p.workers, [&](index_t v, int worker) {
        transform_kernels<M>(blocks.s, w, turned, v, p.kernels[worker], U.data() + layout.at(v, 0), layout.plane(),
                             layout.width());
    });
    parallel_for(blocks.count(), p.workers, [&](index_t i, int worker) {
        const Block block = blocks[i];
        const index_t tiles = blocks.tiles(block);
        transform_image(blocks, block, x, p.x_offset.data(), p.scratch[worker], V[worker], blocks.v_plane());
        PacedPoll poll;
        for (index_t point = 0; point < blocks.points; ++point)
        for (index_t panel = 0; panel < layout.panels(); ++panel) {
            poll.after(tiles * layout.C * layout.width());
            multiply(blocks, layout, tiles, V[worker] + point * blocks.v_plane(),
                     U.data() + point * layout.plane() + layout.at(panel * layout.panel_vecs, 0), panel,
                     products[worker] + point * blocks.m_plane());
        }
        transform_output(blocks, block, products[worker], p.end, p.y_offset.data(), p.scratch[worker], y);
    });
}

/// Panel by panel of U, with all tiles: where U is the largest of all, it never needs to leave the cache.
template <int M>
void convolve_by_panels(const Prepared<M>& p, const float* x, const float* w, bool turned, float* y) {
    const WinogradBlocks<M>& blocks = p.blocks;
    const WeightLayout& layout = p.layout;
    const index_t v_size = blocks.points * blocks.v_plane(), m_size = blocks.points * blocks.m_plane();
    const index_t width = layout.width(), u_plane = layout.C * width + lanes<float>;
    const Workspace<float> V(blocks.count() * v_size), products(blocks.count() * m_size);
    const PerWorker<float> U(p.workers, blocks.points * u_plane);
    parallel_for(blocks.count(), p.workers, [&](index_t i, int worker) {
        transform_image(blocks, blocks[i], x, p.x_offset.data(), p.scratch[worker], V.data() + i * v_size,
                        blocks.v_plane());
    });
    parallel_for(layout.panels(), p.workers, [&](index_t panel, int worker) {
        const index_t first = panel * layout.panel_vecs;
        for (index_t v = first; v < min(layout.vecs, first + layout.panel_vecs); ++v)
            transform_kernels<M>(blocks.s, w, turned, v, p.kernels[worker], U[worker] + (v - first) * lanes<float>,
                                 u_plane, width);
        PacedPoll poll;
        for (index_t point = 0; point < blocks.points; ++point)
        for (index_t i = 0; i < blocks.count(); ++i) {
            const index_t tiles = blocks.tiles(blocks[i]);
            poll.after(tiles * layout.C * width);
            multiply(blocks, layout, tiles, V.data() + i * v_size + point * blocks.v_plane(),
                     U[worker] + point * u_plane, panel, products.data() + i * m_size + point * blocks.m_plane());
        }
    });
    parallel_for(blocks.count(), p.workers, [&](index_t i, int worker) {
        transform_output(blocks, blocks[i], products.data() + i * m_size, p.end, p.y_offset.data(), p.scratch[worker],
                         y);
    });
}

template <int M>
void convolve(const Conv2dShape& s, const float* x, const float* w, bool turned, const Epilogue<float>& epilogue,
              float* y) {
    const Prepared<M> p(s, epilogue);
    if (p.blocks.few_tiles())
        convolve_by_panels(p, x, w, turned, y);
    else
        convolve_by_blocks(p, x, w, turned, y);
}

template <int M>
void forward(const Conv2dShape& s, const float* x, const float* w, const Epilogue<float>& epilogue, float* y) {
    convolve<M>(s, x, w, false, epilogue, y);
}

/// grad_x is a convolution of grad_y with the kernels turned by 180 degrees and padding 2 - padding.
template <int M>
void backward_input(const Conv2dShape& s, const float* grad_y, const float* w, const float* onto, float* grad_x) {
    const Conv2dShape t = tiled::turned_shape(s);
    convolve<M>(t, grad_y, w, true, tiled::adding(onto), grad_x);
}

}  // namespace minicnn::TARGET::winograd
