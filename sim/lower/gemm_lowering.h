// One matrix product being lowered; internal to sim/lower.
#pragma once
#include <optional>
#include <vector>

#include "sim/lower/lowering.h"

namespace octet {

// How the tiles of operand b are found in its matrix.
enum class WeightSide : std::uint8_t { normal, transposed };

class GemmLowering {
  public:
    GemmLowering(Lowering& lowering, std::size_t kernel, std::uint64_t item);
    void run();

  private:
    void request_plan();
    void stage();
    void chunk(std::uint64_t mi, std::uint64_t ni, std::uint64_t ki);
    // What a fill engine fills its buffer from.
    struct FillSource {
        Engine engine;
        BufferHalves& halves;
        const View& view;
        std::optional<StagedBlocks>& staged;
        std::uint64_t depth;
    };
    BufferHalves::Half& filled(const FillSource& source, std::uint64_t key, const Block& part,
                               const Block& staged_in, std::uint64_t tile, FillCommand fill);
    BufferHalves::Half& inputs(std::uint64_t mi, std::uint64_t ki);
    BufferHalves::Half& weights(std::uint64_t ni, std::uint64_t ki);
    void epilogue(std::uint64_t mi, std::uint64_t ni);
    void finish();

    // Blocks of the operands by tile indices.
    std::uint64_t m_of(std::uint64_t mi) const { return std::min(plan_.m_tile, m_ - mi * plan_.m_tile); }
    std::uint64_t n_of(std::uint64_t ni) const {
        return std::min(plan_.n_group, n_tiles_ - ni * plan_.n_group);
    }
    std::uint64_t k_of(std::uint64_t ki) const {
        return std::min(plan_.k_chunk, k_tiles_ - ki * plan_.k_chunk);
    }
    Block a_block(std::uint64_t mi, std::uint64_t ki, std::uint64_t k_tiles) const;
    Block b_block(std::uint64_t ni, std::uint64_t n_tiles, std::uint64_t ki, std::uint64_t k_tiles) const;
    Block out_block(const View& view, std::uint64_t mi, std::uint64_t ni) const;
    std::vector<Block> sequence(bool of_a, Staging staging) const;

    Lowering& l_;
    Emitter& e_;
    const MachineShape& machine_;
    std::size_t kernel_;
    std::uint64_t item_;
    OperationId id_;
    const Operation& op_;
    std::uint64_t m_, n_, k_, k_tiles_, n_tiles_;
    View a_, b_, out_, residual_;
    WeightSide side_ = WeightSide::normal;
    GemmPlan plan_;
    std::uint64_t m_tiles_ = 0, n_groups_ = 0, k_chunks_ = 0;
    std::optional<StagedBlocks> staged_a_, staged_b_, staged_residual_;
    std::vector<MemorySpace::Region> out_areas_;
    std::vector<Needs> out_free_;
    std::uint64_t out_next_ = 0;
    std::vector<View> parameter_views_;
    Lowering::Parameters parameters_;
    std::uint32_t program_ = 0;
    std::uint64_t key_base_ = 0;
    Needs last_epilogue_;
};

}  // namespace octet
