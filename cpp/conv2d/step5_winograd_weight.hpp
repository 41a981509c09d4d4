// Step 5 of the ladder, gradient of the weights: the exact transpose of the forward pass,
//
//     grad_w = G^T [ sum over tiles of (B^T x B) . (A grad_y A^T) ] G
//
// so one matrix product for each point p: dU[p] (C_in, C_out) = V[p]^T (C_in, tiles) @ Z[p] (tiles, C_out).
//
// Small dU: chunks of blocks, whose number follows from the shape, each with a sum of its own, which are added
// in order at the end. Large dU: one sum; the threads share the blocks' transforms, then the points.
#pragma once

#include "conv2d/step5_winograd.hpp"

namespace minicnn::TARGET::winograd {

constexpr index_t weight_tiles = 64;                 // in a block: what dU is loaded and stored for
constexpr index_t small_sum = index_t(3) << 18;      // values of dU (3 MB) up to which each chunk gets its own
constexpr index_t max_chunks = 8;
constexpr index_t large_scratch = index_t(1) << 23;  // values of V and Z together (32 MB) where dU is large

/// Z[point * plane + tile * O + o] = A g A^T of each tile of grad_y in the block.
template <int M>
void transform_gradient(const WinogradBlocks<M>& blocks, const Block& block, const float* grad_y,
                        const index_t* offset, float* scratch, float* Z, index_t plane) {
    constexpr int A = M + 2, L = lanes<float>;
    const Conv2dShape& s = blocks.s;
    const index_t O = blocks.O, pitch = blocks.TW * M, rows = block.rows * M;
    for (index_t i = 0; i < block.images; ++i)
        load_padded_rows(grad_y + (block.n + i) * s.C_out * s.positions(), s.C_out, s.H_out, s.W_out, block.row * M,
                         rows, 0, pitch, O, offset, scratch + i * rows * pitch * O);
    for (index_t i = 0; i < block.images; ++i)
    for (index_t r = 0; r < block.rows; ++r)
    for (index_t t = 0; t < blocks.TW; ++t, Z += O) {
        const float* from = scratch + ((i * rows + r * M) * pitch + t * M) * O;
        for (index_t o = 0; o < O; o += L) {
            Vec<float> g[A * A];
            MINICNN_UNROLL
            for (int h = 0; h < M; ++h)
                MINICNN_UNROLL
                for (int w = 0; w < M; ++w) g[h * A + w] = load(from + (h * pitch + w) * O + o);
            MINICNN_UNROLL
            for (int h = 0; h < M; ++h) Winograd<M>::gradient(g + h * A, 1);
            MINICNN_UNROLL
            for (int w = 0; w < A; ++w) Winograd<M>::gradient(g + w, A);
            MINICNN_UNROLL
            for (int p = 0; p < A * A; ++p) store(Z + p * plane + o, g[p]);
        }
    }
}

/// dU[p] = or += V[p]^T @ Z[p] over `tiles` tiles; the planes of V and Z are v_plane and z_plane values apart.
template <int M>
void multiply_transposed(const WinogradBlocks<M>& blocks, index_t p, index_t tiles, const float* V, index_t v_plane,
                         const float* Z, index_t z_plane, bool accumulate, float* dU) {
    const WeightLayout layout(blocks.s);
    const index_t rows = tile_rows(layout.C), width = layout.width();
    const TileEnd<float> end{nullptr, accumulate, false};
    PacedPoll poll;
    for (index_t panel = 0; panel < layout.panels(); ++panel) {
        poll.after(tiles * layout.C * width);
        const index_t vecs = min(layout.panel_vecs, layout.vecs - panel * layout.panel_vecs);
        for (index_t c = 0; c < layout.C; c += rows)
            tile_of<float>(min(rows, layout.C - c), vecs)(
                tiles, V + p * v_plane + c, blocks.C, {Z + p * z_plane + panel * width, blocks.O},
                dU + p * layout.plane() + (panel * layout.C + c) * width, width, end);
    }
}

/// grad_w = G^T dU G, with dU the sum of `chunks` parts in order.
template <int M>
void finish_weights(const Conv2dShape& s, const float* parts, index_t chunks, int workers, float* grad_w) {
    constexpr int A = M + 2;
    constexpr index_t L = lanes<float>;
    const WeightLayout layout(s);
    const index_t part = A * A * layout.plane(), room = s.C_in * 9 * L;
    const PerWorker<float> kernels(workers, room);
    parallel_for(layout.vecs, workers, [&](index_t v, int worker) {
        float* const kernel = kernels[worker];  // [c * 9 + cell][lane]
        for (index_t c = 0; c < s.C_in; ++c) {
            Vec<float> half[3][A];  // G^T dU
            MINICNN_UNROLL
            for (int j = 0; j < A; ++j) {
                MINICNN_UNROLL
                for (int k = 0; k < 3; ++k) half[k][j] = Vec<float>{};
                MINICNN_UNROLL
                for (int i = 0; i < A; ++i) {
                    const float* from = parts + (i * A + j) * layout.plane() + layout.at(v, c);
                    Vec<float> sum = load(from);
                    for (index_t h = 1; h < chunks; ++h) sum += load(from + h * part);
                    MINICNN_UNROLL
                    for (int k = 0; k < 3; ++k) half[k][j] += sum * Winograd<M>::G[i][k];
                }
            }
            MINICNN_UNROLL
            for (int k = 0; k < 3; ++k)
                MINICNN_UNROLL
                for (int l = 0; l < 3; ++l) {
                    Vec<float> sum = half[k][0] * Winograd<M>::G[0][l];
                    MINICNN_UNROLL
                    for (int j = 1; j < A; ++j) sum += half[k][j] * Winograd<M>::G[j][l];
                    store(kernel + (c * 9 + k * 3 + l) * L, sum);
                }
        }
        const index_t taps = s.taps();
        pack(kernel, L, 1, taps, min(L, s.C_out - v * L), grad_w + v * L * taps, taps);  // lanes back to rows
    });
}

template <int M>
void backward_weight(const Conv2dShape& s, const float* grad_y, const float* x, float* grad_w) {
    const WeightLayout layout(s);
    const int workers = num_threads();
    const index_t dU_size = Winograd<M>::points * Winograd<M>::points * layout.plane();
    const WinogradBlocks<M> blocks(s, weight_tiles);
    const index_t count = blocks.count(), tiles = blocks.tiles();
    if (count == 0) return fill_zero(grad_w, s.C_out * s.taps());
    const bool small = dU_size <= small_sum;
    const index_t chunks = small ? min(max_chunks, blocks_of(count, 2)) : 1;
    // V and Z: one block for each thread, or as many blocks as the scratch may hold, shared by all
    const index_t block_size = blocks.points * tiles * (blocks.C + blocks.O);
    const index_t shared = small ? 1 : max<index_t>(1, min(count, large_scratch / block_size));
    const index_t v_plane = shared * tiles * blocks.C + lanes<float>, z_plane = shared * tiles * blocks.O + lanes<float>;
    const index_t slots = small ? workers : 1;
    const index_t scratch_size = max(blocks.image_size(), blocks.output_size());
    const Workspace<float> dU(chunks * dU_size);
    const PerWorker<float> V(slots, blocks.points * v_plane), Z(slots, blocks.points * z_plane), scratch(workers, scratch_size);
    const Workspace<index_t> x_offset(s.H_in * s.W_in), y_offset(s.positions());
    fill_offsets(s.H_in * s.W_in, s.W_in, blocks.image_pitch(), blocks.C, x_offset.data());
    fill_offsets(s.positions(), s.W_out, blocks.TW * M, blocks.O, y_offset.data());

    const auto transform = [&](index_t i, float* v, float* z, int worker) {
        float* const work = scratch[worker];
        transform_image(blocks, blocks[i], x, x_offset.data(), work, v, v_plane);
        transform_gradient(blocks, blocks[i], grad_y, y_offset.data(), work, z, z_plane);
    };
    if (small) {
        parallel_for(chunks, workers, [&](index_t chunk, int worker) {
            float* const v = V[worker];
            float* const z = Z[worker];
            const index_t first = count * chunk / chunks, last = count * (chunk + 1) / chunks;
            for (index_t i = first; i < last; ++i) {
                poll_interrupt();
                transform(i, v, z, worker);
                for (index_t p = 0; p < blocks.points; ++p)
                    multiply_transposed(blocks, p, blocks.tiles(blocks[i]), v, v_plane, z, z_plane, i > first,
                                        dU.data() + chunk * dU_size);
            }
        });
    } else {
        const Workspace<index_t> start(shared + 1);  // of each block among the tiles of V and Z
        for (index_t first = 0; first < count; first += shared) {
            const index_t here = min(shared, count - first);
            start.data()[0] = 0;
            for (index_t i = 0; i < here; ++i)
                start.data()[i + 1] = start.data()[i] + blocks.tiles(blocks[first + i]);
            parallel_for(here, workers, [&](index_t i, int worker) {
                const index_t at = start.data()[i];
                transform(first + i, V[0] + at * blocks.C, Z[0] + at * blocks.O, worker);
            });
            parallel_for(blocks.points, workers, [&](index_t p, int) {
                multiply_transposed(blocks, p, start.data()[here], V[0], v_plane, Z[0], z_plane, first > 0,
                                    dU.data());
            });
        }
    }
    finish_weights<M>(s, dU.data(), chunks, workers, grad_w);
}

}  // namespace minicnn::TARGET::winograd
