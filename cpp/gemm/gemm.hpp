// The matrix products this library has, in reading order. The tests and benchmarks run over this table.
#pragma once

#include <array>

#include "cpu.hpp"
#include "gemm/step1_naive.hpp"
#include "gemm/step2_blocked.hpp"
#include "targets/kernels.hpp"

namespace minicnn {

template <class T>
void gemm_packed(const GemmShape& s, const T* A, const T* B, T* C) {
    kernels().of<T>().gemm.packed(s, A, B, C);
}

template <class T>
void gemm_skinny(const GemmShape& s, const T* A, const T* B, T* C) {
    kernels().of<T>().gemm.skinny(s, A, B, C);
}

template <class T>
struct GemmStep {
    const char* name;
    void (*gemm)(const GemmShape&, const T* A, const T* B, T* C);
    bool (*wins)(const GemmShape&);  // is the fastest for it: "auto" takes the last row that says so
};

template <class T>
inline constexpr std::array<GemmStep<T>, 4> gemm_steps{{
    {"naive", gemm_naive::gemm<T>, [](const GemmShape&) { return false; }},
    {"blocked", gemm_blocked::gemm<T>, [](const GemmShape&) { return false; }},
    {"packed", gemm_packed<T>, [](const GemmShape&) { return true; }},
    {"skinny", gemm_skinny<T>, [](const GemmShape& s) { return s.M <= 256; }},
}};

/// The fastest step for this shape.
template <class T>
const GemmStep<T>& best_gemm_step(const GemmShape& s) {
    const GemmStep<T>* best = nullptr;
    for (const auto& step : gemm_steps<T>)
        if (step.wins(s)) best = &step;
    return *best;
}

}  // namespace minicnn
