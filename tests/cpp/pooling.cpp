// Every step of max and average pooling against the first: the same bits, and the same places of the maxima.
#include "avg_pool2d/avg_pool2d.hpp"
#include "checks.hpp"
#include "max_pool2d/max_pool2d.hpp"

namespace minicnn::tests {
namespace {

struct Case {
    Shape4 x;
    Size2 kernel, stride, padding, dilation;
    bool ceil_mode;
};

const Case cases[] = {
    {{2, 3, 8, 8}, {2, 2}, {2, 2}, {0, 0}, {1, 1}, false},   {{1, 5, 9, 33}, {2, 2}, {2, 2}, {0, 0}, {1, 1}, true},
    {{2, 2, 7, 5}, {3, 3}, {2, 2}, {1, 1}, {1, 1}, false},   {{1, 3, 17, 34}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, false},
    {{1, 2, 19, 21}, {3, 3}, {3, 3}, {0, 0}, {1, 1}, true},  {{1, 2, 12, 12}, {5, 4}, {2, 3}, {2, 2}, {1, 1}, false},
    {{1, 1, 40, 40}, {17, 17}, {3, 3}, {8, 8}, {1, 1}, true}, {{2, 4, 6, 6}, {6, 6}, {1, 1}, {0, 0}, {1, 1}, false},
    {{3, 7, 4, 4}, {2, 2}, {2, 2}, {0, 0}, {1, 1}, false},   {{1, 9, 1, 1}, {1, 1}, {1, 1}, {0, 0}, {1, 1}, false},
    {{0, 3, 4, 4}, {2, 2}, {2, 2}, {0, 0}, {1, 1}, false},
};

template <class T>
void test_max(const Pool2dShape& s, const std::string& name) {
    std::vector<T> first[2];
    for (const auto& step : max_pool2d_steps<T>) {
        std::vector<std::uint8_t> cells(s.planes() * s.windows());
        const auto forward = same_for_all_threads(name, [&](bool at_end) {
            const Guarded<T> x(s.planes() * s.pixels(), at_end), y(s.planes() * s.windows(), at_end);
            const Guarded<std::uint8_t> cell(y.size(), at_end);
            x.with_numbers(1);
            step.forward(s, x.data(), y.data(), Argmax{fits_cells(s) ? cell.data() : nullptr, nullptr}, false);
            cells = cell.values();
            return y.values();
        });
        const auto backward = same_for_all_threads(name, [&](bool at_end) {
            const Guarded<T> gy(s.planes() * s.windows(), at_end), gx(s.planes() * s.pixels(), at_end);
            const Guarded<std::int64_t> pixel(gy.size(), at_end);
            const Guarded<std::uint8_t> cell(gy.size(), at_end);
            gy.with_numbers(2);
            for (index_t i = 0; i < gy.size(); ++i) cell.data()[i] = cells[i], pixel.data()[i] = i % s.pixels();
            const bool by_cell = fits_cells(s);
            step.backward(s, gy.data(), Argmax{by_cell ? cell.data() : nullptr, by_cell ? nullptr : pixel.data()},
                          gx.data());
            return gx.values();
        });
        if (first[0].empty()) first[0] = forward, first[1] = backward;
        check(same_bits(forward, first[0]) && same_bits(backward, first[1]), "max_pool2d " + name + step.name);
    }
}

template <class T>
void test_avg(const Pool2dShape& s, const std::string& name) {
    for (const Divisor& divisor : {Divisor{0, true}, Divisor{0, false}, Divisor{3, true}})
        for (const auto& step : avg_pool2d_steps<T>) {
            same_for_all_threads("avg_pool2d forward " + name + step.name, [&](bool at_end) {
                const Guarded<T> x(s.planes() * s.pixels(), at_end), y(s.planes() * s.windows(), at_end);
                x.with_numbers(1);
                step.forward(s, divisor, x.data(), y.data());
                return y.values();
            });
            same_for_all_threads("avg_pool2d backward " + name + step.name, [&](bool at_end) {
                const Guarded<T> gy(s.planes() * s.windows(), at_end), gx(s.planes() * s.pixels(), at_end);
                gy.with_numbers(2);
                step.backward(s, divisor, gy.data(), gx.data());
                return gx.values();
            });
        }
}

}  // namespace

void test_pooling() {
    for (const Case& c : cases) {
        const Pool2dShape s = pool2d_shape("pool", c.x, c.kernel, c.stride, c.padding, c.dilation, c.ceil_mode);
        const std::string name = "case " + std::to_string(&c - cases) + " ";
        test_max<float>(s, name);
        test_max<double>(s, name);
        test_avg<float>(s, name);
        test_avg<double>(s, name);
    }
}

}  // namespace minicnn::tests
