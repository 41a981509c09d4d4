// The exponential function of a vector.
//
//     e^x = 2^n * e^r,    n = x / ln 2 rounded to an integer,    r = x - n * ln 2, so |r| <= ln 2 / 2
//
// e^r is the start of its Taylor series: what is left out is less than a tenth of a unit in the last place. n * ln 2 is
// subtracted in two parts, the first of so few bits that its product with n is exact.
//
// Error: less than 1.1 units in the last place: r is rounded to a quarter of one, its series too, the last sum to a
// half. Results below the smallest normal number are rounded once; NaN stays, overflow is infinity.
// Source: Muller, "Elementary Functions", 3rd edition, chapter 11 (Cody and Waite's range reduction).
#pragma once

#include "targets/simd.hpp"

namespace minicnn::TARGET {

template <class T>
struct ExpConstants;
template <>
struct ExpConstants<float> {
    static constexpr float lowest = -105, highest = 89;  // 0 before, infinity after
    static constexpr float log2_e = 1.44269504f, ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    static constexpr float to_integer = 12582912;  // 1.5 * 2^23: adding it leaves no bits for a fraction
    static constexpr int terms = 7, mantissa_bits = 23, bias = 127;
};
template <>
struct ExpConstants<double> {
    static constexpr double lowest = -746, highest = 710;
    static constexpr double log2_e = 1.44269504088896340736, ln2_high = 6.93147180369123816490e-01,
                            ln2_low = 1.90821492927058770002e-10;
    static constexpr double to_integer = 6755399441055744;  // 1.5 * 2^52
    static constexpr int terms = 13, mantissa_bits = 52, bias = 1023;
};

template <class T>
using ExpInts = decltype(Vec<T>{} < Vec<T>{});

/// 2^n as a number, for n within the exponents of normal numbers.
template <class T>
inline Vec<T> power_of_two(ExpInts<T> n) {
    using C = ExpConstants<T>;
    return reinterpret_cast<Vec<T>>((n + C::bias) << C::mantissa_bits);
}

template <class T>
inline Vec<T> exp(Vec<T> x) {
    using C = ExpConstants<T>;
    x = x < splat(C::lowest) ? splat(C::lowest) : x;
    x = x > splat(C::highest) ? splat(C::highest) : x;
    const Vec<T> shifted = x * splat(C::log2_e) + splat(C::to_integer);
    const Vec<T> n = shifted - splat(C::to_integer);
    const Vec<T> r = (x - n * splat(C::ln2_high)) - n * splat(C::ln2_low);
    double factor[C::terms + 1] = {1};  // 1 / k!
    for (int k = 1; k <= C::terms; ++k) factor[k] = factor[k - 1] / k;
    Vec<T> sum = splat(T(factor[C::terms]));
    MINICNN_UNROLL
    for (int k = C::terms - 1; k >= 2; --k) sum = sum * r + splat(T(factor[k]));
    sum = splat(T(1)) + (r + r * r * sum);  // the last sums as exact as they can be
    // the integer stands in the last bits of `shifted`; in two halves, as 2^n itself may be subnormal or too large
    const ExpInts<T> integer =
        reinterpret_cast<ExpInts<T>>(shifted) - reinterpret_cast<ExpInts<T>>(splat(C::to_integer));
    const ExpInts<T> half = integer >> 1;
    return sum * power_of_two<T>(half) * power_of_two<T>(integer - half);
}

}  // namespace minicnn::TARGET
