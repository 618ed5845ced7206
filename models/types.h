// The few types that every folder shares.
#pragma once
#include <cstdint>

namespace octet {

using Cycle = std::uint64_t;        // core clock cycles since the start of the run
using Address = std::uint64_t;      // a byte address inside one memory
using OperationId = std::uint32_t;  // index of an operation of the workload graph

template <class Integer>
constexpr Integer ceil_div(Integer a, Integer b) {
    return (a + b - 1) / b;
}

}  // namespace octet
