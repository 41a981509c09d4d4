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
struct GemmStep {
    const char* name;
    void (*gemm)(const GemmShape&, const T* A, const T* B, T* C);
};

template <class T>
inline constexpr std::array<GemmStep<T>, 3> gemm_steps{{
    {"naive", gemm_naive::gemm<T>},
    {"blocked", gemm_blocked::gemm<T>},
    {"packed", gemm_packed<T>},
}};

}  // namespace minicnn
