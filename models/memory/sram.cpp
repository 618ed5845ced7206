#include "models/memory/sram.h"

#include "models/clock.h"

namespace octet {
namespace {

constexpr auto client_count = static_cast<std::uint32_t>(SramClient::count);

}  // namespace

Sram::Sram(const sc_core::sc_module_name& name, const SramConfig& config, std::uint32_t max_parts,
           Ledger& ledger)
    : sc_module(name),
      latency_(static_cast<std::uint32_t>(config.latency)),
      max_parts_(max_parts),
      arbiter_(static_cast<std::uint32_t>(config.banks), static_cast<std::uint32_t>(config.ports),
               static_cast<std::uint32_t>(config.width_bits / 8), client_count * max_parts),
      ledger_(ledger),
      used_(client_count * max_parts, ledger.observer(), Unit::sram) {}

std::uint32_t Sram::beat_cycles(std::uint64_t bytes) const {
    const std::uint64_t words = ceil_div<std::uint64_t>(bytes, word_bytes());
    return static_cast<std::uint32_t>(
        ceil_div<std::uint64_t>(words, std::uint64_t{arbiter_.banks()} * arbiter_.ports()));
}

void Sram::add_streams(std::vector<AccessStream>& streams, SramClient client, const BeatCursor& beats,
                       std::uint64_t width, std::uint32_t cycles, std::uint32_t offset) const {
    const std::uint64_t row = std::uint64_t{arbiter_.banks()} * word_bytes();  // one port of every bank
    const std::uint32_t first_lane = static_cast<std::uint32_t>(client) * max_parts_;
    std::uint32_t part = 0;
    for (const AccessStream& s : streams) part += s.lane / max_parts_ == static_cast<std::uint32_t>(client);
    for (std::uint32_t cycle = 0; cycle < cycles; ++cycle) {
        const std::uint64_t begin = width * cycle / cycles, end = width * (cycle + 1) / cycles;
        for (std::uint64_t at = begin; at < end; at += row, ++part) {
            AccessStream s;
            s.lane = first_lane + part % max_parts_;
            s.width = static_cast<std::uint32_t>(std::min(row, end - at));
            s.offset = offset + cycle;
            s.plane = static_cast<std::uint32_t>((at - begin) / row) % arbiter_.ports();
            s.beats = beats.shifted(at);
            streams.push_back(s);
        }
    }
}

FlowGrant Sram::reserve(Cycle from, std::uint32_t interval, std::uint64_t slots,
                        std::span<AccessStream> streams, std::vector<GrantRun>* runs) {
    const Cycle present = now();
    const FlowGrant grant = arbiter_.reserve(present, from, interval, slots, streams, runs);
    for (const AccessStream& s : streams)
        used_.add(s.lane, grant.first + s.offset, grant.last + s.offset + 1);
    used_.settle_if_many(present);
    return grant;
}

void Sram::count_read(OperationId operation, std::uint64_t bits) {
    read_bits_ += bits;
    ledger_.count(operation, Action::sram_read_bits, bits);
}

void Sram::count_write(OperationId operation, std::uint64_t bits) {
    written_bits_ += bits;
    ledger_.count(operation, Action::sram_write_bits, bits);
}

void Sram::close(Cycle total) {
    used_.settle(total);
    ledger_.report().sram_read_bytes = ceil_div<std::uint64_t>(read_bits_, 8);
    ledger_.report().sram_write_bytes = ceil_div<std::uint64_t>(written_bits_, 8);
    ledger_.unit(Unit::sram).add_busy(used_.covered());
}

}  // namespace octet
