#include "models/array/fill.h"

#include <stdexcept>

#include "models/clock.h"

namespace octet {
namespace {

// How many beats each piece takes.
struct PieceBeats {
    std::uint32_t beats = 0, last = 0;
};

PieceBeats piece_beats(const FillCommand& c) {
    if (c.pieces_per_slab > 1) {
        const std::uint32_t beats = ceil_div(c.beats, c.pieces_per_slab);
        const std::uint32_t before_last = (c.sram.count - 1 - (c.slabs - 1) * c.pieces_per_slab) * beats;
        return {beats, c.beats_last > before_last ? c.beats_last - before_last : 1};
    }
    const std::uint32_t slabs_in_last = c.slabs - (c.sram.count - 1) * c.slabs_per_piece;
    return {(c.slabs_per_piece - 1) * c.beats + c.beats_last, (slabs_in_last - 1) * c.beats + c.beats_last};
}

}  // namespace

FillEngine::FillEngine(const sc_core::sc_module_name& name, const FillShape& shape, Sram& sram,
                       CodecBank& codec, Ledger& ledger, Scoreboard& scoreboard)
    : sc_module(name), shape_(shape), sram_(sram), codec_(codec), ledger_(ledger), scoreboard_(scoreboard) {}

void FillEngine::start(const FillCommand& command, OperationId operation) {
    const Cycle at = now();
    if (command.sram.count == 0 || command.slabs == 0 || command.beats == 0 || command.beats_last == 0)
        throw std::logic_error("a fill command moves nothing");
    ledger_.started(operation, at);
    const bool input = shape_.engine == Engine::input_fill;
    const PieceBeats beats = piece_beats(command);
    const std::uint64_t total = std::uint64_t{command.sram.count - 1} * beats.beats + beats.last;
    const std::uint64_t width = std::max<std::uint64_t>(
        1, ceil_div(command.sram.size(0), command.sram.count == 1 ? beats.last : beats.beats));
    const std::uint32_t cycles = sram_.beat_cycles(width);
    const Cycle from = fetch_scales(command.scales, width, cycles, at);
    streams_.clear();
    sram_.add_streams(streams_, client(), BeatCursor::per_strip(command.sram, beats.beats, beats.last), width,
                      cycles, 0);
    const FlowGrant grant = sram_.reserve(from, cycles, total, streams_, &runs_);
    free_from_ = grant.last + cycles;
    const std::uint64_t scale_bits = command.scales.strips.total() * 8;
    sram_.count_read(operation, command.values * shape_.storage_bits + scale_bits);
    ledger_.count(operation, input ? Action::input_buffer_write_bits : Action::weight_buffer_write_bits,
                  command.values * shape_.buffer_bits + scale_bits);

    Cycle delay = cycles + sram_.latency();  // from the grant of the last beat to the slab in the buffer
    if (command.transposed) {
        delay += shape_.transpose_cycles;
        ledger_.count(operation, Action::transpose, command.values);
    }
    if (codec_.at_sram_port()) {
        codec_.occupy(input ? CodecLane::input : CodecLane::weight, grant.first + sram_.latency(),
                      grant.last + sram_.latency() + 1);
        codec_.count_decodes(operation, command.values);
        delay += codec_.latency();
    }
    record(command, cycles, delay);
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

Cycle FillEngine::fetch_scales(const ScalePlane& scales, std::uint64_t width, std::uint32_t cycles,
                               Cycle from) {
    if (!scales) return from;
    const BeatCursor::RunBeats beats = BeatCursor::run_beats(scales.strips, width);
    streams_.clear();
    sram_.add_streams(streams_, client(), BeatCursor::per_strip(scales.strips, beats.each, beats.last),
                      beats.width, cycles, 0);
    return sram_.reserve(from, cycles, beats.total, streams_).last + cycles;
}

void FillEngine::record(const FillCommand& command, std::uint32_t interval, Cycle delay) {
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
    std::uint64_t beat = 0;  // beats up to the end of the slab
    for (std::uint32_t slab = 0; slab < command.slabs; ++slab) {
        const bool last_of_piece = slab + 1 == command.slabs || (command.pieces_per_slab == 1 &&
                                                                 (slab + 1) % command.slabs_per_piece == 0);
        beat += last_of_piece ? command.beats_last : command.beats;
        while (run + 1 != runs_.end() && beat > run->slot + run->slots) ++run;
        const std::uint64_t index = std::min(beat, run->slot + run->slots) - 1 - run->slot;
        slabs_.push_back(run->at + index * interval + delay);
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
