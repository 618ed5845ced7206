// Posit decoders and encoders, or format converters, where formats differ (docs/hardware/codec.md).
//
// Timing: one value a lane and cycle, `latency` cycles, pipelined: it adds to latencies only, and never
// stalls. Counts: decode, encode, one a value.
#pragma once
#include <algorithm>
#include <array>
#include <functional>
#include <systemc>

#include "models/accelerator/tensor_formats.h"
#include "models/codec/config.h"
#include "models/interval_union.h"
#include "models/ledger.h"

namespace octet {

enum class CodecLane : std::uint8_t { input, weight, vector_fetch, vector_output, count };

class CodecBank : public sc_core::sc_module {
  public:
    // `at_array`: by slot, whether the format differs from the operand format.
    CodecBank(const sc_core::sc_module_name& name, const CodecConfig& config,
              const std::array<bool, max_formats>& at_array, Ledger& ledger)
        : sc_module(name),
          config_(config),
          at_array_(at_array),
          ledger_(ledger),
          used_(static_cast<std::size_t>(CodecLane::count), ledger.observer(), Unit::codec) {}

    Cycle latency() const { return static_cast<Cycle>(config_.latency); }
    // Where decoders to the operand format stand, if the machine needs some. Values pass them in the same
    // time whether their format is decoded or not.
    bool at_sram_port() const { return stand(CodecPlacement::sram_port); }
    bool at_array_edge() const { return stand(CodecPlacement::edge); }
    bool in_every_pe() const { return stand(CodecPlacement::per_pe); }

    // The codecs of a lane take values in [from, to).
    void occupy(CodecLane lane, Cycle from, Cycle to) { used_.add(static_cast<std::size_t>(lane), from, to); }
    // To the operand format, if the format of the slot is another.
    void count_operands(OperationId operation, std::size_t slot, std::uint64_t values) {
        if (at_array_.at(slot)) count_decodes(operation, slot, values);
    }
    void count_decodes(OperationId operation, std::size_t slot, std::uint64_t values) {
        ledger_.count(operation, decode_of(slot), values);
    }
    void count_encodes(OperationId operation, std::size_t slot, std::uint64_t values) {
        ledger_.count(operation, encode_of(slot), values);
    }

    void settle(Cycle until) { used_.settle_if_many(until); }
    void close(Cycle total) {
        used_.settle(total);
        ledger_.unit(Unit::codec).add_busy(used_.covered());
    }

  private:
    bool stand(CodecPlacement placement) const {
        return std::ranges::any_of(at_array_, std::identity()) && config_.placement == placement;
    }

    CodecConfig config_;
    std::array<bool, max_formats> at_array_;
    Ledger& ledger_;
    IntervalUnion used_;
};

}  // namespace octet
