// Philox: random numbers that are a function of a key and a counter, so that any thread can make any of them.
//
// Ten rounds of two 32 x 32 -> 64 bit products turn a counter of four words into four random words.
// Source: Salmon, Moraes, Dror & Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011, section 4.2
// (Philox4x32-10; constants from its table 2).
#pragma once

#include <cstdint>

#include "types.hpp"

namespace minicnn::TARGET {

constexpr int philox_counters = 16;                      // treated together, so that a loop over them is a vector
constexpr int philox_block = 4 * philox_counters;        // random words that they give

/// words[j * 16 + i] = word j of counter first + i.
inline void philox(std::uint64_t key, std::uint64_t first, std::uint32_t* words) {
    constexpr int n = philox_counters;
    std::uint32_t a[n], b[n], c[n] = {}, d[n] = {};
    for (int i = 0; i < n; ++i) a[i] = std::uint32_t(first + i), b[i] = std::uint32_t((first + i) >> 32);
    std::uint32_t k0 = std::uint32_t(key), k1 = std::uint32_t(key >> 32);
    for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u)
        for (int i = 0; i < n; ++i) {
            const std::uint64_t ab = std::uint64_t(0xD2511F53u) * a[i], cd = std::uint64_t(0xCD9E8D57u) * c[i];
            const std::uint32_t new_a = std::uint32_t(cd >> 32) ^ b[i] ^ k0, new_c = std::uint32_t(ab >> 32) ^ d[i] ^ k1;
            b[i] = std::uint32_t(cd), d[i] = std::uint32_t(ab);
            a[i] = new_a, c[i] = new_c;
        }
    for (int i = 0; i < n; ++i) {
        words[i] = a[i];
        words[n + i] = b[i];
        words[2 * n + i] = c[i];
        words[3 * n + i] = d[i];
    }
}

}  // namespace minicnn::TARGET
