// Step 5 of the ladder, gradient of the weights: the exact transpose of the forward pass,
//
//     grad_w = G^T [ sum over tiles of (B^T x B) . (A grad_y A^T) ] G
//
// so one matrix product for each point p: dU[p] (C_in, C_out) = V[p]^T (C_in, tiles) @ Z[p] (tiles, C_out).
//
// Small dU: chunks of blocks, whose number follows from the shape, each with a sum of its own, which are added
// in order at the end. Large dU: one sum; the threads share the blocks' transforms, then panels of output channels, or
// the points where there are too many tiles to keep.
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

/// dU (C, a panel of the output channels) = or += V^T @ Z over `tiles` tiles, for one point and panel.
template <int M>
void multiply_transposed(const WinogradBlocks<M>& blocks, const WeightLayout& layout, index_t tiles, const float* V,
                         const float* Z, index_t panel, bool accumulate, float* dU) {
    const index_t rows = tile_rows(layout.C), width = layout.width();
    const index_t vecs = min(layout.panel_vecs, layout.vecs - panel * layout.panel_vecs);
    const TileEnd<float> end{nullptr, accumulate, false};
    for (index_t c = 0; c < layout.C; c += rows)
        tile_of<float>(min(rows, layout.C - c), vecs)(tiles, {V + c, blocks.C}, {Z + panel * width, blocks.O},
                                                      dU + c * width, width, end);
}

/// Where a vector of output channels finds its sums dU: point p of input channel c at data[p * plane + c * step], in each
/// of `chunks` parts that are `part` values apart.
struct Sums {
    const float* data;
    index_t plane, step, chunks, part;
};

/// grad_w = G^T dU G for vector `v` of output channels, with dU the sum of the parts in order. `kernels` has room for
/// C_in * 9 vectors.
template <int M>
void finish_kernels(const Conv2dShape& s, const Sums& sums, index_t v, float* kernels, float* grad_w) {
    constexpr int A = M + 2;
    constexpr index_t L = lanes<float>;
    for (index_t c = 0; c < s.C_in; ++c) {
        Vec<float> half[3][A];  // G^T dU
        MINICNN_UNROLL
        for (int j = 0; j < A; ++j) {
            MINICNN_UNROLL
            for (int k = 0; k < 3; ++k) half[k][j] = Vec<float>{};
            MINICNN_UNROLL
            for (int i = 0; i < A; ++i) {
                const float* from = sums.data + (i * A + j) * sums.plane + c * sums.step;
                Vec<float> sum = load(from);
                for (index_t h = 1; h < sums.chunks; ++h) sum += load(from + h * sums.part);
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
                store(kernels + (c * 9 + k * 3 + l) * L, sum);  // [c * 9 + cell][lane]
            }
    }
    const index_t taps = s.taps();
    pack(kernels, L, 1, taps, min(L, s.C_out - v * L), grad_w + v * L * taps, taps);  // lanes back to rows
}

/// What the gradient needs besides its arrays. V and Z hold `shared` blocks, all tiles of a point behind each other.
template <int M>
struct WeightPass {
    WeightPass(const Conv2dShape& s, const float* grad_y_, const float* x_, const WinogradBlocks<M>& cut, index_t shared)
        : blocks(cut), layout(s), workers(num_threads()), grad_y(grad_y_), x(x_),
          v_plane(shared * blocks.tiles() * blocks.C + lanes<float>),
          z_plane(shared * blocks.tiles() * blocks.O + lanes<float>),
          scratch(workers, max(blocks.image_size(), blocks.output_size())),
          kernels(workers, s.C_in * 9 * lanes<float>), x_offset(s.H_in * s.W_in), y_offset(s.positions()) {
        fill_offsets(s.H_in * s.W_in, s.W_in, blocks.image_pitch(), blocks.C, x_offset.data());
        fill_offsets(s.positions(), s.W_out, blocks.TW * M, blocks.O, y_offset.data());
    }
    void transform(index_t i, float* V, float* Z, int worker) const {
        transform_image(blocks, blocks[i], x, x_offset.data(), scratch[worker], V, v_plane);
        transform_gradient(blocks, blocks[i], grad_y, y_offset.data(), scratch[worker], Z, z_plane);
    }
    /// Transform blocks [first, first + count); return the number of their tiles.
    index_t transform_all(index_t first, index_t count, float* V, float* Z) const {
        const Workspace<index_t> start(count + 1);  // of each block among the tiles of V and Z
        start.data()[0] = 0;
        for (index_t i = 0; i < count; ++i) start.data()[i + 1] = start.data()[i] + blocks.tiles(blocks[first + i]);
        parallel_for(count, workers, [&](index_t i, int worker) {
            transform(first + i, V + start.data()[i] * blocks.C, Z + start.data()[i] * blocks.O, worker);
        });
        return start.data()[count];
    }
    /// One panel of dU, `to` its first value.
    void multiply(index_t point, index_t panel, index_t tiles, const float* V, const float* Z, bool accumulate,
                  float* to) const {
        multiply_transposed(blocks, layout, tiles, V + point * v_plane, Z + point * z_plane, panel, accumulate, to);
    }
    /// All panels of a dU in the layout of U.
    void multiply(index_t point, index_t tiles, const float* V, const float* Z, bool accumulate, float* dU) const {
        PacedPoll poll;
        for (index_t panel = 0; panel < layout.panels(); ++panel) {
            poll.after(tiles * layout.C * layout.width());
            multiply(point, panel, tiles, V, Z, accumulate,
                     dU + point * layout.plane() + layout.at(panel * layout.panel_vecs, 0));
        }
    }
    void finish(const float* dU, index_t chunks, float* grad_w) const {
        const index_t part = blocks.points * layout.plane();
        parallel_for(layout.vecs, workers, [&](index_t v, int worker) {
            const Sums sums{dU + layout.at(v, 0), layout.plane(), layout.width(), chunks, part};
            finish_kernels<M>(blocks.s, sums, v, kernels[worker], grad_w);
        });
    }

    const WinogradBlocks<M>& blocks;
    const WeightLayout layout;
    const int workers;
    const float *grad_y, *x;
    const index_t v_plane, z_plane;
    const PerWorker<float> scratch, kernels;
    const Workspace<index_t> x_offset, y_offset;
};

/// Small dU: chunks of blocks, each with a sum of its own.
template <int M>
void sum_by_chunks(const WeightPass<M>& pass, float* grad_w) {
    const index_t points = pass.blocks.points, dU_size = points * pass.layout.plane(), count = pass.blocks.count();
    const index_t chunks = min(max_chunks, blocks_of(count, 2));
    const Workspace<float> dU(chunks * dU_size);
    const PerWorker<float> V(pass.workers, points * pass.v_plane), Z(pass.workers, points * pass.z_plane);
    parallel_for(chunks, pass.workers, [&](index_t chunk, int worker) {
        const index_t first = count * chunk / chunks, last = count * (chunk + 1) / chunks;
        for (index_t i = first; i < last; ++i) {
            poll_interrupt();
            pass.transform(i, V[worker], Z[worker], worker);
            for (index_t point = 0; point < points; ++point)
                pass.multiply(point, pass.blocks.tiles(pass.blocks[i]), V[worker], Z[worker], i > first,
                              dU.data() + chunk * dU_size);
        }
    });
    pass.finish(dU.data(), chunks, grad_w);
}

/// Large dU and few tiles: panel by panel of dU, which never needs to leave the cache.
template <int M>
void sum_by_panels(const WeightPass<M>& pass, float* grad_w) {
    const WeightLayout& layout = pass.layout;
    const index_t points = pass.blocks.points, width = layout.width(), plane = layout.C * width + lanes<float>;
    const Workspace<float> V(points * pass.v_plane), Z(points * pass.z_plane);
    const PerWorker<float> dU(pass.workers, points * plane);
    const index_t tiles = pass.transform_all(0, pass.blocks.count(), V.data(), Z.data());
    parallel_for(layout.panels(), pass.workers, [&](index_t panel, int worker) {
        PacedPoll poll;
        for (index_t point = 0; point < points; ++point) {
            poll.after(tiles * layout.C * width);
            pass.multiply(point, panel, tiles, V.data(), Z.data(), false, dU[worker] + point * plane);
        }
        const index_t first = panel * layout.panel_vecs;
        for (index_t v = first; v < min(layout.vecs, first + layout.panel_vecs); ++v)
            finish_kernels<M>(pass.blocks.s, {dU[worker] + (v - first) * lanes<float>, plane, width, 1, 0}, v,
                              pass.kernels[worker], grad_w);
    });
}

/// Large dU and many tiles: as many blocks at a time as the scratch memory holds, all added to one sum.
template <int M>
void sum_by_rounds(const WeightPass<M>& pass, index_t shared, float* grad_w) {
    const index_t points = pass.blocks.points, count = pass.blocks.count();
    const Workspace<float> dU(points * pass.layout.plane()), V(points * pass.v_plane), Z(points * pass.z_plane);
    for (index_t first = 0; first < count; first += shared) {
        const index_t tiles = pass.transform_all(first, min(shared, count - first), V.data(), Z.data());
        parallel_for(points, pass.workers, [&](index_t point, int) {
            pass.multiply(point, tiles, V.data(), Z.data(), first > 0, dU.data());
        });
    }
    pass.finish(dU.data(), 1, grad_w);
}

template <int M>
void backward_weight(const Conv2dShape& s, const float* grad_y, const float* x, float* grad_w) {
    const WinogradBlocks<M> blocks(s, weight_tiles);
    const index_t count = blocks.count(), block_size = blocks.points * blocks.tiles() * (blocks.C + blocks.O);
    if (count == 0) return fill_zero(grad_w, s.C_out * s.taps());
    if (blocks.points * WeightLayout(s).plane() <= small_sum)
        return sum_by_chunks(WeightPass<M>(s, grad_y, x, blocks, 1), grad_w);
    const index_t shared = max<index_t>(1, min(count, large_scratch / block_size));
    const WeightPass<M> pass(s, grad_y, x, blocks, shared);
    if (shared == count && blocks.few_tiles())
        sum_by_panels(pass, grad_w);
    else
        sum_by_rounds(pass, shared, grad_w);
}

}  // namespace minicnn::TARGET::winograd
