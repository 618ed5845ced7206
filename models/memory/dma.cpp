#include "models/memory/dma.h"

#include <cstring>

#include "models/clock.h"

namespace octet {

// Goes through the bytes of strips in order.
class StripWalker {
  public:
    explicit StripWalker(const Strips& strips)
        : strips_(strips), address_(strips.address(0)), left_(strips.size(0)) {}
    Address address() const { return address_; }
    std::uint32_t left() const { return left_; }  // contiguous bytes from here on
    void advance(std::uint32_t bytes) {
        address_ += bytes;
        if ((left_ -= bytes) == 0 && ++strip_ < strips_.count) {
            address_ = strips_.address(strip_);
            left_ = strips_.size(strip_);
        }
    }

  private:
    const Strips& strips_;
    std::uint32_t strip_ = 0;
    Address address_;
    std::uint32_t left_;
};

DmaEngine::DmaEngine(const sc_core::sc_module_name& name, DramPort port, const DmaConfig& config, Sram& sram,
                     Dram& dram, Ledger& ledger, Scoreboard& scoreboard)
    : sc_module(name),
      port_(port),
      client_(port == DramPort::load ? SramClient::load : SramClient::store),
      burst_bytes_(static_cast<std::uint32_t>(config.burst_bytes)),
      sram_(sram),
      dram_(dram),
      ledger_(ledger),
      scoreboard_(scoreboard),
      timeline_(ledger.unit(port == DramPort::load ? Unit::load : Unit::store)),
      window_(static_cast<std::size_t>(config.outstanding)) {}

void DmaEngine::start(const DmaCommand& command, OperationId operation) {
    operation_ = operation;
    started_ = free_from_ = now();
    ledger_.started(operation, started_);
    StripWalker dram(command.dram), sram(command.sram);
    std::uint64_t left = command.dram.total();
    if (left == 0 || left != command.sram.total())
        throw std::logic_error("a DMA command needs two sides of as many bytes");
    Cycle completed = started_ + 1;
    while (left > 0) {
        const auto to_boundary = static_cast<std::uint32_t>(burst_bytes_ - dram.address() % burst_bytes_);
        const std::uint32_t bytes = std::min(to_boundary, dram.left());
        completed =
            port_ == DramPort::load ? load(dram.address(), bytes, sram) : store(dram.address(), bytes, sram);
        dram.advance(bytes);
        left -= bytes;
    }
    const std::uint64_t total = command.dram.total();
    bytes_ += total;
    ledger_.count(operation, Action::dma_bytes, total);
    if (port_ == DramPort::load)
        sram_.count_write(operation, total * 8);
    else
        sram_.count_read(operation, total * 8);
    if (values_ != nullptr) move_bytes(command, completed);
    ledger_.ended(operation, completed);
    const Engine engine = port_ == DramPort::load ? Engine::load : Engine::store;
    ledger_.executed(engine, operation, &command, started_, free_from_, completed);
    scoreboard_.publish(engine, completed);
}

Cycle DmaEngine::load(Address address, std::uint32_t bytes, StripWalker& sram) {
    Burst& burst = window_[slot_];
    slot_ = slot_ + 1 == window_.size() ? 0 : slot_ + 1;
    const StallCause cause = burst.complete > free_from_ ? burst.held_by : StallCause::dram;
    const Cycle request = std::max(free_from_, burst.complete);
    free_from_ = request + 1;
    const DramBurst moved = dram_.transfer(port_, request, address, bytes, operation_);
    timeline_.stall(started_, moved.bus_from, cause, operation_);
    timeline_.busy(moved.bus_from, moved.bus_to, operation_);

    const bool port_busy = port_free_ > moved.complete;
    const Words words = move_words(std::max(moved.complete, port_free_), bytes, sram);
    burst.complete = port_free_ = words.last + 1;
    burst.held_by = words.conflict ? StallCause::bank_conflict
                    : port_busy    ? StallCause::sram_port
                                   : StallCause::dram;
    timeline_.tail_stall(burst.complete, words.conflict ? StallCause::bank_conflict : StallCause::sram_port,
                         operation_);
    return burst.complete;
}

Cycle DmaEngine::store(Address address, std::uint32_t bytes, StripWalker& sram) {
    Burst& burst = window_[slot_];
    slot_ = slot_ + 1 == window_.size() ? 0 : slot_ + 1;
    const bool held = burst.complete > std::max(started_, port_free_);
    const Words words = move_words(std::max({started_, port_free_, burst.complete}), bytes, sram);
    port_free_ = words.last + 1;
    const Cycle request = std::max(free_from_, words.last + sram_.latency());
    free_from_ = request + 1;
    const DramBurst moved = dram_.transfer(port_, request, address, bytes, operation_);
    const StallCause cause = words.conflict ? StallCause::bank_conflict
                             : held         ? StallCause::dram
                                            : StallCause::sram_port;
    timeline_.stall(started_, std::min(request, moved.bus_from), cause, operation_);
    timeline_.stall(started_, moved.bus_from, StallCause::dram, operation_);
    timeline_.busy(moved.bus_from, moved.bus_to, operation_);
    return burst.complete = moved.complete;
}

// Reads at the start of the command, writes when its last burst is complete.
void DmaEngine::move_bytes(const DmaCommand& command, Cycle completed) {
    const bool load = port_ == DramPort::load;
    ByteStore& source = load ? values_->dram : values_->sram;
    ByteStore& target = load ? values_->sram : values_->dram;
    const Strips& from = load ? command.dram : command.sram;
    const Strips& to = load ? command.sram : command.dram;
    values_->effects.settle(started_);
    std::vector<std::uint8_t> bytes;
    bytes.reserve(from.total());
    for (std::uint32_t i = 0; i < from.count; ++i) {
        const std::uint8_t* piece = source.at(from.address(i), from.size(i));
        bytes.insert(bytes.end(), piece, piece + from.size(i));
    }
    values_->effects.at(completed, Effects::Kind::deliver, [&target, to, bytes = std::move(bytes)] {
        std::size_t done = 0;
        for (std::uint32_t i = 0; i < to.count; ++i) {
            std::memcpy(target.at(to.address(i), to.size(i)), bytes.data() + done, to.size(i));
            done += to.size(i);
        }
    });
}

DmaEngine::Words DmaEngine::move_words(Cycle from, std::uint32_t bytes, StripWalker& sram) {
    Words words;
    const std::uint32_t word = sram_.word_bytes();
    while (bytes > 0) {
        const std::uint32_t piece = std::min(bytes, sram.left());
        const Address first = sram.address() / word * word;
        const std::uint64_t width = ((sram.address() + piece - 1) / word - sram.address() / word + 1) * word;
        // Words that lie in different banks go together; what a burst has beyond one row of banks finds its
        // own ports.
        streams_.clear();
        sram_.add_streams(streams_, client_, BeatCursor::linear(first, width, width), width, 1, 0);
        const Cycle begin = from;
        for (AccessStream& part : streams_) {
            const FlowGrant grant = sram_.reserve(begin, 1, 1, {&part, 1});
            words.last = std::max(words.last, grant.last);
            words.conflict |= grant.conflicts > 0;
        }
        from = words.last + 1;
        sram.advance(piece);
        bytes -= piece;
    }
    return words;
}

}  // namespace octet
