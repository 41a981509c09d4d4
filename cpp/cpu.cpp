#include "cpu.hpp"

#include <atomic>
#include <cstdlib>
#include <stdexcept>

#include "targets/kernels.hpp"

namespace minicnn {
namespace {

struct Target {
    const char* name;
    bool (*runs_here)();          // asks for exactly the features that CMakeLists.txt compiles this target with
    const Kernels& (*kernels)();  // must not be called where runs_here() is false
};

const Target targets[] = {
    {"baseline", [] { return true; }, baseline::target_kernels},
#if defined(MINICNN_HAS_avx2)
    {"avx2", [] { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }, avx2::target_kernels},
#endif
#if defined(MINICNN_HAS_avx512)
    {"avx512",
     [] {
         return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx512f") &&
                __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                __builtin_cpu_supports("avx512vl");
     },
     avx512::target_kernels},
#endif
};

/// The target of this name; throw listing the ones that run here if it is not among them.
const Target& find(const char* what, const std::string& name) {
    std::string names;
    for (const Target& t : targets) {
        if (!t.runs_here()) continue;
        if (name == t.name) return t;
        names += (names.empty() ? "'" : ", '") + std::string(t.name) + "'";
    }
    throw std::invalid_argument(std::string(what) + ": on this processor the instruction set must be one of " + names +
                                ", got '" + name + "'");
}

const Target& initial() {
    if (const char* name = std::getenv("MINICNN_CPU")) return find("MINICNN_CPU", name);
    return find("minicnn", available_targets().back());
}

std::atomic<const Target*> active{nullptr};

const Target& current() {
    const Target* t = active.load(std::memory_order_relaxed);
    if (!t) active.store(t = &initial(), std::memory_order_relaxed);
    return *t;
}

}  // namespace

std::vector<std::string> available_targets() {
    std::vector<std::string> names;
    for (const Target& t : targets)
        if (t.runs_here()) names.push_back(t.name);
    return names;
}

std::string active_target() { return current().name; }

void set_target(const std::string& name) { active.store(&find("set_target", name), std::memory_order_relaxed); }

const Kernels& kernels() { return current().kernels(); }

}  // namespace minicnn
