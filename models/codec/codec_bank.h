// Posit decoders and encoders, or format converters, where formats differ (docs/hardware/codec.md).
//
// Timing: one value a lane and cycle, `latency` cycles, pipelined: it adds to latencies only, and never
// stalls. Counts: decode, encode, one a value.
#pragma once
#include <systemc>

#include "models/codec/config.h"
#include "models/interval_union.h"
#include "models/ledger.h"

namespace octet {

enum class CodecLane : std::uint8_t { input, weight, vector_fetch, vector_output, count };

class CodecBank : public sc_core::sc_module {
  public:
    // `at_array`: the storage format differs from the operand format.
    CodecBank(const sc_core::sc_module_name& name, const CodecConfig& config, bool at_array, Ledger& ledger)
        : sc_module(name),
          config_(config),
          at_array_(at_array),
          ledger_(ledger),
          used_(static_cast<std::size_t>(CodecLane::count), ledger.observer(), Unit::codec) {}

    Cycle latency() const { return static_cast<Cycle>(config_.latency); }
    bool at_sram_port() const { return at_array_ && config_.placement == CodecPlacement::sram_port; }
    bool at_array_edge() const { return at_array_ && config_.placement == CodecPlacement::edge; }
    bool in_every_pe() const { return at_array_ && config_.placement == CodecPlacement::per_pe; }

    // The codecs of a lane take values in [from, to).
    void occupy(CodecLane lane, Cycle from, Cycle to) { used_.add(static_cast<std::size_t>(lane), from, to); }
    void count_decodes(OperationId operation, std::uint64_t values) {
        ledger_.count(operation, Action::decode, values);
    }
    void count_encodes(OperationId operation, std::uint64_t values) {
        ledger_.count(operation, Action::encode, values);
    }

    void settle(Cycle until) { used_.settle_if_many(until); }
    void close(Cycle total) {
        used_.settle(total);
        ledger_.unit(Unit::codec).add_busy(used_.covered());
    }

  private:
    CodecConfig config_;
    bool at_array_;
    Ledger& ledger_;
    IntervalUnion used_;
};

}  // namespace octet
