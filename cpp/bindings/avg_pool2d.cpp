// Python bindings of cpp/avg_pool2d: check shapes, allocate, release the GIL, call the kernel.
#include "avg_pool2d/avg_pool2d.hpp"

#include <optional>

#include "bindings/bindings.hpp"

namespace minicnn {
namespace {

const char* const op = "avg_pool2d";

Pool2dShape shape(const Shape4& x, Size2 kernel_size, Size2 stride, Size2 padding, bool ceil_mode) {
    return pool2d_shape(op, x, kernel_size, stride, padding, {1, 1}, ceil_mode);
}

Divisor divisor(bool count_include_pad, std::optional<index_t> divisor_override) {
    if (divisor_override == 0) throw std::invalid_argument("avg_pool2d: divisor_override must not be 0");
    return {divisor_override.value_or(0), count_include_pad};
}

template <class T>
Array<T> forward(const Array<T>& x, Size2 kernel_size, Size2 stride, Size2 padding, bool ceil_mode,
                 bool count_include_pad, std::optional<index_t> divisor_override, const std::string& algorithm) {
    const auto s = shape(shape4(op, "x", x), kernel_size, stride, padding, ceil_mode);
    const Divisor d = divisor(count_include_pad, divisor_override);
    const auto& step = find_step(op, avg_pool2d_steps<T>, algorithm);
    auto y = new_array<T>({s.N, s.C, s.H_out, s.W_out});
    T* const out = y.mutable_data();
    const ReleaseGil release;
    step.forward(s, d, x.data(), out);
    return y;
}

template <class T>
Array<T> backward(const Array<T>& grad_y, const Shape4& x_shape, Size2 kernel_size, Size2 stride, Size2 padding,
                  bool ceil_mode, bool count_include_pad, std::optional<index_t> divisor_override,
                  const std::string& algorithm) {
    const auto s = shape(x_shape, kernel_size, stride, padding, ceil_mode);
    require_shape(op, "grad_y", grad_y, {s.N, s.C, s.H_out, s.W_out});
    const Divisor d = divisor(count_include_pad, divisor_override);
    const auto& step = find_step(op, avg_pool2d_steps<T>, algorithm);
    auto grad_x = new_array<T>({x_shape.begin(), x_shape.end()});
    T* const out = grad_x.mutable_data();
    const ReleaseGil release;
    step.backward(s, d, grad_y.data(), out);
    return grad_x;
}

template <class T>
void bind(py::module_& m) {
    using py::arg;
    m.def("avg_pool2d_forward", forward<T>, arg("x").noconvert(), py::kw_only(), arg("kernel_size"), arg("stride"),
          arg("padding"), arg("ceil_mode"), arg("count_include_pad"), arg("divisor_override"), arg("algorithm"));
    m.def("avg_pool2d_backward", backward<T>, arg("grad_y").noconvert(), py::kw_only(), arg("x_shape"),
          arg("kernel_size"), arg("stride"), arg("padding"), arg("ceil_mode"), arg("count_include_pad"),
          arg("divisor_override"), arg("algorithm"));
}

}  // namespace

void bind_avg_pool2d(py::module_& m) {
    bind<float>(m);
    bind<double>(m);
    m.attr("AVG_POOL2D_ALGORITHMS") = step_names(avg_pool2d_steps<float>);
}

}  // namespace minicnn
