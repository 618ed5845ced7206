// How fast the vector unit works: pure rules (docs/hardware/vector.md).
#pragma once
#include <algorithm>

#include "models/accelerator/command.h"
#include "models/memory/sram.h"
#include "models/vector/config.h"

namespace octet {

class VectorRates {
  public:
    VectorRates(const VectorConfig& config, const Sram& sram) : config_(config), sram_(sram) {}

    std::uint32_t lanes() const { return static_cast<std::uint32_t>(config_.lanes); }
    std::uint32_t interval() const { return static_cast<std::uint32_t>(config_.initiation_interval); }
    std::uint32_t latency() const { return static_cast<std::uint32_t>(config_.latency); }
    // Cycles that `values` values of an operand or result (at most L, or the columns of a result) take
    // through its port.
    std::uint32_t port_cycles(const VectorOperand& operand, std::uint32_t values) const {
        const std::uint32_t beats = operand.bits > 8 ? static_cast<std::uint32_t>(config_.port_beats) : 1;
        return std::max(ceil_div(values, lanes()) * beats, sram_.beat_cycles(bytes(operand, values)));
    }
    // How late a write that is due every `interval` cycles may be before the pipeline has to wait for it.
    Cycle write_slack(Cycle interval) const {
        return static_cast<Cycle>(config_.writeback_fifo) * interval - 1;
    }
    static std::uint64_t bytes(const VectorOperand& operand, std::uint64_t values) {
        return std::max<std::uint64_t>(1, ceil_div<std::uint64_t>(values * operand.stride_bits(), 8));
    }

  private:
    VectorConfig config_;
    const Sram& sram_;
};

}  // namespace octet
