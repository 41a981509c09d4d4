// RMSprop, Adadelta, Adagrad, Adamax and NAdam, one pass over a parameter's memory for each step.
//
// Sources: minicnn/optim/_adaptive.py, which states the rules.
#pragma once

#include "optimizer/parameters.hpp"

namespace minicnn::TARGET::optimizer {

/// state1: mean of squares, state2: mean (if centered), state3: momentum (if any).
template <class T>
void rmsprop(const Slot<T>* slots, index_t count, const RmspropSettings& set) {
    const T lr = T(set.lr), alpha = T(set.alpha), rest = T(1 - set.alpha), eps = T(set.eps);
    const T momentum = T(set.momentum), decay = T(set.weight_decay);
    for_each_parameter(slots, count, [=](const Slot<T>& s, index_t i, auto io) {
        const auto g = gradient(s, i, io, set.maximize, decay);
        auto v = averaged_square(s.state1, i, io, alpha, rest, g);
        if (s.state2) {
            const auto m = averaged(s.state2, i, io, rest, g);
            v = v - m * m;
            v = io.where(v < io.zero(), io.zero(), v);  // rounding only: a variance is not negative
        }
        auto d = g / (io.square_root(v) + io.all(eps));
        if (s.state3) {
            d = io.all(momentum) * io.load(s.state3 + i) + d;
            io.store(s.state3 + i, d);
        }
        io.store(s.p + i, io.load(s.p + i) - io.all(lr) * d);
    });
}

/// state1: mean of squared gradients, state2: mean of squared steps.
template <class T>
void adadelta(const Slot<T>* slots, index_t count, const AdadeltaSettings& set) {
    const T lr = T(set.lr), rho = T(set.rho), rest = T(1 - set.rho), eps = T(set.eps), decay = T(set.weight_decay);
    for_each_parameter(slots, count, [=](const Slot<T>& s, index_t i, auto io) {
        const auto g = gradient(s, i, io, set.maximize, decay);
        const auto v = averaged_square(s.state1, i, io, rho, rest, g);
        const auto d = io.square_root(io.load(s.state2 + i) + io.all(eps)) / io.square_root(v + io.all(eps)) * g;
        averaged_square(s.state2, i, io, rho, rest, d);
        io.store(s.p + i, io.load(s.p + i) - io.all(lr) * d);
    });
}

/// state1: sum of squared gradients.
template <class T>
void adagrad(const Slot<T>* slots, index_t count, const AdagradSettings& set) {
    const T eps = T(set.eps), decay = T(set.weight_decay);
    for_each_parameter(slots, count, [=](const Slot<T>& s, index_t i, auto io) {
        const auto g = gradient(s, i, io, set.maximize, decay);
        const auto sum = io.load(s.state1 + i) + g * g;
        io.store(s.state1 + i, sum);
        const auto root = io.square_root(sum) + io.all(eps);
        io.store(s.p + i, io.load(s.p + i) - io.all(T(s.step_size)) * g / root);
    });
}

/// state1: mean, state2: largest gradient, slowly forgotten.
template <class T>
void adamax(const Slot<T>* slots, index_t count, const AdamaxSettings& set) {
    const T rest1 = T(1 - set.beta1), beta2 = T(set.beta2), eps = T(set.eps), decay = T(set.weight_decay);
    for_each_parameter(slots, count, [=](const Slot<T>& s, index_t i, auto io) {
        const auto g = gradient(s, i, io, set.maximize, decay);
        const auto m = averaged(s.state1, i, io, rest1, g);
        const auto before = io.all(beta2) * io.load(s.state2 + i);
        const auto now = io.where(g < io.zero(), -g, g) + io.all(eps);
        const auto u = io.where(now <= before, before, now);  // a NaN in `now` stays
        io.store(s.state2 + i, u);
        io.store(s.p + i, io.load(s.p + i) - io.all(T(s.step_size)) * m / u);
    });
}

/// state1: mean, state2: mean of squares.
template <class T>
void nadam(const Slot<T>* slots, index_t count, const AdamSettings& set) {
    const T rest1 = T(1 - set.beta1), beta2 = T(set.beta2), rest2 = T(1 - set.beta2), eps = T(set.eps);
    const T shrink = set.decoupled ? T(1 - set.lr * set.weight_decay) : T(1);
    const T decay = set.decoupled ? T(0) : T(set.weight_decay);
    for_each_parameter(slots, count, [=](const Slot<T>& s, index_t i, auto io) {
        const auto g = gradient(s, i, io, set.maximize, decay);
        const auto m = averaged(s.state1, i, io, rest1, g);
        const auto v = averaged_square(s.state2, i, io, beta2, rest2, g);
        const auto root = io.square_root(v) / io.all(T(s.root_bias)) + io.all(eps);
        const auto d = (io.all(T(s.step_size)) * g + io.all(T(s.mean_size)) * m) / root;
        io.store(s.p + i, io.load(s.p + i) * io.all(shrink) - d);
    });
}

}  // namespace minicnn::TARGET::optimizer
