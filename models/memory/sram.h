// Global SRAM: word-interleaved banks behind an arbiter (docs/hardware/sram.md).
//
// Timing: a transfer's grants follow the arbiter's rule; a word that is read is at the client `latency`
// cycles after its grant; one that is written can be read from the cycle after its grant on. Counts:
// sram_read_bits, sram_write_bits.
#pragma once
#include <systemc>

#include "models/divider.h"
#include "models/ledger.h"
#include "models/memory/arbiter.h"
#include "models/memory/ports.h"

namespace octet {

// Who has a port at the SRAM. Wide ports take several lanes, one for each part of a beat.
enum class SramClient : std::uint8_t {
    load,
    store,
    input_fill,
    weight_fill,
    operand0,
    operand1,
    operand2,
    parameters,
    scale_read,
    scale_write,
    output,
    count
};

class Sram : public sc_core::sc_module {
  public:
    // `max_parts`: into how many parts a beat of any client may be cut.
    Sram(const sc_core::sc_module_name& name, const SramConfig& config, std::uint32_t max_parts,
         Ledger& ledger);

    std::uint32_t latency() const { return latency_; }
    std::uint32_t word_bytes() const { return arbiter_.word_bytes(); }
    // Cycles that one beat of `bytes` takes when nothing is in its way.
    std::uint32_t beat_cycles(std::uint64_t bytes) const;

    // How many vectors of `bytes` bytes a client moves at once (ports.h).
    std::uint32_t vectors_at_once(std::uint64_t bytes, bool apart) const {
        return octet::vectors_at_once(config_, bytes, apart);
    }

    // Adds to `streams` the accesses of a client that moves up to `width` bytes a slot, those of `beats`,
    // spread over `cycles` cycles from `offset` on.
    void add_streams(std::vector<AccessStream>& streams, SramClient client, const BeatCursor& beats,
                     std::uint64_t width, std::uint32_t cycles, std::uint32_t offset) const;
    // The same, word by word: each may be up to `slack` cycles late.
    void add_words(std::vector<AccessStream>& streams, SramClient client, const BeatCursor& beats,
                   std::uint64_t width, std::uint32_t cycles, std::uint32_t offset, Cycle slack) const;
    FlowGrant reserve(Cycle from, std::uint32_t interval, std::uint64_t slots,
                      std::span<AccessStream> streams, std::vector<GrantRun>* runs = nullptr);
    // A single beat: the words that hold `bytes` bytes, in `present`, the cycle of the kernel. Those that lie
    // in different banks go together; what it has beyond one row of banks finds its own ports.
    FlowGrant reserve_words(SramClient client, Cycle present, Cycle from, Address address,
                            std::uint64_t bytes) {
        const std::uint64_t first = word_.quotient(address),
                            words = word_.quotient(address + bytes - 1) - first + 1;
        const auto bank = static_cast<std::uint32_t>(banks_.remainder(first));
        const std::uint32_t lane = static_cast<std::uint32_t>(client) * max_parts_;
        if (words > banks_.by()) return reserve_parts(lane, present, from, bank, words);
        return arbiter_.reserve_beat(present, from, lane, 0, {bank, static_cast<std::uint32_t>(words)});
    }

    void count_read(OperationId operation, std::uint64_t bits);
    void count_write(OperationId operation, std::uint64_t bits);
    void close(Cycle total);

  private:
    FlowGrant reserve_parts(std::uint32_t lane, Cycle present, Cycle from, std::uint32_t bank,
                            std::uint64_t words);
    std::uint32_t first_lane(const std::vector<AccessStream>& streams, SramClient client) const;

    SramConfig config_;
    std::uint32_t latency_, max_parts_;
    Arbiter arbiter_;
    Ledger& ledger_;
    Divider word_, banks_;
    BusyCycles used_;
    std::uint64_t read_bits_ = 0, written_bits_ = 0;
};

}  // namespace octet
