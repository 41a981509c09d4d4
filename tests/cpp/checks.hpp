// What the tests of the kernels are made of. They know nothing of Python, so that sanitizers see the kernels alone.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "parallel.hpp"
#include "types.hpp"

namespace minicnn::tests {

inline std::atomic<long> checked{0};

inline void check(bool right, const char* what) {
    checked.fetch_add(1, std::memory_order_relaxed);
    if (right) return;
    std::fprintf(stderr, "failed: %s\n", what);
    std::abort();
}
inline void check(bool right, const std::string& what) { check(right, what.c_str()); }

/// An array that begins, or ends, at a page that must not be touched, and has such a page on its other side too.
template <class T>
class Guarded {
public:
    Guarded(index_t size, bool at_end) : size_(size), page_(sysconf(_SC_PAGESIZE)) {
        const index_t bytes = size * index_t(sizeof(T));
        inner_ = (bytes + page_ - 1) / page_ * page_;
        void* const memory = mmap(nullptr, inner_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        check(memory != MAP_FAILED, "mmap");
        memory_ = static_cast<char*>(memory);
        if (inner_ > 0) check(mprotect(memory_ + page_, inner_, PROT_READ | PROT_WRITE) == 0, "mprotect");
        data_ = reinterpret_cast<T*>(memory_ + page_ + (at_end ? inner_ - bytes : 0));
    }
    ~Guarded() { munmap(memory_, inner_ + 2 * page_); }
    Guarded(const Guarded&) = delete;
    Guarded& operator=(const Guarded&) = delete;

    T* data() const { return data_; }
    index_t size() const { return size_; }
    /// Small integers: all sums of their products are exact.
    const Guarded& with_numbers(unsigned seed) const {
        for (index_t i = 0; i < size_; ++i) {
            seed = seed * 1664525u + 1013904223u;
            data_[i] = T(int(seed >> 16) % 4);
        }
        return *this;
    }
    std::vector<T> values() const { return {data_, data_ + size_}; }

private:
    const index_t size_;
    const index_t page_;
    index_t inner_ = 0;
    char* memory_ = nullptr;
    T* data_ = nullptr;
};

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

/// The results of `compute(at_end)`, a vector of values, must have the same bits for every number of threads and wherever
/// the arrays lie; return them.
template <class Compute>
auto same_for_all_threads(const std::string& what, const Compute& compute) {
    set_num_threads(1);
    const auto expected = compute(true);
    for (const int threads : {1, 2, 3}) {
        set_num_threads(threads);
        for (const bool at_end : {false, true})
            check(same_bits(compute(at_end), expected), what + " with " + std::to_string(threads) + " threads");
    }
    return expected;
}

void test_team();
void test_buffers();
void test_convolutions();
void test_products();
void test_pooling();
void test_pointwise();
void test_optimizers();

}  // namespace minicnn::tests
