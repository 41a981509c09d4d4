// Batch normalisation, ReLU, addition, dropout, cross-entropy and the gradient of a bias at sizes around whole vectors and
// tasks: the same bits for every number of threads, and the sums and signs that whole numbers must give.
#include <cmath>

#include "batch_norm/batch_norm.hpp"
#include "checks.hpp"
#include "cpu.hpp"
#include "targets/kernels.hpp"

namespace minicnn::tests {
namespace {

constexpr index_t sizes[] = {0, 1, 3, 15, 16, 17, 63, 16383, 16384, 16385, 50001};

template <class T>
void test_elements(index_t n) {
    const auto& k = kernels().of<T>();
    const std::string name = std::to_string(n) + " elements";
    const auto two = [&](const std::string& what, auto compute) {
        return same_for_all_threads(what + name, [&](bool at_end) {
            const Guarded<T> a(n, at_end), b(n, at_end), out(n, at_end);
            a.with_numbers(1), b.with_numbers(2);
            compute(a.data(), b.data(), out.data(), at_end);
            return out.values();
        });
    };
    const Guarded<T> a(n, true), b(n, true);
    a.with_numbers(1), b.with_numbers(2);
    const auto sum = two("add ", [&](T* x, T* y, T* out, bool) { k.add.forward(n, x, y, out); });
    for (index_t i = 0; i < n; ++i) check(sum[i] == a.data()[i] + b.data()[i], "add");
    const auto passed = two("relu backward ", [&](T* g, T* y, T* out, bool) { k.relu.backward(n, g, y, out); });
    for (index_t i = 0; i < n; ++i) check(passed[i] == (b.data()[i] > 0 ? a.data()[i] : 0), "relu backward");
    two("relu ", [&](T* x, T*, T* out, bool) { k.relu.forward(n, x, out); });
    two("dropout ", [&](T* x, T* y, T* out, bool at_end) {
        const Guarded<std::uint8_t> keep(n, at_end);
        k.dropout.forward(n, x, 42, 0.5, T(2), y, keep.data());
        for (index_t i = 0; i < n; ++i) check(y[i] == (keep.data()[i] ? 2 * x[i] : 0), "dropout");
        k.dropout.backward(n, x, keep.data(), T(2), out);
    });
}

template <class T>
void test_batch_norm(const BatchNormShape& s) {
    const index_t n = s.N * s.C * s.plane;
    for (const auto& step : batch_norm_steps<T>) {
        const auto passes = step.passes();
        const std::string name = std::string("batch_norm ") + step.name + " " + std::to_string(s.plane);
        const auto run = [&](int what, bool at_end) {
            const Guarded<T> x(n, at_end), gy(n, at_end), y(n, at_end), gx(n, at_end), gr(n, at_end);
            const Guarded<T> weight(s.C, at_end), bias(s.C, at_end), mean(s.C, at_end), var(s.C, at_end);
            x.with_numbers(1), gy.with_numbers(2), weight.with_numbers(3), bias.with_numbers(4);
            const BatchNormEnd<T> end{gy.data(), true};
            passes.forward(s, x.data(), weight.data(), bias.data(), 1e-5, end, y.data(), mean.data(), var.data());
            if (what == 0) return y.values();
            if (what == 1) {
                passes.apply(s, x.data(), weight.data(), bias.data(), mean.data(), var.data(), 1e-5, end, gx.data());
                return gx.values();
            }
            const Guarded<T> gw(s.C, at_end), gb(s.C, at_end);
            passes.backward(s, {gy.data(), true, nullptr, y.data()}, x.data(), weight.data(), mean.data(), var.data(),
                            1e-5, false, gx.data(), gw.data(), gb.data(), gr.data());
            return what == 2 ? gx.values() : what == 3 ? gw.values() : gr.values();
        };
        for (int what = 0; what < 5; ++what)
            same_for_all_threads(name, [&](bool at_end) { return run(what, at_end); });
    }
}

template <class T>
void test_cross_entropy(index_t N, index_t C) {
    const CrossEntropyShape s{N, C, -100};
    const auto& k = kernels().of<T>().cross_entropy;
    for (const bool backward : {false, true})
        same_for_all_threads("cross_entropy " + std::to_string(C), [&](bool at_end) {
            const Guarded<T> x(N * C, at_end), p(N * C, at_end), gx(N * C, at_end);
            const Guarded<std::int64_t> labels(N, at_end);
            x.with_numbers(1);
            for (index_t i = 0; i < N; ++i) labels.data()[i] = i % 7 == 3 ? s.ignored : i % C;
            const double loss = k.forward(s, x.data(), labels.data(), p.data());
            check(std::isfinite(loss) && loss >= 0, "cross_entropy: the loss");
            if (!backward) return p.values();
            k.backward(s, p.data(), labels.data(), T(0.5), gx.data());
            return gx.values();
        });
}

template <class T>
void test_bias_gradient(index_t N, index_t C, index_t H, index_t W) {
    Conv2dShape s{};
    s.N = N, s.C_out = C, s.H_out = H, s.W_out = W;
    const auto& k = kernels().of<T>().conv2d;
    const auto sums = same_for_all_threads("backward_bias", [&](bool at_end) {
        const Guarded<T> gy(N * C * H * W, at_end), sum(C, at_end);
        gy.with_numbers(1);
        k.backward_bias(s, gy.data(), sum.data());
        return sum.values();
    });
    const Guarded<T> gy(N * C * H * W, true);
    gy.with_numbers(1);
    std::vector<T> expected(C);
    for (index_t i = 0; i < gy.size(); ++i) expected[i / (H * W) % C] += gy.data()[i];
    check(sums == expected, "backward_bias");
    same_for_all_threads("backward_relu", [&](bool at_end) {
        const Guarded<T> g(gy.size(), at_end), y(gy.size(), at_end), cut(gy.size(), at_end), sum(C, at_end);
        g.with_numbers(1), y.with_numbers(2);
        k.backward_relu(s, g.data(), y.data(), cut.data(), sum.data());
        return cut.values();
    });
}

template <class T>
void test_all() {
    for (const index_t n : sizes) test_elements<T>(n);
    for (const index_t plane : {1, 2, 15, 33, 100}) test_batch_norm<T>({3, 5, plane});
    for (const index_t C : {1, 2, 10, 15, 16, 17, 100}) test_cross_entropy<T>(37, C);
    test_bias_gradient<T>(3, 5, 7, 9);
    test_bias_gradient<T>(9, 17, 1, 1);
    test_bias_gradient<T>(2, 3, 40, 41);
}

}  // namespace

void test_pointwise() {
    test_all<float>();
    test_all<double>();
}

}  // namespace minicnn::tests
