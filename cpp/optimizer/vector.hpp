// SGD and Adam, one pass over a parameter's memory for each step.
//
// All parameters of a group are one range of tasks, so that a net of many small arrays wakes the threads once.
// Sources: minicnn/optim/_updates.py, which states the rules.
#pragma once

#include "elementwise.hpp"
#include "optimizer/kernels.hpp"

namespace minicnn::TARGET::optimizer {

/// Call `body(slot, i, access)` for every element of every slot.
template <class T, class Body>
void for_each_parameter(const Slot<T>* slots, index_t count, const Body& body) {
    index_t tasks = 0;
    for (index_t s = 0; s < count; ++s) tasks += blocks_of(slots[s].size, elements_per_task);
    parallel_for(tasks, num_threads(), [&](index_t task, int) {
        index_t s = 0;
        for (; task >= blocks_of(slots[s].size, elements_per_task); ++s) task -= blocks_of(slots[s].size, elements_per_task);
        const Slot<T>& slot = slots[s];
        for_each_vector<T>(task * elements_per_task, min(slot.size, (task + 1) * elements_per_task),
                           [&](index_t i, auto io) { body(slot, i, io); });
    });
}

/// The gradient, uphill if so wished, plus the L2 penalty's.
template <class T, class Access>
auto gradient(const Slot<T>& s, index_t i, Access io, bool maximize, T decay) {
    auto g = io.load(s.grad + i);
    if (maximize) g = -g;
    if (decay != T(0)) g = g + io.all(decay) * io.load(s.p + i);
    return g;
}

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
        const auto m = io.load(s.state1 + i) + io.all(rest1) * (g - io.load(s.state1 + i));
        auto v = io.all(beta2) * io.load(s.state2 + i) + io.all(rest2) * g * g;
        io.store(s.state1 + i, m);
        io.store(s.state2 + i, v);
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
