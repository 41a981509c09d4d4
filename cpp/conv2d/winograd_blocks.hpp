// How Winograd's convolution cuts a batch into blocks of tiles, and its two transforms of whole blocks.
//
// A tile is M x M pixels of y, computed from (M + 2) x (M + 2) pixels of the image; neighbours overlap by 2.
// A block is some rows of tiles of one image, or several whole images if they are small, so that its tiles fill
// the strips of the micro-kernel and everything it touches stays in a core's L2 cache.
#pragma once

#include "conv2d/channels_last.hpp"
#include "conv2d/kernels.hpp"
#include "conv2d/shape.hpp"
#include "conv2d/winograd_transforms.hpp"

namespace minicnn::TARGET {

struct Block {
    index_t n, images;  // images [n, n + images)
    index_t row, rows;  // rows of tiles [row, row + rows) of each
};

template <int M>
struct WinogradBlocks {
    static constexpr index_t points = Winograd<M>::points * Winograd<M>::points;

    WinogradBlocks(const Conv2dShape& shape, index_t tiles_wanted)
        : s(shape), TH(blocks_of(s.H_out, M)), TW(blocks_of(s.W_out, M)),
          C(round_up(s.C_in, lanes<float>)), O(round_up(s.C_out, lanes<float>)),
          images(max<index_t>(1, min(s.N, tiles_wanted / (TH * TW)))),
          rows(images > 1 ? TH : blocks_of(TH, blocks_of(TH, max<index_t>(1, tiles_wanted / TW)))) {}

    const Conv2dShape& s;
    const index_t TH, TW;        // tiles down and across one image
    const index_t C, O;          // channels in scratch memory: whole vectors
    const index_t images, rows;  // of a full block

    index_t count() const { return blocks_of(s.N, images) * blocks_of(TH, rows); }
    Block operator[](index_t i) const {
        const index_t per_image = blocks_of(TH, rows), n = i / per_image * images, row = i % per_image * rows;
        return {n, min(images, s.N - n), row, min(rows, TH - row)};
    }
    index_t tiles() const { return images * rows * TW; }
    index_t tiles(const Block& b) const { return b.images * b.rows * TW; }
    /// Whether the transformed images and products take less memory than the transformed kernels.
    bool few_tiles() const { return count() * tiles() * (C + O) < C * O; }
    // Values in the scratch of one block. A vector more keeps the planes of V (and of the products) off one cache set.
    index_t v_plane() const { return tiles() * C + lanes<float>; }
    index_t m_plane() const { return tiles() * O + lanes<float>; }
    index_t image_pitch() const { return TW * M + 2; }
    index_t image_size() const { return images * (rows * M + 2) * image_pitch() * C; }
    index_t output_size() const { return images * rows * M * TW * M * O; }
};

/// V[point * plane + tile * C + c] = B^T d B of each tile of the block. `scratch` has room for image_size() values.
template <int M>
void transform_image(const WinogradBlocks<M>& blocks, const Block& block, const float* x, const index_t* offset,
                     float* scratch, float* V, index_t plane) {
    constexpr int A = M + 2, L = lanes<float>;
    const Conv2dShape& s = blocks.s;
    const index_t C = blocks.C, pitch = blocks.image_pitch(), rows = block.rows * M + 2;
    for (index_t i = 0; i < block.images; ++i)
        load_padded_rows(x + (block.n + i) * s.C_in * s.H_in * s.W_in, s.C_in, s.H_in, s.W_in,
                         block.row * M - s.padding[0], rows, s.padding[1], pitch, C, offset,
                         scratch + i * rows * pitch * C);
    for (index_t i = 0; i < block.images; ++i)
    for (index_t r = 0; r < block.rows; ++r)
    for (index_t t = 0; t < blocks.TW; ++t, V += C) {
        const float* from = scratch + ((i * rows + r * M) * pitch + t * M) * C;
        for (index_t c = 0; c < C; c += L) {
            Vec<float> d[A * A];
            MINICNN_UNROLL
            for (int h = 0; h < A; ++h)
                MINICNN_UNROLL
                for (int w = 0; w < A; ++w) d[h * A + w] = load(from + (h * pitch + w) * C + c);
            MINICNN_UNROLL
            for (int h = 0; h < A; ++h) Winograd<M>::image(d + h * A, 1);
            MINICNN_UNROLL
            for (int w = 0; w < A; ++w) Winograd<M>::image(d + w, A);
            MINICNN_UNROLL
            for (int p = 0; p < A * A; ++p) store(V + p * plane + c, d[p]);
        }
    }
}

/// y of the block's tiles = A^T m A, then the epilogue (whose arrays have whole vectors of channels, and a bias in any
/// case), channels-last in `scratch`, then turned into the planes of y.
template <int M>
void transform_output(const WinogradBlocks<M>& blocks, const Block& block, const float* products,
                      const Epilogue<float>& end, const index_t* offset, float* scratch, float* y) {
    constexpr int A = M + 2, L = lanes<float>;
    const Conv2dShape& s = blocks.s;
    const index_t O = blocks.O, pitch = blocks.TW * M, plane = blocks.m_plane();
    const bool relu = end.relu && !end.residual;
    Epilogue<float> last;  // what waits until values are in planes
    last.residual = end.residual, last.relu = end.relu;
    for (index_t i = 0; i < block.images; ++i)
    for (index_t r = 0; r < block.rows; ++r)
    for (index_t t = 0; t < blocks.TW; ++t, products += O) {
        float* to = scratch + ((i * block.rows + r) * M * pitch + t * M) * O;
        for (index_t o = 0; o < O; o += L) {
            Vec<float> m[A * A];
            MINICNN_UNROLL
            for (int p = 0; p < A * A; ++p) m[p] = load(products + p * plane + o);
            MINICNN_UNROLL
            for (int h = 0; h < A; ++h) Winograd<M>::output(m + h * A, 1);
            MINICNN_UNROLL
            for (int w = 0; w < M; ++w) Winograd<M>::output(m + w, A);
            const Vec<float> bias = load(end.bias + o);
            Vec<float> mean{}, scale{}, shift{};
            if (end.mean) mean = load(end.mean + o), scale = load(end.scale + o), shift = load(end.shift + o);
            MINICNN_UNROLL
            for (int h = 0; h < M; ++h)
                MINICNN_UNROLL
                for (int w = 0; w < M; ++w) {
                    Vec<float> v = m[h * A + w] + bias;
                    if (end.mean) v = (v - mean) * scale + shift;
                    store(to + (h * pitch + w) * O + o, relu ? (v < Vec<float>{} ? Vec<float>{} : v) : v);
                }
        }
    }
    const index_t first = block.row * M, rows = min(block.rows * M, s.H_out - first);
    for (index_t i = 0; i < block.images; ++i) {
        const float* const image = scratch + i * block.rows * M * pitch * O;
        const index_t at = (block.n + i) * s.C_out * s.positions() + first * s.W_out;
        if (end.residual)
            from_channels_last(image, offset, s.positions(), s.C_out, 0, rows * s.W_out, y + at,
                               Finish<float>(last, 0, at));
        else
            from_channels_last(image, offset, s.positions(), s.C_out, 0, rows * s.W_out, y + at);
    }
}

}  // namespace minicnn::TARGET
