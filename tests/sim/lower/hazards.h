// An independent reading of a program: is every access to a byte of SRAM or DRAM ordered after the accesses
// it depends on?
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "models/accelerator/command.h"
#include "models/accelerator/config.h"
#include "sim/lower/program.h"
#include "sim/workload/graph.h"

namespace octet::test {

struct ProgramFacts {
    std::vector<std::string> faults;            // at most ten
    std::map<OperationId, std::uint64_t> macs;  // by product
    std::map<OperationId, std::uint64_t>
        written;                           // bytes of results, by the operation whose command writes them
    std::uint64_t loaded = 0, stored = 0;  // bytes between DRAM and SRAM
    std::uint64_t commands = 0, passes = 0;
};

// Runs through the whole program. Fault: a byte is read that nothing wrote, that was written by an operation
// whose result the reader does not use, or two accesses of which one writes are not ordered by needs; an
// access outside of a memory or buffer.
ProgramFacts examine(Program& program, const Graph& graph, const AcceleratorConfig& config);

// No fault, and the multiply-accumulates of every product.
void expect_sound(const Graph& graph, const AcceleratorConfig& config, const std::string& what);

}  // namespace octet::test
