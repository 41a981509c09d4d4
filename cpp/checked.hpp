// Arithmetic on sizes that a caller chose: 64 bits, and an error instead of a wrapped number.
#pragma once

#include <stdexcept>

#include "types.hpp"

namespace minicnn {

[[noreturn]] inline void size_overflow(const std::string& op, const char* what) {
    throw std::invalid_argument(op + ": " + what + " does not fit in 64 bits");
}

inline index_t checked_mul(const std::string& op, const char* what, index_t a, index_t b) {
    index_t product;
    if (__builtin_mul_overflow(a, b, &product)) size_overflow(op, what);
    return product;
}

inline index_t checked_add(const std::string& op, const char* what, index_t a, index_t b) {
    index_t sum;
    if (__builtin_add_overflow(a, b, &sum)) size_overflow(op, what);
    return sum;
}

/// Throw unless an array of this shape, of the widest element type, can be addressed.
inline void check_array_size(const std::string& op, const char* what, const Shape4& shape) {
    index_t bytes = sizeof(double);
    for (const index_t size : shape) bytes = checked_mul(op, what, bytes, size);
}

inline void check_at_least(const std::string& op, const char* name, index_t got, index_t low) {
    if (got < low)
        throw std::invalid_argument(op + ": " + name + " must be at least " + std::to_string(low) + ", got " +
                                    std::to_string(got));
}

}  // namespace minicnn
