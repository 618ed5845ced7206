// The fewest cycles in which a machine can do a piece of work: for each resource, work over rate.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "models/accelerator/config.h"
#include "models/activity.h"
#include "sim/workload/graph.h"

namespace octet {

// What has to be done whatever the schedule. Sums of work are work.
struct Work {
    std::uint64_t array_macs = 0;   // on the array
    std::uint64_t lane_values = 0;  // values that enter the vector unit, once for each pass
    std::uint64_t sram_bits = 0;    // read and written, all clients
    std::uint64_t input_fill_bits = 0, weight_fill_bits = 0;
    std::uint64_t dram_read_bits = 0, dram_write_bits = 0;
    Work& operator+=(const Work& other);
};

// Passes are counted as if everything that the fusion level allows were fused.
Work work_of(const AcceleratorConfig& machine, const Operation& operation, const Activity& activity);

struct Bound {
    std::string_view resource;  // array, vector, sram, input_port, weight_port, load_port, store_port, dram
    double cycles = 0;
};

// One for each resource, in the order above. Peak rates: array R*C MACs a cycle; vector L values each
// initiation interval; sram all banks and ports; ports what their client moves in a cycle; dram bytes of the
// data bus.
std::vector<Bound> bounds(const AcceleratorConfig& machine, const Work& work);

// The bound that takes longest; of equals the first. resource is empty if there is no work.
Bound tightest(const AcceleratorConfig& machine, const Work& work);

// Bytes that the DRAM's data bus moves in one core cycle at best.
double dram_bytes_per_cycle(const AcceleratorConfig& machine);

}  // namespace octet
