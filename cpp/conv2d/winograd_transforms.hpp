// The three small matrices of Winograd's convolution F(M x M, 3 x 3), applied to vectors of channels.
//
// A 3-tap filter g slid over M + 2 values d gives M values: as polynomials, their product. Evaluate both at
// M + 1 points and at infinity, multiply point by point, and interpolate: M + 2 multiplications for what the
// definition does with 3 M. In two dimensions 36 instead of 144 for M = 4, 16 instead of 36 for M = 2:
//
//     y = A^T [ (G g G^T) . (B^T d B) ] A
//
// Points: M = 2 uses 0, 1, -1. M = 4 uses 0, +-5/8, +-3/2: with the usual 0, +-1, +-2 the error is 3 to 4
// times larger. These are short binary fractions, so B and A are exact and only G rounds.
//
// Source: Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks", arXiv:1509.09308, section 4;
// on the choice of points: Barabasz, Anderson, Soodhalter & Gregg, "Error Analysis and Improving the Accuracy
// of Winograd Convolution for Deep Neural Networks", arXiv:1803.10986.
#pragma once

#include "targets/simd.hpp"

namespace minicnn::TARGET {

template <int M>
struct Winograd;

template <>
struct Winograd<2> {
    static constexpr int points = 4;
    static constexpr float G[4][3] = {{1, 0, 0}, {0.5f, 0.5f, 0.5f}, {0.5f, -0.5f, 0.5f}, {0, 0, 1}};

    /// d[0], d[s], ...: 4 values of the image -> B^T d, in place.
    static inline void image(Vec<float>* d, int s) {
        const Vec<float> d0 = d[0], d1 = d[s], d2 = d[2 * s], d3 = d[3 * s];
        d[0] = d0 - d2;
        d[s] = d1 + d2;
        d[2 * s] = d2 - d1;
        d[3 * s] = d1 - d3;
    }
    /// 4 products -> A^T m: 2 values of y.
    static inline void output(Vec<float>* m, int s) {
        const Vec<float> m1 = m[s], m2 = m[2 * s], m3 = m[3 * s];
        m[0] = m[0] + m1 + m2;
        m[s] = m1 - m2 - m3;
    }
    /// 2 values of grad_y -> A g: 4 values (the transpose of `output`).
    static inline void gradient(Vec<float>* g, int s) {
        const Vec<float> g0 = g[0], g1 = g[s];
        g[s] = g0 + g1;
        g[2 * s] = g0 - g1;
        g[3 * s] = -g1;
    }
};

template <>
struct Winograd<4> {
    static constexpr int points = 6;
    static constexpr float a = 0.625f, b = 1.5f, a2 = a * a, b2 = b * b;  // the points +-a and +-b
    // 1 / the product of a point's distances to the others, from Lagrange's interpolation
    static constexpr float ga = float(1 / (2.0 * a2 * (a2 - b2))), gb = float(1 / (2.0 * b2 * (b2 - a2)));
    static constexpr float G[6][3] = {{float(1 / (double(a2) * b2)), 0, 0},
                                      {ga, ga * a, ga * a2},
                                      {ga, -ga * a, ga * a2},
                                      {gb, gb * b, gb * b2},
                                      {gb, -gb * b, gb * b2},
                                      {0, 0, 1}};

    static inline void image(Vec<float>* d, int s) {
        const Vec<float> d0 = d[0], d1 = d[s], d2 = d[2 * s], d3 = d[3 * s], d4 = d[4 * s], d5 = d[5 * s];
        const Vec<float> even_a = d4 - d2 * b2, odd_a = (d3 - d1 * b2) * a;
        const Vec<float> even_b = d4 - d2 * a2, odd_b = (d3 - d1 * a2) * b;
        d[0] = d4 - d2 * (a2 + b2) + d0 * (a2 * b2);
        d[s] = even_a + odd_a;
        d[2 * s] = even_a - odd_a;
        d[3 * s] = even_b + odd_b;
        d[4 * s] = even_b - odd_b;
        d[5 * s] = d5 - d3 * (a2 + b2) + d1 * (a2 * b2);
    }
    static inline void output(Vec<float>* m, int s) {
        const Vec<float> sum_a = m[s] + m[2 * s], dif_a = m[s] - m[2 * s];
        const Vec<float> sum_b = m[3 * s] + m[4 * s], dif_b = m[3 * s] - m[4 * s], last = m[5 * s];
        m[0] = m[0] + sum_a + sum_b;
        m[s] = dif_a * a + dif_b * b;
        m[2 * s] = sum_a * a2 + sum_b * b2;
        m[3 * s] = dif_a * (a * a2) + dif_b * (b * b2) + last;
    }
    static inline void gradient(Vec<float>* g, int s) {
        const Vec<float> g0 = g[0], g1 = g[s], g2 = g[2 * s], g3 = g[3 * s];
        const Vec<float> even_a = g0 + g2 * a2, odd_a = (g1 + g3 * a2) * a;
        const Vec<float> even_b = g0 + g2 * b2, odd_b = (g1 + g3 * b2) * b;
        g[s] = even_a + odd_a;
        g[2 * s] = even_a - odd_a;
        g[3 * s] = even_b + odd_b;
        g[4 * s] = even_b - odd_b;
        g[5 * s] = g3;
    }
};

}  // namespace minicnn::TARGET
