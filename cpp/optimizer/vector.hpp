// SGD and Adam, one pass over a parameter's memory for each step.
//
// Sources: minicnn/optim/_updates.py, which states the rules.
#pragma once

#include "optimizer/parameters.hpp"

namespace minicnn::TARGET::optimizer {

template <class T>
void sgd(const Slot<T>* slots, index_t count, const SgdSettings& set) {
    const T lr = T(set.lr), momentum = T(set.momentum), keep = T(1 - set.dampening), decay = T(set.weight_decay);
    for_each_parameter(slots, count, [=](const Slot<T>& s, index_t i, auto io) {
        auto g = gradient(s, i, io, set.maximize, decay);
        if (s.state1) {
            auto b = s.fresh ? g : io.all(momentum) * io.load(s.state1 + i) + io.all(keep) * g;
            io.store(s.state1 + i, b);
            g = set.nesterov ? g + io.all(momentum) * b : b;
        }
        io.store(s.p + i, io.load(s.p + i) - io.all(lr) * g);
    });
}

template <class T>
void adam(const Slot<T>* slots, index_t count, const AdamSettings& set) {
    const T rest1 = T(1 - set.beta1), beta2 = T(set.beta2), rest2 = T(1 - set.beta2);
    const T shrink = set.decoupled ? T(1 - set.lr * set.weight_decay) : T(1), eps = T(set.eps);
    const T decay = set.decoupled ? T(0) : T(set.weight_decay);
    for_each_parameter(slots, count, [=](const Slot<T>& s, index_t i, auto io) {
        const auto g = gradient(s, i, io, set.maximize, decay);
        const auto m = averaged(s.state1, i, io, rest1, g);
        auto v = averaged_square(s.state2, i, io, beta2, rest2, g);
        if (s.state3) {
            const auto largest = io.load(s.state3 + i);
            v = io.where(v < largest, largest, v);
            io.store(s.state3 + i, v);
        }
        const auto root = io.square_root(v) / io.all(T(s.root_bias)) + io.all(eps);
        io.store(s.p + i, io.load(s.p + i) * io.all(shrink) - io.all(T(s.step_size)) * m / root);
    });
}

}  // namespace minicnn::TARGET::optimizer
