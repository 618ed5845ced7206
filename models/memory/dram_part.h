// A DRAM part, resolved to numbers: what it is divided into, and what its commands wait for.
#pragma once
#include <cstdint>

#include "models/memory/config.h"

namespace octet {

using DramClock = std::uint64_t;  // clocks of tCK since the start
constexpr DramClock dram_never = ~DramClock{0};

struct DramPart {
    explicit DramPart(const DramDeviceConfig& config);

    // One channel. A bank's number is that of its rank, group and place in the group, in this order.
    std::uint32_t channels = 1, ranks = 1, groups = 1, banks = 1;  // groups of a rank, banks of a group
    std::uint64_t rows = 1, columns = 1;                           // columns: bursts of a row
    std::uint32_t burst_bytes = 32;
    std::uint32_t banks_in_all() const { return ranks * groups * banks; }
    std::uint64_t capacity() const {
        return std::uint64_t{channels} * banks_in_all() * rows * columns * burst_bytes;
    }

    // At best, all channels together.
    double bytes_per_clock() const {
        return static_cast<double>(channels) * burst_bytes / static_cast<double>(ccd_s);
    }

    // In clocks, named after the data sheets' parameters. `burst`: what the data of a column command takes on
    // the bus, BL/2, or tCCD_S if that is less (parts that move more than two beats a clock).
    std::uint32_t burst = 0;
    std::uint32_t read_latency = 0, write_latency = 0;  // RL, WL
    std::uint32_t rcd_read = 0, rcd_write = 0;          // tRCDRD, tRCDWR
    std::uint32_t precharge = 0, precharge_all = 0;     // tRP, tRPab
    std::uint32_t ras = 0, rc = 0, rrd_s = 0, rrd_l = 0, faw = 0;
    std::uint32_t write_recovery = 0, read_to_precharge = 0;  // tWR, tRTP
    std::uint32_t wtr_s = 0, wtr_l = 0, ccd_s = 0, ccd_l = 0;
    std::uint32_t refresh_interval = 0, refresh = 0;  // tREFI (0: never), tRFC

    // From command to command, in clocks.
    std::uint32_t read_data() const { return read_latency + burst; }    // read to the end of its last beat
    std::uint32_t write_data() const { return write_latency + burst; }  // write to the end of its last beat
    std::uint32_t read_to_write() const { return gap(read_data() + 1, write_latency); }  // tRTW, any rank
    std::uint32_t write_to_precharge() const { return write_data() + write_recovery; }
    // Between ranks the data bus stands idle for one clock.
    std::uint32_t other_rank() const { return burst + 1; }  // read to read, write to write
    std::uint32_t write_to_read_other_rank() const { return gap(write_data() + 1, read_latency); }

  private:
    static std::uint32_t gap(std::uint32_t later, std::uint32_t earlier) {
        return later > earlier ? later - earlier : 1;
    }
};

}  // namespace octet
