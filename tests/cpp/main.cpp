// Runs all tests of the kernels that need no Python, on every instruction set: python -m pytest has many more.
#include <cstdio>

#include "checks.hpp"
#include "cpu.hpp"

int main() {
    using namespace minicnn;
    using namespace minicnn::tests;
    std::setvbuf(stdout, nullptr, _IOLBF, 0);  // what had been done, should one of them hang
    test_team();
    test_buffers();
    for (const std::string& target : available_targets()) {
        set_target(target);
        test_convolutions();
        test_products();
        test_pooling();
        test_pointwise();
        test_optimizers();
        std::printf("%s: all kernels\n", target.c_str());
    }
    std::printf("%ld checks passed\n", checked.load());
}
