#include "models/memory/dram_part.h"

#include <algorithm>
#include <stdexcept>

namespace octet {

DramPart::DramPart(const DramDeviceConfig& config)
    : channels(static_cast<std::uint32_t>(config.channels)),
      ranks(static_cast<std::uint32_t>(config.ranks)),
      groups(static_cast<std::uint32_t>(config.bank_groups)),
      banks(static_cast<std::uint32_t>(config.banks)),
      rows(config.rows),
      columns(config.columns / static_cast<std::uint64_t>(config.burst_length)),
      burst_bytes(static_cast<std::uint32_t>(config.device_width * config.burst_length / 8)) {
    const auto timing = [&](const char* name) {
        const auto it = config.timing.find(name);
        if (it == config.timing.end()) throw std::logic_error(std::string("a DRAM part without ") + name);
        return static_cast<std::uint32_t>(it->second);
    };
    read_latency = timing("RL");
    write_latency = timing("WL");
    rcd_read = timing("tRCDRD");
    rcd_write = timing("tRCDWR");
    precharge = timing("tRP");
    precharge_all = timing("tRPab");
    ras = timing("tRAS");
    rc = timing("tRC");
    rrd_s = timing("tRRD_S");
    rrd_l = std::max(rrd_s, timing("tRRD_L"));
    faw = timing("tFAW");
    write_recovery = timing("tWR");
    read_to_precharge = timing("tRTP");
    wtr_s = timing("tWTR_S");
    wtr_l = std::max(wtr_s, timing("tWTR_L"));
    ccd_s = std::max(timing("tCCD_S"), 1U);
    ccd_l = std::max(ccd_s, timing("tCCD_L"));
    refresh_interval = timing("tREFI");
    refresh = timing("tRFC");
    burst = std::clamp(static_cast<std::uint32_t>(config.burst_length) / 2, 1U, ccd_s);
    if (columns == 0 || burst_bytes == 0) throw std::logic_error("a DRAM part whose row holds no burst");
}

}  // namespace octet
