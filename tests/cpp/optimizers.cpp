// Update rules over parameters of many sizes at once: the same bits for every number of threads, nothing outside of them.
#include <memory>

#include "checks.hpp"
#include "cpu.hpp"
#include "targets/kernels.hpp"

namespace minicnn::tests {
namespace {

template <class T, class Rule, class Settings>
void test_rule(const std::string& name, const Rule& rule, const Settings& settings) {
    const index_t sizes[] = {1, 3, 15, 16, 17, 16385, 33000};
    same_for_all_threads(name, [&](bool at_end) {
        std::vector<std::unique_ptr<Guarded<T>>> arrays;
        std::vector<Slot<T>> slots;
        for (const index_t size : sizes) {
            const std::size_t first = arrays.size();
            for (unsigned i = 0; i < 5; ++i) {
                arrays.push_back(std::make_unique<Guarded<T>>(size, at_end));
                arrays.back()->with_numbers(i);
            }
            const auto at = [&](std::size_t i) { return arrays[first + i]->data(); };
            slots.push_back({size, at(0), at(1), at(2), at(3), at(4), false, 0.1, 0.9, 0.2});
        }
        rule(slots.data(), index_t(slots.size()), settings);
        std::vector<T> all;
        for (const auto& array : arrays) all.insert(all.end(), array->data(), array->data() + array->size());
        return all;
    });
}

template <class T>
void test_all() {
    const OptimizerKernels<T>& k = kernels().of<T>().optimizer;
    test_rule<T>("sgd", k.sgd, SgdSettings{0.1, 0.9, 0, 0.01, true, false});
    test_rule<T>("adam", k.adam, AdamSettings{0.1, 0.9, 0.99, 1e-8, 0.01, true, false});
    test_rule<T>("nadam", k.nadam, AdamSettings{0.1, 0.9, 0.99, 1e-8, 0.01, false, true});
    test_rule<T>("rmsprop", k.rmsprop, RmspropSettings{0.1, 0.9, 1e-8, 0.01, 0.9, false});
    test_rule<T>("adadelta", k.adadelta, AdadeltaSettings{0.1, 0.9, 1e-6, 0.01, false});
    test_rule<T>("adagrad", k.adagrad, AdagradSettings{1e-8, 0.01, false});
    test_rule<T>("adamax", k.adamax, AdamaxSettings{0.9, 0.99, 1e-8, 0.01, false});
}

}  // namespace

void test_optimizers() {
    test_all<float>();
    test_all<double>();
}

}  // namespace minicnn::tests
