// Python bindings of cpp/conv2d: check shapes, allocate, release the GIL, call the kernel.
#include "conv2d/conv2d.hpp"

#include <optional>

#include "batch_norm/reciprocal_std.hpp"
#include "bindings/bindings.hpp"

namespace minicnn {
namespace {

/// The step of this name, or the fastest for this shape ("auto"); throw if there is none or it does not serve.
template <class T>
const Conv2dStep<T>& find_conv2d_step(const std::string& name, const Conv2dShape& s) {
    if (name == "auto") return best_conv2d_step<T>(s);
    const auto& step = find_step("conv2d", conv2d_steps<T>, name);
    if (!step.serves(s))
        throw std::invalid_argument("conv2d: algorithm '" + name + "' needs " + step.needs +
                                    "; algorithm='auto' chooses one that serves");
    return step;
}

/// An array of the epilogue, one value for each output channel; null if there is none.
template <class T>
const T* per_channel(const char* name, const std::optional<Array<T>>& a, const Conv2dShape& s) {
    if (!a) return nullptr;
    if (a->ndim() != 1 || a->shape(0) != s.C_out)
        throw std::invalid_argument("conv2d: " + std::string(name) + " must have shape (" + std::to_string(s.C_out) +
                                    ",), one value for each of weight.shape[0] output channels, got " + shape_text(*a));
    return a->data();
}

template <class T>
Array<T> forward(const Array<T>& x, const Array<T>& weight, const std::optional<Array<T>>& bias, Size2 stride,
                 Size2 padding, Size2 dilation, index_t groups, bool relu, const std::string& algorithm) {
    const auto s = conv2d_shape(shape4("conv2d", "x", x), shape4("conv2d", "weight", weight), stride, padding,
                                dilation, groups);
    const Epilogue<T> epilogue{per_channel("bias", bias, s), relu};
    const auto passes = find_conv2d_step<T>(algorithm, s).passes();
    auto y = new_array<T>({s.N, s.C_out, s.H_out, s.W_out});
    T* const out = y.mutable_data();
    const ReleaseGil release;
    passes.forward(s, x.data(), weight.data(), epilogue, out);
    return y;
}

/// Convolution, then batch normalisation by known statistics, a residual and ReLU, in one pass.
template <class T>
Array<T> forward_normalized(const Array<T>& x, const Array<T>& weight, const std::optional<Array<T>>& bias,
                            const Array<T>& mean, const Array<T>& var, const std::optional<Array<T>>& norm_weight,
                            const std::optional<Array<T>>& norm_bias, const std::optional<Array<T>>& residual,
                            double eps, Size2 stride, Size2 padding, Size2 dilation, index_t groups, bool relu,
                            const std::string& algorithm) {
    const auto s = conv2d_shape(shape4("conv2d", "x", x), shape4("conv2d", "weight", weight), stride, padding,
                                dilation, groups);
    const T* const v = per_channel<T>("running_var", var, s);
    const T *const g = per_channel("norm_weight", norm_weight, s), *const b = per_channel("norm_bias", norm_bias, s);
    Epilogue<T> end{per_channel("bias", bias, s), relu, per_channel<T>("running_mean", mean, s)};
    if (residual) require_shape("conv2d", "residual", *residual, {s.N, s.C_out, s.H_out, s.W_out});
    const Workspace<T> room(2 * s.C_out);
    for (index_t co = 0; co < s.C_out; ++co) {  // to the bit what batch_norm/step2_vector.hpp multiplies and adds
        const T rstd = reciprocal_std(v[co], eps);
        room.data()[co] = g ? g[co] * rstd : rstd;
        room.data()[s.C_out + co] = b ? b[co] : T(0);
    }
    end.scale = room.data(), end.shift = room.data() + s.C_out;
    if (residual) end.residual = residual->data();
    const auto passes = find_conv2d_step<T>(algorithm, s).passes();
    auto y = new_array<T>({s.N, s.C_out, s.H_out, s.W_out});
    T* const out = y.mutable_data();
    const ReleaseGil release;
    passes.forward(s, x.data(), weight.data(), end, out);
    return y;
}

template <class T>
Array<T> backward_input(const Array<T>& grad_y, const Array<T>& weight, const std::optional<Array<T>>& onto,
                        const Shape4& x_shape, Size2 stride, Size2 padding, Size2 dilation, index_t groups,
                        const std::string& algorithm) {
    const auto s = conv2d_shape(x_shape, shape4("conv2d", "weight", weight), stride, padding, dilation, groups);
    require_shape("conv2d", "grad_y", grad_y, {s.N, s.C_out, s.H_out, s.W_out});
    if (onto) require_shape("conv2d", "onto", *onto, x_shape);
    const auto passes = find_conv2d_step<T>(algorithm, s).passes();
    auto grad_x = new_array<T>({x_shape.begin(), x_shape.end()});
    T* const out = grad_x.mutable_data();
    const ReleaseGil release;
    passes.backward_input(s, grad_y.data(), weight.data(), onto ? onto->data() : nullptr, out);
    return grad_x;
}

template <class T>
Array<T> backward_weight(const Array<T>& grad_y, const Array<T>& x, const Shape4& weight_shape, Size2 stride,
                         Size2 padding, Size2 dilation, index_t groups, const std::string& algorithm) {
    const auto s = conv2d_shape(shape4("conv2d", "x", x), weight_shape, stride, padding, dilation, groups);
    require_shape("conv2d", "grad_y", grad_y, {s.N, s.C_out, s.H_out, s.W_out});
    const auto passes = find_conv2d_step<T>(algorithm, s).passes();
    auto grad_weight = new_array<T>({weight_shape.begin(), weight_shape.end()});
    T* const out = grad_weight.mutable_data();
    const ReleaseGil release;
    passes.backward_weight(s, grad_y.data(), x.data(), out);
    return grad_weight;
}

/// The part of a shape that a gradient of y alone tells.
template <class T>
Conv2dShape output_shape(const Array<T>& grad_y) {
    const Shape4 y = shape4("conv2d", "grad_y", grad_y);
    Conv2dShape s{};
    s.N = y[0], s.C_out = y[1], s.H_out = y[2], s.W_out = y[3];
    return s;
}

template <class T>
Array<T> backward_bias(const Array<T>& grad_y) {
    const Conv2dShape s = output_shape(grad_y);
    auto grad_bias = new_array<T>({s.C_out});
    T* const out = grad_bias.mutable_data();
    const ReleaseGil release;
    kernels().of<T>().conv2d.backward_bias(s, grad_y.data(), out);
    return grad_bias;
}

template <class T>
py::tuple backward_relu(const Array<T>& grad_y, const Array<T>& y, bool needs_bias) {
    const Conv2dShape s = output_shape(grad_y);
    require_same_shape("conv2d", "grad_y", grad_y, "y", y);
    auto cut = new_array<T>(shape_of(y));
    std::optional<Array<T>> grad_bias;
    if (needs_bias) grad_bias = new_array<T>({s.C_out});
    T *const out = cut.mutable_data(), *const sums = needs_bias ? grad_bias->mutable_data() : nullptr;
    {
        const ReleaseGil release;
        kernels().of<T>().conv2d.backward_relu(s, grad_y.data(), y.data(), out, sums);
    }
    return py::make_tuple(cut, grad_bias);
}

/// Names of the steps that can compute this convolution, in the order of the table.
template <class T>
std::vector<std::string> serving(const Shape4& x_shape, const Shape4& weight_shape, Size2 stride, Size2 padding,
                                 Size2 dilation, index_t groups) {
    const auto s = conv2d_shape(x_shape, weight_shape, stride, padding, dilation, groups);
    std::vector<std::string> names;
    for (const auto& step : conv2d_steps<T>)
        if (step.serves(s)) names.push_back(step.name);
    return names;
}

template <class T>
std::string chosen(const Shape4& x_shape, const Shape4& weight_shape, Size2 stride, Size2 padding, Size2 dilation,
                   index_t groups) {
    return best_conv2d_step<T>(conv2d_shape(x_shape, weight_shape, stride, padding, dilation, groups)).name;
}

/// One function for both element types, chosen by name: shapes carry no dtype.
template <class F32, class F64>
auto by_dtype(const std::string& dtype, F32 f32, F64 f64) {
    if (dtype == "float32") return f32();
    if (dtype == "float64") return f64();
    throw std::invalid_argument("conv2d: dtype must be 'float32' or 'float64', got '" + dtype + "'");
}

template <class T>
void bind(py::module_& m) {
    using py::arg;
    m.def("conv2d_forward", forward<T>, arg("x").noconvert(), arg("weight").noconvert(), arg("bias").noconvert(),
          py::kw_only(), arg("stride"), arg("padding"), arg("dilation"), arg("groups"), arg("relu") = false,
          arg("algorithm"));
    m.def("conv2d_batch_norm_forward", forward_normalized<T>, arg("x").noconvert(), arg("weight").noconvert(),
          arg("bias").noconvert(), arg("running_mean").noconvert(), arg("running_var").noconvert(),
          arg("norm_weight").noconvert(), arg("norm_bias").noconvert(), arg("residual").noconvert(), py::kw_only(),
          arg("eps"), arg("stride"), arg("padding"), arg("dilation"), arg("groups"), arg("relu") = false,
          arg("algorithm"));
    m.def("conv2d_backward_input", backward_input<T>, arg("grad_y").noconvert(), arg("weight").noconvert(),
          arg("onto").noconvert() = py::none(), py::kw_only(), arg("x_shape"), arg("stride"), arg("padding"), arg("dilation"), arg("groups"),
          arg("algorithm"));
    m.def("conv2d_backward_weight", backward_weight<T>, arg("grad_y").noconvert(), arg("x").noconvert(),
          py::kw_only(), arg("weight_shape"), arg("stride"), arg("padding"), arg("dilation"), arg("groups"),
          arg("algorithm"));
    m.def("conv2d_backward_bias", backward_bias<T>, arg("grad_y").noconvert());
    m.def("conv2d_backward_relu", backward_relu<T>, arg("grad_y").noconvert(), arg("y").noconvert(), arg("needs_bias"));
}

}  // namespace

void bind_conv2d(py::module_& m) {
    bind<float>(m);
    bind<double>(m);
    using py::arg;
    m.def(
        "conv2d_algorithms_for",
        [](const Shape4& x, const Shape4& w, Size2 stride, Size2 padding, Size2 dilation, index_t groups,
           const std::string& dtype) {
            return by_dtype(dtype, [&] { return serving<float>(x, w, stride, padding, dilation, groups); },
                            [&] { return serving<double>(x, w, stride, padding, dilation, groups); });
        },
        arg("x_shape"), arg("weight_shape"), py::kw_only(), arg("stride"), arg("padding"), arg("dilation"),
        arg("groups"), arg("dtype"));
    m.def(
        "conv2d_auto_algorithm",
        [](const Shape4& x, const Shape4& w, Size2 stride, Size2 padding, Size2 dilation, index_t groups,
           const std::string& dtype) {
            return by_dtype(dtype, [&] { return chosen<float>(x, w, stride, padding, dilation, groups); },
                            [&] { return chosen<double>(x, w, stride, padding, dilation, groups); });
        },
        arg("x_shape"), arg("weight_shape"), py::kw_only(), arg("stride"), arg("padding"), arg("dilation"),
        arg("groups"), arg("dtype"));
    m.attr("CONV2D_ALGORITHMS") = step_names(conv2d_steps<float>);
}

}  // namespace minicnn
