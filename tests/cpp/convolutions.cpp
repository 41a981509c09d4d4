// Every step of conv2d against the first, on whole numbers: bit for bit, but for Winograd's, whose transforms round.
#include <cmath>
#include <limits>

#include "checks.hpp"
#include "conv2d/conv2d.hpp"

namespace minicnn::tests {
namespace {

struct Case {
    Shape4 x, weight;
    Size2 stride, padding, dilation;
    index_t groups;
};

// leftover rows and columns, strides beyond the kernel, groups, depthwise, 1x1, kernel = image, small and large maps;
// output channels that fill vectors: with zeros around, in place, padded beyond the kernel's reach
const Case cases[] = {
    {{2, 3, 7, 9}, {5, 3, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 1},
    {{1, 4, 12, 11}, {6, 2, 3, 2}, {2, 3}, {1, 0}, {1, 2}, 2},
    {{3, 6, 5, 5}, {6, 1, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 6},
    {{2, 17, 8, 8}, {33, 17, 1, 1}, {1, 1}, {0, 0}, {1, 1}, 1},
    {{2, 5, 9, 10}, {4, 5, 1, 1}, {3, 3}, {0, 0}, {1, 1}, 1},
    {{2, 3, 6, 4}, {7, 3, 6, 4}, {1, 1}, {0, 0}, {1, 1}, 1},
    {{1, 1, 19, 35}, {2, 1, 5, 5}, {1, 1}, {2, 2}, {1, 1}, 1},
    {{1, 2, 1, 40}, {3, 2, 1, 3}, {1, 2}, {0, 1}, {1, 1}, 1},
    {{5, 12, 6, 6}, {13, 12, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 1},
    {{1, 16, 18, 17}, {12, 16, 3, 3}, {1, 1}, {2, 0}, {1, 1}, 1},
    {{0, 3, 5, 5}, {4, 3, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 1},
    {{1, 3, 9, 9}, {8, 3, 3, 3}, {5, 5}, {2, 2}, {3, 3}, 1},
    {{2, 16, 13, 9}, {32, 8, 3, 3}, {2, 2}, {1, 1}, {1, 1}, 2},
    {{1, 16, 12, 21}, {32, 16, 3, 2}, {1, 2}, {0, 0}, {2, 1}, 1},
    {{1, 32, 5, 6}, {32, 32, 3, 3}, {1, 1}, {4, 3}, {1, 1}, 1},
};

index_t size_of(const Shape4& s) { return s[0] * s[1] * s[2] * s[3]; }

/// |got - expected| <= 8 * eps * cond, where cond is what the same operation makes of absolute values (here: of the
/// values themselves, which are not negative).
template <class T>
bool close(const std::vector<T>& got, const std::vector<T>& expected) {
    for (std::size_t i = 0; i < got.size(); ++i)
        if (!(std::abs(got[i] - expected[i]) <= 8 * std::numeric_limits<T>::epsilon() * (1 + 36 * std::abs(expected[i]))))
            return false;
    return got.size() == expected.size();
}

template <class T>
void test_case(const Case& c) {
    const Conv2dShape s = conv2d_shape(c.x, c.weight, c.stride, c.padding, c.dilation, c.groups);
    const index_t y_size = s.N * s.C_out * s.positions();
    std::vector<T> first[3];
    for (const auto& step : conv2d_steps<T>) {
        if (!step.serves(s)) continue;
        const auto passes = step.passes();
        const auto run = [&](int pass, bool at_end) {
            const Guarded<T> x(size_of(c.x), at_end), w(size_of(c.weight), at_end), gy(y_size, at_end);
            const Guarded<T> bias(s.C_out, at_end), out(pass == 0 ? y_size : pass == 1 ? x.size() : w.size(), at_end);
            x.with_numbers(1), w.with_numbers(2), gy.with_numbers(3), bias.with_numbers(4);
            if (pass == 0) passes.forward(s, x.data(), w.data(), Epilogue<T>{bias.data(), true}, out.data());
            if (pass == 1) passes.backward_input(s, gy.data(), w.data(), x.data(), out.data());
            if (pass == 2) passes.backward_weight(s, gy.data(), x.data(), out.data());
            return out.values();
        };
        for (int pass = 0; pass < 3; ++pass) {
            const std::string what = std::string("conv2d ") + step.name + " pass " + std::to_string(pass) + " case " +
                                     std::to_string(&c - cases);
            const auto got = same_for_all_threads(what, [&](bool at_end) { return run(pass, at_end); });
            if (first[pass].empty()) first[pass] = got;
            const bool rounds = std::string(step.name).find("winograd") == 0;
            check(rounds ? close(got, first[pass]) : same_bits(got, first[pass]), what + " differs from direct");
        }
    }
}

}  // namespace

void test_convolutions() {
    for (const Case& c : cases) {
        test_case<float>(c);
        test_case<double>(c);
    }
}

}  // namespace minicnn::tests
