// Python bindings of cpp/batch_norm: check shapes, allocate, release the GIL, call the kernel.
#include "batch_norm/batch_norm.hpp"

#include <optional>

#include "bindings/bindings.hpp"

namespace minicnn {
namespace {

const char* const op = "batch_norm";

template <class T>
using Maybe = std::optional<Array<T>>;

template <class T>
BatchNormShape shape(const Array<T>& x) {
    BatchNormShape s{x.shape(0), x.shape(1), 1};
    for (py::ssize_t axis = 2; axis < x.ndim(); ++axis) s.plane *= x.shape(axis);
    return s;
}

template <class T>
const T* per_channel(const char* name, const Array<T>& a, index_t C) {
    if (a.ndim() != 1 || a.shape(0) != C)
        throw std::invalid_argument("batch_norm: " + std::string(name) + " must have shape (" + std::to_string(C) +
                                    ",), one value for each of x.shape[1] channels, got " +
                                    shape_text(a));
    return a.data();
}

template <class T>
const T* like(const char* name, const Maybe<T>& a, const Array<T>& x) {
    if (!a) return nullptr;
    require_same_shape(op, name, *a, "x", x);
    return a->data();
}

template <class T>
py::tuple forward(const Array<T>& x, const Array<T>& weight, const Array<T>& bias, double eps,
                  const Maybe<T>& residual, bool relu, const std::string& algorithm) {
    const BatchNormShape s = shape(x);
    const T *w = per_channel("weight", weight, s.C), *b = per_channel("bias", bias, s.C);
    const BatchNormEnd<T> end{like("residual", residual, x), relu};
    const auto passes = find_step(op, batch_norm_steps<T>, algorithm).passes();
    auto y = new_array<T>(shape_of(x)), mean = new_array<T>({s.C}), var = new_array<T>({s.C});
    T *out = y.mutable_data(), *m = mean.mutable_data(), *v = var.mutable_data();
    {
        const ReleaseGil release;
        passes.forward(s, x.data(), w, b, eps, end, out, m, v);
    }
    return py::make_tuple(y, mean, var);
}

template <class T>
Array<T> apply(const Array<T>& x, const Array<T>& weight, const Array<T>& bias, const Array<T>& mean,
               const Array<T>& var, double eps, const Maybe<T>& residual, bool relu, const std::string& algorithm) {
    const BatchNormShape s = shape(x);
    const T *w = per_channel("weight", weight, s.C), *b = per_channel("bias", bias, s.C);
    const T *m = per_channel("running_mean", mean, s.C), *v = per_channel("running_var", var, s.C);
    const BatchNormEnd<T> end{like("residual", residual, x), relu};
    const auto passes = find_step(op, batch_norm_steps<T>, algorithm).passes();
    auto y = new_array<T>(shape_of(x));
    T* const out = y.mutable_data();
    const ReleaseGil release;
    passes.apply(s, x.data(), w, b, m, v, eps, end, out);
    return y;
}

template <class T>
py::tuple backward(const Array<T>& grad_y, const Array<T>& x, const Maybe<T>& y, const Array<T>& weight,
                   const Array<T>& mean, const Array<T>& var, double eps, bool constant, bool needs_residual,
                   const Maybe<T>& relu_bias, const std::string& algorithm) {
    const BatchNormShape s = shape(x);
    const T *w = per_channel("weight", weight, s.C), *m = per_channel("mean", mean, s.C);
    const T *v = per_channel("var", var, s.C), *b = relu_bias ? per_channel("relu_bias", *relu_bias, s.C) : nullptr;
    const BatchNormCut<T> cut{like<T>("grad_y", grad_y, x), y || b, b, like("y", y, x)};
    const auto passes = find_step(op, batch_norm_steps<T>, algorithm).passes();
    auto grad_x = new_array<T>(shape_of(x)), grad_weight = new_array<T>({s.C}), grad_bias = new_array<T>({s.C});
    Maybe<T> grad_residual;
    if (needs_residual) grad_residual = new_array<T>(shape_of(x));
    T *gx = grad_x.mutable_data(), *gw = grad_weight.mutable_data(), *gb = grad_bias.mutable_data();
    T* const gr = needs_residual ? grad_residual->mutable_data() : nullptr;
    {
        const ReleaseGil release;
        passes.backward(s, cut, x.data(), w, m, v, eps, constant, gx, gw, gb, gr);
    }
    return py::make_tuple(grad_x, grad_weight, grad_bias, grad_residual);
}

template <class T>
void bind(py::module_& m) {
    using py::arg;
    m.def("batch_norm_forward", forward<T>, arg("x").noconvert(), arg("weight").noconvert(), arg("bias").noconvert(),
          arg("eps"), arg("residual").noconvert() = py::none(), arg("relu") = false, arg("algorithm") = "auto");
    m.def("batch_norm_apply", apply<T>, arg("x").noconvert(), arg("weight").noconvert(), arg("bias").noconvert(),
          arg("mean").noconvert(), arg("var").noconvert(), arg("eps"), arg("residual").noconvert() = py::none(),
          arg("relu") = false, arg("algorithm") = "auto");
    m.def("batch_norm_backward", backward<T>, arg("grad_y").noconvert(), arg("x").noconvert(), arg("y").noconvert(),
          arg("weight").noconvert(), arg("mean").noconvert(), arg("var").noconvert(), arg("eps"), arg("constant"),
          arg("needs_residual"), arg("relu_bias").noconvert() = py::none(), arg("algorithm") = "auto");
}

}  // namespace

void bind_batch_norm(py::module_& m) {
    bind<float>(m);
    bind<double>(m);
    m.attr("BATCH_NORM_ALGORITHMS") = step_names(batch_norm_steps<float>);
}

}  // namespace minicnn
