// Python bindings of cpp/max_pool2d: check shapes, allocate, release the GIL, call the kernel.
#include "max_pool2d/max_pool2d.hpp"

#include "bindings/bindings.hpp"

namespace minicnn {
namespace {

const char* const op = "max_pool2d";

/// Return y, of max(x, 0) with `relu`, and where the maxima were: None if `keep` is "nothing"; PyTorch's indices (int64) if it is "indices";
/// if it is "argmax", whatever `backward` reads fastest (uint8 or int64).
template <class T>
py::tuple forward(const Array<T>& x, Size2 kernel_size, Size2 stride, Size2 padding, Size2 dilation, bool ceil_mode,
                  const std::string& keep, bool relu, const std::string& algorithm) {
    const auto s = pool2d_shape(op, shape4(op, "x", x), kernel_size, stride, padding, dilation, ceil_mode);
    const auto& step = find_step(op, max_pool2d_steps<T>, algorithm);
    const std::vector<index_t> y_shape{s.N, s.C, s.H_out, s.W_out};
    auto y = new_array<T>(y_shape);
    T* const out = y.mutable_data();
    py::object kept = py::none();
    Argmax argmax;
    if (keep == "argmax" && fits_cells(s)) {
        auto cells = new_array<std::uint8_t>(y_shape);
        argmax.cell = cells.mutable_data();
        kept = cells;
    } else if (keep != "nothing") {
        auto pixels = new_array<std::int64_t>(y_shape);
        argmax.pixel = pixels.mutable_data();
        kept = pixels;
    }
    {
        const ReleaseGil release;
        step.forward(s, x.data(), out, argmax, relu);
    }
    return py::make_tuple(y, kept);
}

template <class T>
Array<T> backward(const Array<T>& grad_y, const py::array& argmax, const Shape4& x_shape, Size2 kernel_size,
                  Size2 stride, Size2 padding, Size2 dilation, bool ceil_mode, const std::string& algorithm) {
    const auto s = pool2d_shape(op, x_shape, kernel_size, stride, padding, dilation, ceil_mode);
    const Shape4 y_shape{s.N, s.C, s.H_out, s.W_out};
    require_shape(op, "grad_y", grad_y, y_shape);
    Argmax kept;
    if (py::isinstance<Array<std::uint8_t>>(argmax) && fits_cells(s)) {
        const auto cells = py::reinterpret_borrow<Array<std::uint8_t>>(argmax);
        require_shape(op, "argmax", cells, y_shape);
        kept.cell = const_cast<std::uint8_t*>(cells.data());  // a backward pass only reads it
    } else if (py::isinstance<Array<std::int64_t>>(argmax)) {
        const auto pixels = py::reinterpret_borrow<Array<std::int64_t>>(argmax);
        require_shape(op, "argmax", pixels, y_shape);
        kept.pixel = const_cast<std::int64_t*>(pixels.data());
    } else {
        throw std::invalid_argument("max_pool2d: argmax must be what the forward pass returned");
    }
    const auto& step = find_step(op, max_pool2d_steps<T>, algorithm);
    auto grad_x = new_array<T>({x_shape.begin(), x_shape.end()});
    T* const out = grad_x.mutable_data();
    const ReleaseGil release;
    step.backward(s, grad_y.data(), kept, out);
    return grad_x;
}

template <class T>
void bind(py::module_& m) {
    using py::arg;
    m.def("max_pool2d_forward", forward<T>, arg("x").noconvert(), py::kw_only(), arg("kernel_size"), arg("stride"),
          arg("padding"), arg("dilation"), arg("ceil_mode"), arg("keep"), arg("relu"), arg("algorithm"));
    m.def("max_pool2d_backward", backward<T>, arg("grad_y").noconvert(), arg("argmax").noconvert(), py::kw_only(),
          arg("x_shape"), arg("kernel_size"), arg("stride"), arg("padding"), arg("dilation"), arg("ceil_mode"),
          arg("algorithm"));
}

}  // namespace

void bind_max_pool2d(py::module_& m) {
    bind<float>(m);
    bind<double>(m);
    m.attr("MAX_POOL2D_ALGORITHMS") = step_names(max_pool2d_steps<float>);
}

}  // namespace minicnn
