// Philox: random numbers that are a function of a key and a counter, so that any thread can make any of them.
//
// Ten rounds of two 32 x 32 -> 64 bit products turn a counter of four words into four random words.
// Source: Salmon, Moraes, Dror & Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011, section 4.2
// (Philox4x32-10; constants from its table 2).
#pragma once

#include <cstdint>

#include "types.hpp"

namespace minicnn::TARGET {

constexpr int philox_counters = 16;                // treated together, whatever the width of a vector
constexpr int philox_block = 4 * philox_counters;  // random words that they give

typedef std::uint32_t Words __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));
typedef std::uint64_t Pairs __attribute__((vector_size(VECTOR_BYTES)));  // two words a lane
constexpr int words_per_vector = VECTOR_BYTES / 4;

/// The 64 bits of word * factor for each word: high halves in `high`, low halves returned.
inline Words multiply(Words word, std::uint64_t factor, Words& high) {
    const Pairs both = reinterpret_cast<Pairs>(word), low_half = Pairs{} + 0xFFFFFFFFu;
    const Pairs even = (both & low_half) * factor, odd = (both >> 32) * factor;  // little-endian: word 0 is the low half
    high = reinterpret_cast<Words>((even >> 32) | (odd & ~low_half));
    return reinterpret_cast<Words>((even & low_half) | (odd << 32));
}

/// words[j * 16 + i] = word j of counter first + i.
inline void philox(std::uint64_t key, std::uint64_t first, std::uint32_t* words) {
    for (int start = 0; start < philox_counters; start += words_per_vector) {
        Words a, b, c{}, d{};
        for (int i = 0; i < words_per_vector; ++i) {
            a[i] = std::uint32_t(first + start + i);
            b[i] = std::uint32_t((first + start + i) >> 32);
        }
        std::uint32_t k0 = std::uint32_t(key), k1 = std::uint32_t(key >> 32);
        for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
            Words high_a, high_c;
            const Words low_a = multiply(a, 0xD2511F53u, high_a), low_c = multiply(c, 0xCD9E8D57u, high_c);
            a = high_c ^ b ^ k0;
            c = high_a ^ d ^ k1;
            b = low_c;
            d = low_a;
        }
        const Words out[4] = {a, b, c, d};
        for (int j = 0; j < 4; ++j) *reinterpret_cast<Words*>(words + j * philox_counters + start) = out[j];
    }
}

}  // namespace minicnn::TARGET
