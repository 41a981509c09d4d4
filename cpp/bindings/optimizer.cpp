// Python bindings of cpp/optimizer: lists of arrays, changed in place by one kernel call.
#include "bindings/bindings.hpp"
#include "cpu.hpp"
#include "targets/kernels.hpp"

namespace minicnn {
namespace {

template <class T>
using Arrays = std::vector<Array<T>>;

/// The array of parameter i, or null where the list is empty; it must have the parameter's size and be writable.
template <class T>
T* state(const char* name, Arrays<T>& arrays, std::size_t i, index_t size) {
    if (arrays.empty()) return nullptr;
    if (arrays[i].size() != size)
        throw std::invalid_argument("optimizer: " + std::string(name) + "[" + std::to_string(i) + "] must have " +
                                    std::to_string(size) + " values like its parameter, got " +
                                    std::to_string(arrays[i].size()));
    return arrays[i].mutable_data();
}

template <class T>
void require_count(const char* name, std::size_t got, std::size_t expected, bool may_be_empty) {
    if (got != expected && !(may_be_empty && got == 0))
        throw std::invalid_argument("optimizer: " + std::string(name) + " must have one entry for each of " +
                                    std::to_string(expected) + " parameters, got " + std::to_string(got));
}

template <class T>
std::vector<Slot<T>> slots_of(Arrays<T>& params, Arrays<T>& grads, Arrays<T>& first, Arrays<T>& second,
                              Arrays<T>& third) {
    require_count<T>("grads", grads.size(), params.size(), false);
    require_count<T>("state", first.size(), params.size(), true);
    require_count<T>("state", second.size(), params.size(), true);
    require_count<T>("state", third.size(), params.size(), true);
    std::vector<Slot<T>> slots;
    for (std::size_t i = 0; i < params.size(); ++i) {
        const index_t size = params[i].size();
        if (grads[i].size() != size)
            throw std::invalid_argument("optimizer: grads[" + std::to_string(i) + "] must have " +
                                        std::to_string(size) + " values like its parameter, got " +
                                        std::to_string(grads[i].size()));
        slots.push_back({size, params[i].mutable_data(), grads[i].data(), state("state", first, i, size),
                         state("state", second, i, size), state("state", third, i, size), false, 0, 1});
    }
    return slots;
}

template <class T>
void sgd(Arrays<T> params, Arrays<T> grads, Arrays<T> momentum_buffers, const std::vector<bool>& fresh, double lr,
         double momentum, double dampening, double weight_decay, bool nesterov, bool maximize) {
    Arrays<T> none;
    auto slots = slots_of(params, grads, momentum_buffers, none, none);
    require_count<T>("fresh", fresh.size(), params.size(), momentum_buffers.empty());
    for (std::size_t i = 0; i < fresh.size(); ++i) slots[i].fresh = fresh[i];
    const ReleaseGil release;
    kernels().of<T>().optimizer.sgd(slots.data(), index_t(slots.size()),
                                    {lr, momentum, dampening, weight_decay, nesterov, maximize});
}

template <class T>
void adam(Arrays<T> params, Arrays<T> grads, Arrays<T> exp_avgs, Arrays<T> exp_avg_sqs, Arrays<T> max_exp_avg_sqs,
          const std::vector<double>& step_sizes, const std::vector<double>& root_biases, double lr, double beta1,
          double beta2, double eps, double weight_decay, bool decoupled, bool maximize) {
    auto slots = slots_of(params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs);
    require_count<T>("exp_avgs", exp_avgs.size(), params.size(), false);
    require_count<T>("exp_avg_sqs", exp_avg_sqs.size(), params.size(), false);
    require_count<T>("step_sizes", step_sizes.size(), params.size(), false);
    require_count<T>("root_biases", root_biases.size(), params.size(), false);
    for (std::size_t i = 0; i < slots.size(); ++i)
        slots[i].step_size = step_sizes[i], slots[i].root_bias = root_biases[i];
    const ReleaseGil release;
    kernels().of<T>().optimizer.adam(slots.data(), index_t(slots.size()),
                                     {lr, beta1, beta2, eps, weight_decay, decoupled, maximize});
}

template <class T>
void bind(py::module_& m) {
    using py::arg;
    m.def("sgd_step", sgd<T>, arg("params").noconvert(), arg("grads").noconvert(), arg("momentum_buffers").noconvert(),
          arg("fresh"), py::kw_only(), arg("lr"), arg("momentum"), arg("dampening"), arg("weight_decay"),
          arg("nesterov"), arg("maximize"));
    m.def("adam_step", adam<T>, arg("params").noconvert(), arg("grads").noconvert(), arg("exp_avgs").noconvert(),
          arg("exp_avg_sqs").noconvert(), arg("max_exp_avg_sqs").noconvert(), arg("step_sizes"), arg("root_biases"),
          py::kw_only(), arg("lr"), arg("beta1"), arg("beta2"), arg("eps"), arg("weight_decay"), arg("decoupled"),
          arg("maximize"));
}

}  // namespace

void bind_optimizer(py::module_& m) {
    bind<float>(m);
    bind<double>(m);
}

}  // namespace minicnn
