// What a run of the machine leaves behind: times and counts, no prices.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/activity.h"
#include "models/types.h"

namespace octet {

using StallCounts = std::array<std::uint64_t, stall_cause_count>;

struct UnitTimes {
    std::uint64_t busy = 0;
    StallCounts stalls{};  // by cause
    std::uint64_t stall() const {
        std::uint64_t sum = 0;
        for (auto s : stalls) sum += s;
        return sum;
    }
};

struct OperationReport {
    bool ran = false;
    Cycle start = 0, end = 0;               // [first command's start, last command's completion)
    Cycle array_first = 0, array_last = 0;  // first weight enters the array; last sum can be read below it
    StallCounts array_stalls{};             // of these cycles: its passes waited, or the array stood still
    bool used_array = false;
    StallCounts stalls{};  // summed over all units
    Activity activity;
};

struct MachineReport {
    Cycle total = 0;  // idle of a unit = total - busy - stall
    std::array<UnitTimes, unit_count> units{};
    std::vector<OperationReport> operations;                  // by OperationId
    std::uint64_t dram_read_bytes = 0, dram_write_bytes = 0;  // as the DRAM saw them
    std::uint64_t host_read_bytes = 0, host_write_bytes = 0;  // as its link saw them
    std::optional<double> dram_active;  // core cycles in which a rank had a row open, all ranks; none: always
    std::uint64_t dram_refreshes = 0;
    std::uint64_t dma_read_bytes = 0, dma_write_bytes = 0;  // as the DMA moved them
    std::uint64_t sram_read_bytes = 0, sram_write_bytes = 0;
    std::uint64_t commands = 0;
    std::uint64_t array_passes = 0;
};

}  // namespace octet
