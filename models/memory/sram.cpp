#include "models/memory/sram.h"

#include <algorithm>
#include <stdexcept>

#include "models/clock.h"

namespace octet {
namespace {

constexpr auto client_count = static_cast<std::uint32_t>(SramClient::count);

}  // namespace

Sram::Sram(const sc_core::sc_module_name& name, const SramConfig& config, std::uint32_t max_parts,
           Ledger& ledger)
    : sc_module(name),
      config_(config),
      latency_(static_cast<std::uint32_t>(config.latency)),
      max_parts_(max_parts),
      arbiter_(static_cast<std::uint32_t>(config.banks), static_cast<std::uint32_t>(config.ports),
               static_cast<std::uint32_t>(config.width_bits / 8), client_count * max_parts),
      ledger_(ledger),
      word_(static_cast<std::uint64_t>(config.width_bits / 8)),
      banks_(static_cast<std::uint64_t>(config.banks)),
      used_(ledger.observer(), Unit::sram) {
    arbiter_.watch(&used_);
}

std::uint32_t Sram::beat_cycles(std::uint64_t bytes) const {
    const std::uint64_t words = ceil_div<std::uint64_t>(bytes, word_bytes());
    return static_cast<std::uint32_t>(
        ceil_div<std::uint64_t>(words, std::uint64_t{arbiter_.banks()} * arbiter_.ports()));
}

void Sram::add_streams(std::vector<AccessStream>& streams, SramClient client, const BeatCursor& beats,
                       std::uint64_t width, std::uint32_t cycles, std::uint32_t offset) const {
    const std::uint64_t row = std::uint64_t{arbiter_.banks()} * word_bytes();  // one port of every bank
    std::uint32_t lane = first_lane(streams, client);
    for (std::uint32_t cycle = 0; cycle < cycles; ++cycle) {
        const std::uint64_t begin = width * cycle / cycles, end = width * (cycle + 1) / cycles;
        for (std::uint64_t at = begin; at < end; at += row) {
            AccessStream s;
            s.lane = lane++;
            s.offset = offset + cycle;
            s.plane = static_cast<std::uint32_t>((at - begin) / row) % arbiter_.ports();
            s.beats = beats.part(at, std::min(row, end - at));
            streams.push_back(s);
        }
    }
}

void Sram::add_words(std::vector<AccessStream>& streams, SramClient client, const BeatCursor& beats,
                     std::uint64_t width, std::uint32_t cycles, std::uint32_t offset, Cycle slack) const {
    const auto words = static_cast<std::uint32_t>(ceil_div<std::uint64_t>(width, word_bytes()));
    const std::uint32_t each = ceil_div(words, cycles);  // in a cycle
    std::uint32_t lane = first_lane(streams, client);
    for (std::uint32_t i = 0; i < words; ++i) {
        AccessStream s;
        s.lane = lane++;
        s.offset = offset + i / each;
        s.plane = i % each / arbiter_.banks() % arbiter_.ports();
        s.slack = slack;
        s.beats = beats.word(i, word_bytes());
        streams.push_back(s);
    }
}

// The next lane of the client that no stream has.
std::uint32_t Sram::first_lane(const std::vector<AccessStream>& streams, SramClient client) const {
    const auto index = static_cast<std::uint32_t>(client);
    const auto taken = std::count_if(streams.begin(), streams.end(),
                                     [&](const AccessStream& s) { return s.lane / max_parts_ == index; });
    if (taken >= max_parts_) throw std::logic_error("a beat has more parts than its port");
    return index * max_parts_ + static_cast<std::uint32_t>(taken);
}

FlowGrant Sram::reserve(Cycle from, std::uint32_t interval, std::uint64_t slots,
                        std::span<AccessStream> streams, std::vector<GrantRun>* runs) {
    return arbiter_.reserve(now(), from, interval, slots, streams, runs);
}

// More words than banks.
FlowGrant Sram::reserve_parts(std::uint32_t lane, Cycle present, Cycle from, std::uint32_t bank,
                              std::uint64_t words) {
    if (words > banks_.by() * max_parts_) throw std::logic_error("a beat has more parts than its port");
    FlowGrant all;
    for (std::uint32_t part = 0; part * banks_.by() < words; ++part) {
        const auto count = static_cast<std::uint32_t>(std::min(banks_.by(), words - part * banks_.by()));
        const FlowGrant grant =
            arbiter_.reserve_beat(present, from, lane + part, part % arbiter_.ports(), {bank, count});
        all.first = part == 0 ? grant.first : std::min(all.first, grant.first);
        all.last = std::max(all.last, grant.last);
        all.conflicts += grant.conflicts;
    }
    return all;
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
    ledger_.report().sram_read_bytes = ceil_div<std::uint64_t>(read_bits_, 8);
    ledger_.report().sram_write_bytes = ceil_div<std::uint64_t>(written_bits_, 8);
    used_.close(total);
    ledger_.unit(Unit::sram).add_busy(used_.covered());
}

}  // namespace octet
