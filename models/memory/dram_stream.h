// A stream of requests through a DRAM alone: what `octet dram` runs.
//
// Timing: requests of 64 bytes are cut into the part's bursts, which are offered in the order of the stream,
// one a clock, each from the earliest clock of its request on, and taken when the queue of their channel has
// room. A read is served at the end of the last beat of its last burst.
#pragma once
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "models/memory/dram_channel.h"

namespace octet {

struct DramRequest {
    static constexpr std::uint32_t bytes = 64;
    std::uint64_t address = 0;  // of any of its bytes
    bool write = false;
    DramClock earliest = 0;
};

class DramRequests {
  public:
    virtual ~DramRequests() = default;
    // Fills the front of `room` (not empty) and returns how many; 0: the stream has ended.
    virtual std::size_t read(std::span<DramRequest> room) = 0;
};

// How often each latency occurred, exactly.
class LatencyCounts {
  public:
    void add(std::uint64_t clocks) {
        if (clocks >= counts_.size()) counts_.resize(clocks + clocks / 2 + 64);
        ++counts_[clocks];
        ++total_;
        sum_ += clocks;
    }
    std::uint64_t total() const { return total_; }
    double mean() const { return static_cast<double>(sum_) / static_cast<double>(total_); }
    const std::vector<std::uint64_t>& counts() const { return counts_; }  // by latency
    // The smallest latency that at least `part` of all do not exceed; there must be some.
    std::uint64_t quantile(double part) const;

  private:
    std::vector<std::uint64_t> counts_;
    std::uint64_t total_ = 0, sum_ = 0;
};

struct DramStreamResult {
    DramClock clocks = 0;                 // to the end of the last beat
    std::uint64_t reads = 0, writes = 0;  // requests
    LatencyCounts latency;                // of reads, from the clock in which the first burst is taken
    DramCounts counts;
};

// `logs`, if not null: the commands of each channel.
DramStreamResult run_dram_stream(const DramDeviceConfig& config, DramRequests& requests,
                                 std::vector<std::vector<DramCommand>>* logs = nullptr);

}  // namespace octet
