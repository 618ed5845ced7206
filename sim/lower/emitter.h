// The program being written: commands in order, sequence numbers, staging areas in SRAM.
#pragma once
#include <deque>
#include <string>
#include <vector>

#include "sim/lower/placement.h"

namespace octet {

inline Block all_of(const Layout& layout) {
    return {{0, layout.rows()}, {0, layout.cols()}};
}
// Where `part` lies relative to `whole`.
inline Block inside(const Block& part, const Block& whole) {
    return {{part.rows.first - whole.rows.first, part.rows.count},
            {part.columns.first - whole.columns.first, part.columns.count}};
}

// A part of SRAM that is used over and over, and what its next use waits for.
struct StagingArea {
    MemorySpace::Region region;
    Needs free;
};

class Emitter {
  public:
    Emitter(Placement& placement, const MachineShape& machine) : placement_(placement), machine_(machine) {}

    // Appends a command and returns its sequence number at its engine (1 is the first).
    std::uint32_t emit(Engine engine, OperationId operation, const Needs& needs,
                       decltype(Command::body) body);
    std::uint32_t next_sequence(Engine engine) const { return count_[static_cast<std::size_t>(engine)] + 1; }

    // SRAM for a staging area; evicts resident matrices that are not pinned, those used last first, until it
    // fits. Throws std::invalid_argument, naming the operation, when even an otherwise empty SRAM is too
    // small.
    MemorySpace::Region reserve(std::uint64_t bytes, OperationId operation);
    // The same for what is used over and over: free when what was there before is.
    StagingArea staging_area(std::uint64_t bytes, OperationId operation) {
        const MemorySpace::Region region = reserve(bytes, operation);
        return {region, region.free_after};
    }
    // Gives areas back, free when their last use is over.
    void release(const std::vector<StagingArea>& areas) {
        for (const StagingArea& area : areas) placement_.sram().release(area.region, area.free);
    }
    // SRAM for a whole matrix if it can be had without eviction and `spare` contiguous bytes stay free.
    bool place_in_sram(Matrix& matrix, std::uint64_t spare);
    // DMA of a block of `matrix` into / out of a packed staging area at `base`: values, then scales if the
    // area has room for them. Return the last command.
    std::uint32_t load(const Matrix& matrix, const Block& block, const Layout& staged, const Block& whole,
                       Address base, Needs needs, OperationId operation);
    std::uint32_t load(const Pieces& dram, const Pieces& sram, const Needs& needs, OperationId operation,
                       bool host = false);
    // The scales of whole lines alone, side by side.
    std::uint32_t load_scales(const Matrix& matrix, const Block& lines, Address base, Needs needs,
                              OperationId operation);
    std::uint32_t store(Matrix& matrix, const Block& block, const Pieces& from, const Needs& needs,
                        OperationId operation);
    // Loads a matrix as a whole and keeps it, if it fits; false: it stays in DRAM.
    bool load_whole(Matrix& matrix, std::uint64_t spare, OperationId operation);

    // `alone`: the item starts when everything before it has been written; only loads run ahead.
    void begin_item(std::size_t kernel, const std::string& name, bool alone) {
        kernel_ = kernel;
        name_ = name;
        pinned_.clear();
        if (!alone) return;
        for (Engine writer : {Engine::vector, Engine::store}) turn_.after(writer, next_sequence(writer) - 1);
    }
    void pin(const Matrix& matrix) { pinned_.push_back(&matrix); }

    std::deque<Command>& commands() { return commands_; }
    Placement& placement() { return placement_; }
    const MachineShape& machine() const { return machine_; }
    std::uint64_t evictions() const { return evictions_; }

  private:
    std::uint32_t move(Engine engine, const Pieces& dram, const Pieces& sram, const Needs& needs,
                       OperationId operation, bool host);

    Placement& placement_;
    const MachineShape& machine_;
    std::deque<Command> commands_;
    std::array<std::uint32_t, engine_count> count_{};
    std::vector<const Matrix*> pinned_;
    std::size_t kernel_ = 0;
    Needs turn_;  // of every command but loads
    std::string name_;
    std::uint64_t evictions_ = 0;
};

// A ring of staging areas through which the blocks of one operand pass, each block read by several commands.
// Blocks are loaded in granules, so that work can start before a whole block is there, and ahead of their use
// as far as the ring allows.
class StagedBlocks {
  public:
    // `sequence`: the blocks in the order of their use. If the ring has room for all different ones, each is
    // loaded once. Granules are blocks of `granule_rows` x `granule_columns`. Without `scales` values come
    // alone.
    StagedBlocks(Emitter& emitter, Matrix& matrix, std::vector<Block> sequence, std::uint64_t slots,
                 std::uint64_t granule_rows, std::uint64_t granule_columns, OperationId operation,
                 bool scales = true);

    // Goes to a block: the current one, the next of the sequence, or, when the ring holds all there are, any.
    void go_to(const Block& block);
    const Block& block() const { return sequence_[position_]; }
    // Loads the next granule ahead of its use; false if the ring has no room for it, or there is none.
    bool load_granule();
    void load_ahead() {
        while (load_granule()) {
        }
    }
    // Of the current block: where `part` lies in SRAM, a piece for each tile of `tile` columns (0: no tiles),
    // and what a reader of it needs (loaded now if it is not yet).
    Strips strips(const Block& part, std::uint64_t tile) const;
    ScalePlane scales(const Block& part) const;
    // The same of one column of all its rows.
    Strips column(std::uint64_t column) const;
    Needs ready(const Block& part);
    // A command that reads the current block has been emitted.
    void read_by(Engine engine, std::uint32_t sequence);
    // Frees the areas. A ring of one block that holds the whole matrix can be kept as its resident copy.
    void finish(bool keep);

  private:
    struct Slot {
        MemorySpace::Region region;
        Needs free;                           // what the block that is being loaded waits for
        Needs last_use;                       // readers of the block before, or of this one
        std::vector<std::uint32_t> granules;  // load commands, row granules outer, column granules inner
    };
    Slot& slot() { return slots_[position_ % slots_.size()]; }
    const Slot& slot() const { return slots_[position_ % slots_.size()]; }

    Emitter& emitter_;
    Matrix& matrix_;
    Layout layout_;  // of the matrix, as it is staged
    std::vector<Block> sequence_;
    std::uint64_t granule_rows_, granule_columns_;
    OperationId operation_;
    std::vector<Slot> slots_;
    std::size_t position_ = 0, loaded_ = 0;         // the current block; how many are loaded as a whole
    std::uint64_t next_row_ = 0, next_column_ = 0;  // of the one after: the next granule
    bool started_ = false, all_stay_ = false;
};

}  // namespace octet
