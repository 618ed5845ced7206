// Core cycles and SystemC time: one cycle is one nanosecond of the kernel's clock.
//
// Every engine acts at most once in a cycle, at the place of its phase, so that commands that start in the
// same cycle start in a fixed order (and with it: who is the older one before a memory). The order of
// processes in the kernel never matters.
#pragma once
#include <systemc>

#include "models/types.h"

namespace octet {

enum class Phase : std::uint8_t { load, store, memory, issue, array, vector, registers };

constexpr std::uint64_t time_units_per_cycle = 1000;  // the kernel's resolution is 1 ps

inline std::uint64_t kernel_time() {
    return sc_core::sc_time_stamp().value();
}
inline Cycle now() {
    return kernel_time() / time_units_per_cycle;
}

inline std::uint64_t time_of(Cycle cycle, Phase phase) {
    return cycle * time_units_per_cycle + static_cast<std::uint64_t>(phase);
}

// In a thread: continues at `phase` of `cycle`, or at once if that has passed.
inline void wait_until(Cycle cycle, Phase phase) {
    const std::uint64_t target = time_of(cycle, phase);
    const std::uint64_t present = kernel_time();
    if (target > present) sc_core::wait(sc_core::sc_time::from_value(target - present));
}

}  // namespace octet
