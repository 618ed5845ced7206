#include "models/array/fill.h"

#include <stdexcept>

#include "models/clock.h"

namespace octet {
namespace {

constexpr Cycle word_slack = 8;  // words of a vector that arrive late wait for one another in the port

}  // namespace

FillEngine::FillEngine(const sc_core::sc_module_name& name, const FillShape& shape, Sram& sram,
                       CodecBank& codec, Ledger& ledger, Scoreboard& scoreboard)
    : sc_module(name), shape_(shape), sram_(sram), codec_(codec), ledger_(ledger), scoreboard_(scoreboard) {}

void FillEngine::start(const FillCommand& command, OperationId operation) {
    const Cycle at = now();
    if (command.sram.count == 0 || command.slabs == 0 || command.vectors == 0 || command.vectors_last == 0)
        throw std::logic_error("a fill command moves nothing");
    ledger_.started(operation, at);
    const bool input = shape_.engine == Engine::input_fill;
    const std::uint64_t piece =
        std::uint64_t{command.slabs_per_piece - 1} * command.vectors + command.vectors_last;
    const VectorStrips strips(command.sram, piece, piece);
    const bool apart = strips.strips.step != 0;
    const std::uint64_t bytes = strips.bytes(0);
    // Groups of a strip as even as can be.
    const std::uint64_t groups = strips.beats(0, sram_.vectors_at_once(bytes, apart));
    group_ = ceil_div(strips.count(0), groups);
    const std::uint32_t cycles = sram_.beat_cycles(apart ? bytes : group_ * bytes);
    interval_ =
        std::max<std::uint32_t>(cycles, static_cast<std::uint32_t>(ceil_div<std::uint64_t>(group_, 2)));
    const Cycle from = fetch_scales(command.scales, group_ * bytes, at);
    streams_.clear();
    if (apart)
        for (std::uint64_t member = 0; member < group_; ++member)
            sram_.add_words(streams_, client(), BeatCursor::members(strips, group_, member), bytes, cycles, 0,
                            word_slack);
    else
        sram_.add_words(streams_, client(), BeatCursor::groups(strips, group_), group_ * bytes, cycles, 0,
                        word_slack);
    const FlowGrant grant = sram_.reserve(from, interval_, strips.beats(group_), streams_, &runs_);
    const std::uint64_t in_last = (strips.last - 1) % group_ + 1;
    free_from_ = grant.last + std::max<Cycle>(cycles, ceil_div<Cycle>(in_last, 2));
    const std::uint64_t scale_bits = command.scales.strips.total() * 8;
    sram_.count_read(operation, command.values * shape_.storage_bits.at(command.format) + scale_bits);
    ledger_.count(operation, input ? Action::input_buffer_write_bits : Action::weight_buffer_write_bits,
                  command.values * shape_.buffer_bits.at(command.format) +
                      (shape_.keeps_scales.at(command.format) ? scale_bits : 0));

    Cycle delay =
        cycles + sram_.latency();  // from the grant of a group to its first two vectors in the buffer
    if (command.transposed) {
        delay += shape_.transpose_cycles;
        ledger_.count(operation, Action::transpose, command.values);
    }
    if (codec_.at_sram_port()) {
        codec_.occupy(input ? CodecLane::input : CodecLane::weight, grant.first + sram_.latency(),
                      free_from_ + sram_.latency());
        codec_.count_operands(operation, command.format, command.values);
        delay += codec_.latency();
    }
    record(command, strips, delay);
    if (values_ != nullptr) {
        const auto first = slabs_.end() - static_cast<std::ptrdiff_t>(command.slabs);
        values_->fill(shape_.engine, command, at, {first, slabs_.end()});
    }
    ledger_.ended(operation, fills_.back().complete);
    ledger_.executed(shape_.engine, operation, &command, at, free_from_, fills_.back().complete);
    scoreboard_.publish(shape_.engine, fills_.back().complete);
    started_.notify();
}

SramClient FillEngine::client() const {
    return shape_.engine == Engine::input_fill ? SramClient::input_fill : SramClient::weight_fill;
}

Cycle FillEngine::fetch_scales(const ScalePlane& scales, std::uint64_t width, Cycle from) {
    if (!scales) return from;
    const VectorStrips runs = VectorStrips::of_bytes(scales.strips, width);
    const std::uint32_t cycles = sram_.beat_cycles(runs.widest());
    streams_.clear();
    sram_.add_words(streams_, client(), BeatCursor::groups(runs, 1), runs.widest(), cycles, 0, word_slack);
    const FlowGrant grant = sram_.reserve(from, cycles, runs.beats(1), streams_, &runs_);
    return grant.last + runs_.back().late + cycles;
}

void FillEngine::record(const FillCommand& command, const VectorStrips& strips, Cycle delay) {
    const Cycle present = now();
    while (!fills_.empty() && fills_.front().complete <= present) {
        fills_.pop_front();
        ++past_fills_;
        const std::uint64_t keep_from =
            fills_.empty() ? past_slabs_ + slabs_.size() : fills_.front().first_slab;
        slabs_.erase(slabs_.begin(), slabs_.begin() + static_cast<std::ptrdiff_t>(keep_from - past_slabs_));
        past_slabs_ = keep_from;
    }
    Fill fill{past_slabs_ + slabs_.size(), 0};
    auto run = runs_.begin();
    std::uint64_t vectors = 0;  // up to the end of the slab
    Cycle in_buffer = 0;        // all up to there
    for (std::uint32_t slab = 0; slab < command.slabs; ++slab) {
        const bool last_of_piece = (slab + 1) % command.slabs_per_piece == 0;
        vectors += last_of_piece ? command.vectors_last : command.vectors;
        if (command.across && slab == 0) vectors += (strips.strips.count - 1) * strips.vectors;
        const std::uint64_t strip =
            std::min<std::uint64_t>((vectors - 1) / strips.vectors, strips.strips.count - 1);
        const std::uint64_t inside = vectors - 1 - strip * strips.vectors;
        const std::uint64_t slot = strip * ceil_div(strips.vectors, group_) + inside / group_;
        const auto arrival = [&](std::uint64_t of, std::uint64_t member) {
            return run->at + (of - run->slot) * interval_ + run->late + member / 2 + delay;
        };
        for (; slot >= run->slot + run->slots; ++run)
            in_buffer = std::max(in_buffer, arrival(run->slot + run->slots - 1, group_ - 1));
        in_buffer = std::max(in_buffer, arrival(slot, inside % group_));
        slabs_.push_back(in_buffer);
    }
    fill.complete = slabs_.back();
    fills_.push_back(fill);
}

std::optional<Cycle> FillEngine::complete(std::uint32_t sequence, std::uint32_t index) const {
    if (sequence <= past_fills_) return 0;
    if (sequence > past_fills_ + fills_.size()) return std::nullopt;
    const Fill& fill = fills_[sequence - past_fills_ - 1];
    return slabs_.at(fill.first_slab - past_slabs_ + index);
}

}  // namespace octet
