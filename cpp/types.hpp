// The types that every kernel shares, and nothing else.
#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace minicnn {

using index_t = std::ptrdiff_t;        // signed: a padded coordinate can be negative
using Size2 = std::array<index_t, 2>;  // {height, width}
using Shape4 = std::array<index_t, 4>;

inline std::string to_string(const Shape4& s) {
    return "(" + std::to_string(s[0]) + ", " + std::to_string(s[1]) + ", " + std::to_string(s[2]) + ", " +
           std::to_string(s[3]) + ")";
}

}  // namespace minicnn
