// Every step of gemm against the first, on whole numbers, bit for bit.
#include "checks.hpp"
#include "gemm/gemm.hpp"

namespace minicnn::tests {
namespace {

template <class T>
void test_shape(const GemmShape& s) {
    std::vector<T> first;
    for (const auto& step : gemm_steps<T>) {
        const std::string what = std::string("gemm ") + step.name + " " + std::to_string(s.M) + " " +
                                 std::to_string(s.N) + " " + std::to_string(s.K);
        const auto got = same_for_all_threads(what, [&](bool at_end) {
            const Guarded<T> a(s.M * s.K, at_end), b(s.K * s.N, at_end), c(s.M * s.N, at_end);
            a.with_numbers(1), b.with_numbers(2), c.with_numbers(3);
            step.gemm(s, a.data(), b.data(), c.data());
            return c.values();
        });
        if (first.empty()) first = got;
        check(same_bits(got, first), what + " differs from naive");
    }
}

}  // namespace

void test_products() {
    const index_t sizes[][3] = {{1, 1, 1},    {3, 5, 2},   {8, 48, 7},   {9, 49, 385}, {14, 33, 16},
                                {145, 17, 3}, {2, 100, 9}, {40, 1, 70}, {0, 3, 2},    {3, 4, 0}};
    for (const auto& size : sizes)
        for (int how = 0; how < 8; ++how) {
            const GemmShape s{size[0], size[1], size[2], (how & 1) != 0, (how & 2) != 0, (how & 4) != 0};
            test_shape<float>(s);
            test_shape<double>(s);
        }
}

}  // namespace minicnn::tests
