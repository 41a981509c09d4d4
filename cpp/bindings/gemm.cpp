// Python bindings of cpp/gemm: C = op(A) op(B).
#include "gemm/gemm.hpp"

#include "bindings/bindings.hpp"
#include "checked.hpp"

namespace minicnn {
namespace {

template <class T>
void require_matrix(const char* name, const Array<T>& a) {
    if (a.ndim() != 2)
        throw std::invalid_argument(std::string("gemm: ") + name + " must have 2 dimensions, got " +
                                    std::to_string(a.ndim()));
}

template <class T>
Array<T> gemm(const Array<T>& a, const Array<T>& b, bool transpose_a, bool transpose_b, const std::string& algorithm) {
    require_matrix("a", a);
    require_matrix("b", b);
    const index_t M = a.shape(transpose_a), K = a.shape(!transpose_a), N = b.shape(!transpose_b);
    if (b.shape(transpose_b) != K)
        throw std::invalid_argument("gemm: op(a) has " + std::to_string(K) + " columns, so op(b) must have " +
                                    std::to_string(K) + " rows, got " + std::to_string(b.shape(transpose_b)));
    check_array_size("gemm", "the size of the product", {M, N, 1, 1});
    const GemmShape s{M, N, K, transpose_a, transpose_b};
    const auto& step = algorithm == "auto" ? best_gemm_step<T>(s) : find_step("gemm", gemm_steps<T>, algorithm);
    auto c = new_array<T>({M, N});
    T* const out = c.mutable_data();
    const ReleaseGil release;
    step.gemm(s, a.data(), b.data(), out);
    return c;
}

template <class T>
void bind(py::module_& m) {
    using py::arg;
    m.def("gemm", gemm<T>, arg("a").noconvert(), arg("b").noconvert(), py::kw_only(), arg("transpose_a") = false,
          arg("transpose_b") = false, arg("algorithm") = "auto");
}

}  // namespace

void bind_gemm(py::module_& m) {
    bind<float>(m);
    bind<double>(m);
    m.attr("GEMM_ALGORITHMS") = step_names(gemm_steps<float>);
}

}  // namespace minicnn
