// The rules of docs/hardware/dram.md, clock by clock and request by request: slow, and simple enough to be
// believed.
#pragma once
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "models/memory/dram_stream.h"

namespace octet::testing {

struct ReferenceResult {
    std::vector<std::vector<DramCommand>> commands;  // of each channel
    std::vector<DramClock> latencies;                // of reads, in the order in which they were served
    DramCounts counts;
    DramClock clocks = 0;
};

ReferenceResult reference_dram(const DramDeviceConfig& config, const std::vector<DramRequest>& requests);

}  // namespace octet::testing
