// Step 2 on small maps and on feature vectors: many channels at a time.
//
// One channel of such a batch is a few values every C * plane values: less than a vector, and every image's in a cache
// line (often in a cache set) of its own, so that each pass would fetch them anew from far away. Here a task takes 4
// vectors of neighbouring values of every image, its columns; these hold whole channels. The first pass lays them one
// below the other in scratch memory, where the later ones find them. Lanes run over columns, sums over images; the
// columns of a channel are added last, in double, as are groups of images.
#pragma once

#include "batch_norm/kernels.hpp"
#include "batch_norm/reciprocal_std.hpp"
#include "buffers.hpp"
#include "parallel.hpp"
#include "targets/simd.hpp"

namespace minicnn::TARGET::batch_norm_columns {

constexpr int vectors = 4;
constexpr index_t images_together = 32;  // summed in lanes of T before they are added in double
template <class T>
constexpr index_t width = vectors * lanes<T>;

template <class T>
bool serves(const BatchNormShape& s) {
    return s.plane <= width<T> && width<T> % s.plane == 0;
}

/// One row of scratch memory in registers.
template <class T>
struct Row {
    Vec<T> v[vectors];
    static Row load(const T* p) {
        Row r;
        for (int j = 0; j < vectors; ++j) r.v[j] = TARGET::load(p + j * lanes<T>);
        return r;
    }
    void store(T* p) const {
        for (int j = 0; j < vectors; ++j) TARGET::store(p + j * lanes<T>, v[j]);
    }
};

/// The columns of one task: `count` of them from `first` on (the last task may have fewer than a row holds).
template <class T>
struct Columns {
    Columns(const BatchNormShape& shape, index_t task)
        : s(shape), first(task * width<T>), count(min(width<T>, s.C * s.plane - first)), channels(count / s.plane),
          channel(first / s.plane) {}
    const BatchNormShape& s;
    const index_t first, count, channels, channel;

    Row<T> load(const T* array, index_t n) const {
        const T* const from = array + n * s.C * s.plane + first;
        if (count == width<T>) return Row<T>::load(from);
        T whole[width<T>] = {};
        copy(from, count, whole);
        return Row<T>::load(whole);
    }
    void store(const Row<T>& row, T* array, index_t n) const {
        T* const to = array + n * s.C * s.plane + first;
        if (count == width<T>) return row.store(to);
        T whole[width<T>];
        row.store(whole);
        copy(whole, count, to);
    }
    /// value(channel) in each of its columns.
    template <class Value>
    Row<T> each(const Value& value) const {
        T whole[width<T>] = {};
        for (index_t i = 0; i < count; ++i) whole[i] = value(channel + i / s.plane);
        return Row<T>::load(whole);
    }
};

/// K sums for each channel of a task.
template <int K, class T>
struct Sums {
    double of[K][width<T>];
};

/// Sums of K rows of terms over all images, then over the columns of each channel.
template <int K, class T, class Terms>
Sums<K, T> sum_channels(const Columns<T>& columns, const Terms& terms) {
    Sums<K, T> sums;
    double all[K][width<T>] = {};
    for (index_t n0 = 0; n0 < columns.s.N; n0 += images_together) {
        Row<T> sum[K] = {};
        for (index_t n = n0; n < min(columns.s.N, n0 + images_together); ++n) {
            Row<T> term[K];
            terms(n, term);
            for (int k = 0; k < K; ++k)
                for (int j = 0; j < vectors; ++j) sum[k].v[j] += term[k].v[j];
        }
        for (int k = 0; k < K; ++k)
            for (index_t i = 0; i < width<T>; ++i) all[k][i] += double(sum[k].v[i / lanes<T>][i % lanes<T>]);
    }
    for (int k = 0; k < K; ++k)
        for (index_t c = 0; c < columns.channels; ++c) {
            sums.of[k][c] = 0;
            for (index_t p = 0; p < columns.s.plane; ++p) sums.of[k][c] += all[k][c * columns.s.plane + p];
        }
    return sums;
}

/// Call `body(columns, rows)` for every task, with scratch memory for `arrays` rows of each image.
template <class T, class Body>
void for_columns(const BatchNormShape& s, index_t arrays, const Body& body) {
    const int workers = num_threads();
    const index_t size = arrays * s.N * width<T>;
    const PerWorker<T> scratch(workers, size);
    parallel_for(blocks_of(s.C * s.plane, width<T>), workers, [&](index_t task, int worker) {
        body(Columns<T>(s, task), scratch[worker]);
    });
}

template <class T>
void forward(const BatchNormShape& s, const T* x, const T* weight, const T* bias, double eps,
             const BatchNormEnd<T>& end, T* y, T* mean, T* var) {
    const double n_values = double(s.N) * double(s.plane);
    for_columns<T>(s, 1, [&](const Columns<T>& columns, T* rows) {
        const Sums<1, T> sum = sum_channels<1, T>(columns, [&](index_t n, Row<T>* term) {
            *term = columns.load(x, n);
            term->store(rows + n * width<T>);
        });
        const index_t c0 = columns.channel;
        for (index_t c = 0; c < columns.channels; ++c) mean[c0 + c] = T(sum.of[0][c] / n_values);
        const Row<T> m = columns.each([&](index_t c) { return mean[c]; });
        const Sums<1, T> squares = sum_channels<1, T>(columns, [&](index_t n, Row<T>* term) {
            *term = Row<T>::load(rows + n * width<T>);
            for (int j = 0; j < vectors; ++j) {
                const Vec<T> d = term->v[j] - m.v[j];
                term->v[j] = d * d;
            }
        });
        for (index_t c = 0; c < columns.channels; ++c) var[c0 + c] = T(squares.of[0][c] / n_values);
        const Row<T> b = columns.each([&](index_t c) { return bias[c]; });
        const Row<T> scale = columns.each([&](index_t c) { return weight[c] * reciprocal_std(var[c], eps); });
        for (index_t n = 0; n < s.N; ++n) {
            Row<T> v = Row<T>::load(rows + n * width<T>);
            for (int j = 0; j < vectors; ++j) v.v[j] = (v.v[j] - m.v[j]) * scale.v[j] + b.v[j];
            if (end.residual) {
                const Row<T> more = columns.load(end.residual, n);
                for (int j = 0; j < vectors; ++j) v.v[j] += more.v[j];
            }
            if (end.relu)
                for (int j = 0; j < vectors; ++j) v.v[j] = v.v[j] < Vec<T>{} ? Vec<T>{} : v.v[j];
            columns.store(v, y, n);
        }
    });
}

template <class T>
void backward(const BatchNormShape& s, const BatchNormCut<T>& cut, const T* x, const T* weight, const T* mean,
              const T* var, double eps, bool constant, T* grad_x, T* grad_weight, T* grad_bias, T* grad_residual) {
    const double n_values = double(s.N) * double(s.plane);
    for_columns<T>(s, 2, [&](const Columns<T>& columns, T* rows) {  // g and x - mean of each image
        const index_t c0 = columns.channel;
        const Row<T> m = columns.each([&](index_t c) { return mean[c]; });
        const Row<T> scale = columns.each([&](index_t c) { return weight[c] * reciprocal_std(var[c], eps); });
        const Row<T> b = columns.each([&](index_t c) { return cut.bias ? cut.bias[c] : T(0); });
        const Sums<2, T> sums = sum_channels<2, T>(columns, [&](index_t n, Row<T>* term) {
            Row<T> g = columns.load(cut.grad_y, n), d = columns.load(x, n), y = d;
            if (cut.y) y = columns.load(cut.y, n);
            for (int j = 0; j < vectors; ++j) {
                d.v[j] -= m.v[j];
                if (!cut.y) y.v[j] = d.v[j] * scale.v[j] + b.v[j];
                if (cut.relu) g.v[j] = y.v[j] <= Vec<T>{} ? Vec<T>{} : g.v[j];
                term[1].v[j] = g.v[j] * d.v[j];
            }
            term[0] = g;
            g.store(rows + 2 * n * width<T>);
            d.store(rows + (2 * n + 1) * width<T>);
        });
        T mean_g[width<T>], slope[width<T>];
        for (index_t c = 0; c < columns.channels; ++c) {
            const double rstd = double(reciprocal_std(var[c0 + c], eps));
            grad_bias[c0 + c] = T(sums.of[0][c]);
            grad_weight[c0 + c] = T(sums.of[1][c] * rstd);
            mean_g[c] = constant ? T(0) : T(sums.of[0][c] / n_values);
            slope[c] = constant ? T(0) : T(sums.of[1][c] * rstd * rstd / n_values);
        }
        const Row<T> mg = columns.each([&](index_t c) { return mean_g[c - c0]; });
        const Row<T> k = columns.each([&](index_t c) { return slope[c - c0]; });
        for (index_t n = 0; n < s.N; ++n) {
            const Row<T> g = Row<T>::load(rows + 2 * n * width<T>), d = Row<T>::load(rows + (2 * n + 1) * width<T>);
            Row<T> gx;
            for (int j = 0; j < vectors; ++j) gx.v[j] = (g.v[j] - mg.v[j] - d.v[j] * k.v[j]) * scale.v[j];
            columns.store(gx, grad_x, n);
            if (grad_residual) columns.store(g, grad_residual, n);
        }
    });
}

}  // namespace minicnn::TARGET::batch_norm_columns
