#include "sim/lower/emitter.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

namespace octet {

std::uint32_t Emitter::emit(Engine engine, OperationId operation, const Needs& needs,
                            decltype(Command::body) body) {
    commands_.push_back({engine, operation, needs, std::move(body)});
    if (engine != Engine::load) commands_.back().needs.merge(turn_);
    return ++count_[static_cast<std::size_t>(engine)];
}

MemorySpace::Region Emitter::reserve(std::uint64_t bytes, OperationId operation) {
    for (;;) {
        if (auto region = placement_.sram().allocate(bytes)) return *region;
        Matrix* victim = placement_.victim(pinned_, kernel_);
        if (victim == nullptr)
            throw std::invalid_argument(
                fmt::format("sram.capacity_kib: {} KiB are too few for operation '{}': a staging area of {} "
                            "bytes does not fit",
                            placement_.sram().capacity() / 1024, name_, bytes));
        ++evictions_;
        if (!victim->in_dram) {
            const std::vector<Block> parts =
                victim->written.empty() ? std::vector{all_of(victim->layout)} : victim->written;
            for (const Block& part : parts)
                store(*victim, part, victim->layout.pieces(victim->sram->base, part.rows, part.columns),
                      victim->sram_ready, operation);
        }
        placement_.drop(*victim);
    }
}

bool Emitter::place_in_sram(Matrix& matrix, std::uint64_t spare) {
    const auto region = placement_.sram().allocate(matrix.layout.bytes());
    if (!region) return false;
    if (placement_.sram().largest_free() < spare) {
        placement_.sram().release(*region, {});
        return false;
    }
    placement_.make_resident(matrix, *region);
    return true;
}

std::uint32_t Emitter::load(const Matrix& matrix, const Block& block, const Layout& staged,
                            const Block& whole, Address base, Needs needs, OperationId operation) {
    needs.merge(matrix.dram_ready);
    const Block place = inside(block, whole);
    Pieces dram = matrix.layout.pieces(matrix.dram, block.rows, block.columns);
    if (staged.grid().length == 0) dram.scales = {};
    return load(dram, staged.pieces(base, place.rows, place.columns), needs, operation, matrix.host);
}

std::uint32_t Emitter::load(const Pieces& dram, const Pieces& sram, const Needs& needs, OperationId operation,
                            bool host) {
    return move(Engine::load, dram, sram, needs, operation, host);
}

namespace {

// Pieces that follow one another without a gap are one piece: bursts then begin and end only where it does.
Strips joined(const Strips& strips) {
    const std::uint64_t total = strips.total();
    if (strips.count < 2 || strips.stride != strips.bytes || strips.last_shift != 0 ||
        total > std::numeric_limits<std::uint32_t>::max())
        return strips;
    const auto bytes = static_cast<std::uint32_t>(total);
    return {.base = strips.base, .count = 1, .bytes = bytes, .last_bytes = bytes};
}

}  // namespace

std::uint32_t Emitter::load_scales(const Matrix& matrix, const Block& lines, Address base, Needs needs,
                                   OperationId operation) {
    needs.merge(matrix.dram_ready);
    const Strips dram = joined(matrix.layout.scales(matrix.dram, lines.rows, lines.columns).strips);
    const auto bytes = static_cast<std::uint32_t>(dram.total());
    return emit(Engine::load, operation, needs, DmaCommand{dram, {base, 1, bytes, bytes, 0, 0}, matrix.host});
}

std::uint32_t Emitter::move(Engine engine, const Pieces& dram, const Pieces& sram, const Needs& needs,
                            OperationId operation, bool host) {
    if (dram.values.total() != sram.values.total() ||
        dram.scales.strips.total() != sram.scales.strips.total())
        throw std::logic_error("the sides of a DMA command differ in bytes");
    const std::uint32_t values =
        emit(engine, operation, needs, DmaCommand{joined(dram.values), joined(sram.values), host});
    if (!dram.scales) return values;
    return emit(engine, operation, needs,
                DmaCommand{joined(dram.scales.strips), joined(sram.scales.strips), host});
}

std::uint32_t Emitter::store(Matrix& matrix, const Block& block, const Pieces& from, const Needs& needs,
                             OperationId operation) {
    placement_.give_dram_address(matrix);
    const std::uint32_t sequence =
        move(Engine::store, matrix.layout.pieces(matrix.dram, block.rows, block.columns), from, needs,
             operation, matrix.host);
    matrix.in_dram = true;
    matrix.dram_ready.after(Engine::store, sequence);
    if (matrix.resident()) matrix.readers.after(Engine::store, sequence);
    return sequence;
}

bool Emitter::load_whole(Matrix& matrix, std::uint64_t spare, OperationId operation) {
    if (matrix.resident()) return true;
    if (!place_in_sram(matrix, spare)) return false;
    const Block all = all_of(matrix.layout);
    matrix.sram_ready.after(Engine::load, load(matrix, all, matrix.layout, all, matrix.sram->base,
                                               matrix.sram->free_after, operation));
    return true;
}

StagedBlocks::StagedBlocks(Emitter& emitter, Matrix& matrix, std::vector<Block> sequence, std::uint64_t slots,
                           std::uint64_t granule_rows, std::uint64_t granule_columns, OperationId operation,
                           bool scales)
    : emitter_(emitter),
      matrix_(matrix),
      layout_(scales ? matrix.layout : matrix.layout.without_scales()),
      sequence_(std::move(sequence)),
      granule_rows_(granule_rows),
      granule_columns_(granule_columns),
      operation_(operation) {
    std::vector<Block> different;
    for (const Block& block : sequence_) {
        if (std::find(different.begin(), different.end(), block) == different.end())
            different.push_back(block);
        if (different.size() > slots) break;
    }
    all_stay_ = different.size() <= slots;
    if (all_stay_) sequence_ = std::move(different);
    std::uint64_t bytes = 0;
    for (const Block& block : sequence_)
        bytes = std::max(bytes, layout_.part(block.rows, block.columns).bytes());
    slots_.resize(std::min<std::uint64_t>(slots, sequence_.size()));
    for (Slot& slot : slots_) {
        slot.region = emitter.reserve(bytes, operation);
        slot.last_use = slot.region.free_after;
    }
}

bool StagedBlocks::load_granule() {
    // Every block before `position_` has all its readers behind it, so areas up to one ring ahead can be
    // written.
    if (loaded_ >= std::min<std::size_t>(sequence_.size(), position_ + slots_.size())) return false;
    const Block& block = sequence_[loaded_];
    Slot& slot = slots_[loaded_ % slots_.size()];
    if (next_row_ == 0 && next_column_ == 0) {
        slot.granules.clear();
        slot.free = std::exchange(slot.last_use, {});
    }
    const Block granule{
        {block.rows.first + next_row_, std::min(granule_rows_, block.rows.count - next_row_)},
        {block.columns.first + next_column_, std::min(granule_columns_, block.columns.count - next_column_)}};
    slot.granules.push_back(emitter_.load(matrix_, granule, layout_.part(block.rows, block.columns), block,
                                          slot.region.base, slot.free, operation_));
    next_column_ += granule_columns_;
    if (next_column_ < block.columns.count) return true;
    next_column_ = 0;
    next_row_ += granule_rows_;
    if (next_row_ < block.rows.count) return true;
    next_row_ = 0;
    ++loaded_;
    return true;
}

void StagedBlocks::go_to(const Block& wanted) {
    if (all_stay_) {
        position_ = static_cast<std::size_t>(std::find(sequence_.begin(), sequence_.end(), wanted) -
                                             sequence_.begin());
    } else if (started_ && !(block() == wanted)) {
        ++position_;
    }
    started_ = true;
    if (position_ >= sequence_.size() || !(block() == wanted))
        throw std::logic_error("staged blocks used out of order");
}

Strips StagedBlocks::strips(const Block& part, std::uint64_t tile) const {
    const Block place = inside(part, block());
    const Layout staged = layout_.part(block().rows, block().columns);
    return tile > 0 ? staged.tiles(slot().region.base, place.rows, place.columns, tile)
                    : staged.strips(slot().region.base, place.rows, place.columns);
}

ScalePlane StagedBlocks::scales(const Block& part) const {
    const Block place = inside(part, block());
    return layout_.part(block().rows, block().columns).scales(slot().region.base, place.rows, place.columns);
}

Strips StagedBlocks::column(std::uint64_t column) const {
    const Layout staged = layout_.part(block().rows, block().columns);
    return staged.column(slot().region.base, all_of(staged).rows, column - block().columns.first);
}

Needs StagedBlocks::ready(const Block& part) {
    const Block place = inside(part, block());
    const std::uint64_t per_row = ceil_div(block().columns.count, granule_columns_);
    const std::uint64_t row = (place.rows.first + place.rows.count - 1) / granule_rows_;
    const std::uint64_t column = (place.columns.first + place.columns.count - 1) / granule_columns_;
    const std::uint64_t last = row * per_row + column;
    while (loaded_ < position_ ||
           (loaded_ == position_ && (next_row_ + next_column_ == 0 || slot().granules.size() <= last)))
        load_granule();
    Needs needs;  // loads complete in order: the last granule of the last row granule is enough
    needs.after(Engine::load, slot().granules[last]);
    return needs;
}

void StagedBlocks::read_by(Engine engine, std::uint32_t sequence) {
    slot().last_use.after(engine, sequence);
}

void StagedBlocks::finish(bool keep) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        Slot& slot = slots_[i];
        const bool whole = layout_.bytes() == matrix_.layout.bytes();
        if (keep && whole && slots_.size() == 1 && sequence_.size() == 1 && !matrix_.resident()) {
            emitter_.placement().make_resident(matrix_, slot.region);
            matrix_.readers = slot.last_use;
            matrix_.sram_ready.after(Engine::load, slot.granules.back());
        } else {
            Needs last_use = slot.last_use;
            // Areas that were loaded and never read cannot be: every block of the sequence is used.
            emitter_.placement().sram().release(slot.region, last_use);
        }
    }
}

}  // namespace octet
