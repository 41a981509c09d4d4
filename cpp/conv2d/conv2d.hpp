// The convolution kernels this library has, in reading order, and which shapes each is for. To add one: write
// stepN_name.hpp with the same three functions, then add its row here. The tests and the benchmarks run over
// this table, so the new row is tested and timed with no more work.
#pragma once

#include <array>
#include <type_traits>

#include "conv2d/step1_direct.hpp"
#include "conv2d/step2_im2col.hpp"
#include "targets/kernels.hpp"

namespace minicnn {

template <class T>
struct Conv2dStep {
    const char* name;
    Conv2dPasses<T> (*passes)();
    bool (*serves)(const Conv2dShape&);  // can compute this convolution
    bool (*wins)(const Conv2dShape&);    // is the fastest for it: "auto" takes the last row that says so
    const char* needs;                   // what serves() asks for, in words
};

namespace conv2d_rules {

inline bool always(const Conv2dShape&) { return true; }
inline bool never(const Conv2dShape&) { return false; }

/// An axis so padded that kernels reach mostly over zeros, of which a strip holds every one.
inline bool mostly_padding(index_t in, index_t padding, index_t out) { return (in + 2 * padding) / 4 > in + out; }

/// Enough positions to fill vectors from one image, or output channels that do.
inline bool strip_wins(const Conv2dShape& s) {
    const bool fills = s.positions() >= 48 || (s.positions() >= 16 && s.C_out / s.groups % 32 == 0);
    return fills && !mostly_padding(s.H_in, s.padding[0], s.H_out) && !mostly_padding(s.W_in, s.padding[1], s.W_out);
}

template <class T>
bool winograd_serves(const Conv2dShape& s) {
    return std::is_same_v<T, float> && s.K_h == 3 && s.K_w == 3 && s.stride == Size2{1, 1} &&
           s.dilation == Size2{1, 1} && s.groups == 1 && s.padding[0] <= 2 && s.padding[1] <= 2;
}
inline constexpr const char* winograd_needs =
    "float32, a 3x3 kernel, stride 1, dilation 1, groups 1 and padding of at most 2";

/// Enough channels for the matrix products to outweigh the transforms.
template <class T>
bool winograd2_wins(const Conv2dShape& s) {
    return winograd_serves<T>(s) && s.C_in >= 12 && s.C_out >= 12;
}
/// Also enough tiles of 4x4 to outweigh weights that grow from 9 values to 36.
template <class T>
bool winograd4_wins(const Conv2dShape& s) {
    const index_t tiles = s.N * ((s.H_out + 3) / 4) * ((s.W_out + 3) / 4);
    return winograd2_wins<T>(s) && s.H_in >= 4 && s.W_in >= 4 && s.H_out >= 4 && s.W_out >= 4 && tiles >= 64;
}

}  // namespace conv2d_rules

template <class T>
inline constexpr std::array<Conv2dStep<T>, 6> conv2d_steps{{
    {"direct", [] { return Conv2dPasses<T>{direct::forward<T>, direct::backward_input<T>, direct::backward_weight<T>}; },
     conv2d_rules::always, conv2d_rules::never, ""},
    {"im2col",
     [] {
         return Conv2dPasses<T>{im2col_gemm::forward<T>, im2col_gemm::backward_input<T>,
                                im2col_gemm::backward_weight<T>};
     },
     conv2d_rules::always, conv2d_rules::never, ""},
    {"tiled", [] { return kernels().of<T>().conv2d.tiled; }, conv2d_rules::always, conv2d_rules::always, ""},
    {"strip", [] { return kernels().of<T>().conv2d.strip; }, conv2d_rules::always, conv2d_rules::strip_wins, ""},
    {"winograd2", [] { return kernels().of<T>().conv2d.winograd2; }, conv2d_rules::winograd_serves<T>,
     conv2d_rules::winograd2_wins<T>, conv2d_rules::winograd_needs},
    {"winograd4", [] { return kernels().of<T>().conv2d.winograd4; }, conv2d_rules::winograd_serves<T>,
     conv2d_rules::winograd4_wins<T>, conv2d_rules::winograd_needs},
}};

/// The fastest step for this shape.
template <class T>
const Conv2dStep<T>& best_conv2d_step(const Conv2dShape& s) {
    const Conv2dStep<T>* best = nullptr;
    for (const auto& step : conv2d_steps<T>)
        if (step.wins(s)) best = &step;
    return *best;
}

}  // namespace minicnn
