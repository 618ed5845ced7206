#include "models/memory/dma.h"

#include <cstring>

namespace octet {

DmaEngine::DmaEngine(DramPort port, const DmaConfig& config, Sram& sram, Ledger& ledger,
                     Scoreboard& scoreboard)
    : port_(port),
      client_(port == DramPort::load ? SramClient::load : SramClient::store),
      burst_(static_cast<std::uint64_t>(config.burst_bytes)),
      sram_(sram),
      ledger_(ledger),
      scoreboard_(scoreboard),
      timeline_(ledger.unit(port == DramPort::load ? Unit::load : Unit::store)) {}

std::vector<std::uint8_t> DmaEngine::begin(const DmaCommand& command, OperationId operation, Cycle started) {
    const std::uint64_t total = command.dram.total();
    if (total == 0 || total != command.sram.total())
        throw std::logic_error("a DMA command needs two sides of as many bytes");
    ledger_.started(operation, started);
    bytes_ += total;
    ledger_.count(operation, Action::dma_bytes, total);
    if (loads())
        sram_.count_write(operation, total * 8);
    else
        sram_.count_read(operation, total * 8);
    if (values_ == nullptr) return {};
    ByteStore& source = loads() ? values_->dram : values_->sram;
    const Strips& from = loads() ? command.dram : command.sram;
    values_->effects.settle(started);
    std::vector<std::uint8_t> bytes;
    bytes.reserve(total);
    for (std::uint32_t i = 0; i < from.count; ++i) {
        const std::uint8_t* piece = source.at(from.address(i), from.size(i));
        bytes.insert(bytes.end(), piece, piece + from.size(i));
    }
    return bytes;
}

void DmaEngine::end(const DmaCommand& command, OperationId operation, Cycle started, Cycle free,
                    Cycle completed, std::vector<std::uint8_t> bytes) {
    if (values_ != nullptr) {
        ByteStore& target = loads() ? values_->sram : values_->dram;
        const Strips to = loads() ? command.sram : command.dram;
        values_->effects.at(completed, Effects::Kind::deliver, [&target, to, bytes = std::move(bytes)] {
            std::size_t done = 0;
            for (std::uint32_t i = 0; i < to.count; ++i) {
                std::memcpy(target.at(to.address(i), to.size(i)), bytes.data() + done, to.size(i));
                done += to.size(i);
            }
        });
    }
    ledger_.ended(operation, completed);
    ledger_.executed(engine(), operation, &command, started, free, completed);
    scoreboard_.publish(engine(), completed);
}

// One after the other.
DmaEngine::Words DmaEngine::move_pieces(Cycle present, Cycle from, std::uint32_t bytes, StripWalker& sram) {
    Words words;
    while (bytes > 0) {
        const std::uint32_t piece = std::min(bytes, sram.left());
        const FlowGrant grant = sram_.reserve_words(client_, present, from, sram.address(), piece);
        words.last = std::max(words.last, grant.last);
        words.conflict |= grant.conflicts > 0;
        from = words.last + 1;
        sram.advance(piece);
        bytes -= piece;
    }
    return words;
}

}  // namespace octet
