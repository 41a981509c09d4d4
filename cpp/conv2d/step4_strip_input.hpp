// Step 4 of the ladder, gradient of the input.
//
// With stride 1 it is a convolution of grad_y with the kernels turned by 180 degrees. With stride s, the pixels
// hi = a + s * i of one phase a meet only the kernel rows kh with (a + padding - kh * dilation) divisible by s:
//
//     grad_x[a + s * i] = sum over those kh of  grad_y[i + (a + padding - kh * dilation) / s] * w[kh]
//
// These kh are equally spaced, so every phase is a stride-1 convolution with its own share of the kernel (of a
// 3x3 kernel with stride 2: 1, 2, 2 and 4 of the 9 cells), and nothing is multiplied by zeros. The phases of an
// image are computed one by one and then interleaved.
#pragma once

#include <optional>

#include "conv2d/step4_strip.hpp"

namespace minicnn::TARGET::strip {

/// One axis of one phase: kernel cells first, first - step, ... (`count` of them) as a stride-1 convolution.
struct PhaseAxis {
    index_t size;               // pixels of grad_x in this phase
    index_t first, step, count; // kernel cells, in ascending order of the position in grad_y they meet
    index_t dilation, padding;  // of that convolution
};

inline PhaseAxis phase_axis(index_t phase, index_t input, index_t kernel, index_t stride, index_t padding,
                            index_t dilation) {
    PhaseAxis axis{blocks_of(input - phase, stride), 0, 1, 0, 1, 0};
    index_t low = -1;
    for (index_t k = 0; k < kernel; ++k) {
        if ((phase + padding - k * dilation) % stride != 0) continue;
        if (axis.count == 1) axis.step = k - low;
        if (axis.count++ == 0) low = k;
    }
    if (axis.count == 0) return axis;
    axis.first = low + (axis.count - 1) * axis.step;
    if (axis.count > 1) axis.dilation = axis.step * dilation / stride;
    axis.padding = -((phase + padding - axis.first * dilation) / stride);
    return axis;
}

/// The convolution of grad_y that gives one phase of grad_x, and its kernels.
template <class T>
Conv2dShape phase_shape(const Conv2dShape& s, const PhaseAxis& h, const PhaseAxis& w) {
    Conv2dShape t = tiled::turned_shape(s);
    t.H_out = h.size, t.W_out = w.size, t.K_h = h.count, t.K_w = w.count;
    t.stride = {1, 1}, t.dilation = {h.dilation, w.dilation}, t.padding = {h.padding, w.padding};
    return t;
}

/// The kernel cells of one phase, turned, with the channels exchanged: (C_in, C_out / groups, count, count).
template <class T>
void phase_weights(const Conv2dShape& s, const T* weight, const PhaseAxis& h, const PhaseAxis& w, T* to) {
    const index_t C_out = s.C_out / s.groups, C_in = s.C_in / s.groups;
    for (index_t ci = 0; ci < s.C_in; ++ci)
    for (index_t co = 0; co < C_out; ++co)
    for (index_t i = 0; i < h.count; ++i)
    for (index_t j = 0; j < w.count; ++j) {
        const T* kernel = weight + ((ci / C_in * C_out + co) * C_in + ci % C_in) * s.K_h * s.K_w;
        *to++ = kernel[(h.first - i * h.step) * s.K_w + w.first - j * w.step];
    }
}

/// row[b + stride * j] = phases[b][j]; a null phase has no kernel cell and gives zeros.
template <class T>
void interleave(const T* const* phases, index_t stride, index_t width, T* row) {
    constexpr index_t L = lanes<T>;
    index_t j = 0;
    if (stride == 2 && phases[0] && phases[1])
        for (; 2 * (j + L) <= width; j += L) {
            const Vec<T> even = load(phases[0] + j), odd = load(phases[1] + j);
            store(row + 2 * j, shuffle<ZipLower<L>, T>(even, odd));
            store(row + 2 * j + L, shuffle<ZipUpper<L>, T>(even, odd));
        }
    for (index_t b = 0; b < stride; ++b)
        for (index_t i = j; b + stride * i < width; ++i) row[b + stride * i] = phases[b] ? phases[b][i] : T(0);
}

/// Every phase of a strided convolution that has any kernel cells; the phases of one image stand one after another.
template <class T>
struct Phases {
    static constexpr index_t most = 16;  // stride[0] * stride[1]

    Phases(const Conv2dShape& s, const T* w) : count(s.stride[0] * s.stride[1]), weights(s.C_out * s.taps()) {
        index_t used = 0;
        for (index_t f = 0; f < count; ++f) {
            const index_t a = f / s.stride[1], b = f % s.stride[1];
            const PhaseAxis h = phase_axis(a, s.H_in, s.K_h, s.stride[0], s.padding[0], s.dilation[0]);
            const PhaseAxis v = phase_axis(b, s.W_in, s.K_w, s.stride[1], s.padding[1], s.dilation[1]);
            if (h.size < 1 || v.size < 1 || h.count == 0 || v.count == 0) continue;
            shape[f] = phase_shape<T>(s, h, v);
            phase_weights(s, w, h, v, weights.data() + used);
            prepared[f].emplace(shape[f], weights.data() + used);
            used += shape[f].C_out * shape[f].taps();
            start[f] = size;
            size += s.C_in / s.groups * shape[f].positions();
            strip_size = max(strip_size, prepared[f]->plan.template size<T>() + lanes<T>);
        }
    }
    const index_t count;
    const Workspace<T> weights;
    Conv2dShape shape[most];
    std::optional<Prepared<T>> prepared[most];
    index_t start[most] = {};  // of each phase's planes in the scratch of one image
    index_t size = 0, strip_size = 0;
};

template <class T>
void backward_input_strided(const Conv2dShape& s, const T* grad_y, const T* w, const T* onto, T* grad_x) {
    const Phases<T> phases(s, w);
    const int workers = num_threads();
    const index_t C_in = s.C_in / s.groups, room = phases.size + lanes<T>;
    const PerWorker<T> packed(workers, phases.strip_size + lanes<T>), planes(workers, room);
    parallel_for(s.N * s.groups, workers, [&](index_t task, int worker) {
        const index_t n = task / s.groups, g = task % s.groups;
        T* const mine = planes[worker];
        PacedPoll poll;
        for (index_t f = 0; f < phases.count; ++f) {
            const auto& p = phases.prepared[f];
            for (index_t strip = 0; p && strip < p->plan.strips(); ++strip) {
                convolve_strip(*p, grad_y, n, g, strip, packed[worker], Epilogue<T>{},
                               mine, mine + phases.start[f], p->plan.s.positions());
                poll.after(p->plan.rows * p->plan.s.W_out * C_in * p->plan.s.taps());
            }
        }
        for (index_t ci = 0; ci < C_in; ++ci)
        for (index_t hi = 0; hi < s.H_in; ++hi) {
            const T* rows[Phases<T>::most];
            for (index_t b = 0; b < s.stride[1]; ++b) {
                const index_t f = hi % s.stride[0] * s.stride[1] + b;
                const Conv2dShape& t = phases.shape[f];
                rows[b] = !phases.prepared[f] ? nullptr
                                              : mine + phases.start[f] + (ci * t.H_out + hi / s.stride[0]) * t.W_out;
            }
            const index_t at = ((task * C_in + ci) * s.H_in + hi) * s.W_in;
            interleave(rows, s.stride[1], s.W_in, grad_x + at);
            tiled::add_onto(s.W_in, onto ? onto + at : nullptr, grad_x + at);
        }
    });
}

template <class T>
void backward_input(const Conv2dShape& s, const T* grad_y, const T* w, const T* onto, T* grad_x) {
    if (s.stride[0] * s.stride[1] > Phases<T>::most) return tiled::backward_input(s, grad_y, w, onto, grad_x);
    if (s.stride[0] != 1 || s.stride[1] != 1) return backward_input_strided(s, grad_y, w, onto, grad_x);
    tiled::backward_input_stride1(s, grad_y, w, onto, grad_x, forward<T>);
}

}  // namespace minicnn::TARGET::strip
