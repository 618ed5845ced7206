// One matrix product being lowered; internal to sim/lower.
#pragma once
#include <optional>
#include <vector>

#include "sim/lower/lowering.h"

namespace octet {

// How an operand's tiles are found in its matrix.
enum class OperandSide : std::uint8_t { normal, transposed };

// Below, a streams past and b is held (where sums stay, both stream): m, n, k are the product's, except that
// where inputs stay a is its second operand, b its first, and m and n are exchanged.

class GemmLowering {
  public:
    GemmLowering(Lowering& lowering, std::size_t kernel, std::uint64_t item);
    void run();

  private:
    void request_plan();
    void stage();
    // One filling of the buffers.
    struct Step {
        std::uint64_t mi = 0, ni = 0, ki = 0;
    };
    std::optional<Step> after(Step step) const;
    void chunk(const Step& step);
    void load_ahead();
    void passes(const Step& step, BufferHalves::Half& input, BufferHalves::Half& weight, std::uint64_t n,
                std::uint64_t count);
    // What a fill engine fills its buffer from.
    struct FillSource {
        Engine engine;
        BufferHalves& halves;
        const View& view;
        std::optional<StagedBlocks>& staged;
        std::uint64_t depth;
    };
    BufferHalves::Half& begin_filling(const FillSource& source, std::uint64_t key);
    void fill_part(const FillSource& source, const BufferHalves::Half& half, std::uint64_t offset,
                   const Block& part, const Block& staged_in, std::uint64_t tile, FillCommand fill);
    BufferHalves::Half& filled(const FillSource& source, std::uint64_t key, const Block& part,
                               const Block& staged_in, std::uint64_t tile, const FillCommand& fill);
    BufferHalves::Half& inputs(std::uint64_t mi, std::uint64_t ki);
    FillSource weight_source();
    std::uint64_t weight_key(const Step& step) const {
        return key_base_ + (m_tiles_ + step.ni) * k_chunks_ + step.ki;
    }
    Block staged_b(const Step& step) const {
        const std::uint64_t nt = n_of(step.ni);
        return plan_.b == Staging::chunk ? b_block(step.ni, nt, step.ki, k_of(step.ki))
                                         : b_block(step.ni, nt, 0, k_tiles_);
    }
    BufferHalves::Half& weights(const Step& step);
    void tile_column(const BufferHalves::Half& half, const Step& step, std::uint64_t n);
    void epilogue(std::uint64_t mi, std::uint64_t n_tile, std::uint64_t n_tiles);
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
    // Of the product's results or of what is added to them: of so many tile columns.
    Block out_block(const View& view, std::uint64_t mi, std::uint64_t n_tile, std::uint64_t n_tiles) const;
    // Tile columns whose results leave together: of a group all, one where inputs stay.
    std::uint64_t leaving_together() const { return machine_.inputs_stay() ? 1 : plan_.n_group; }
    template <class F>
    void each_leaving(F&& f) const;  // f(mi, first tile column, how many), in order of the loops
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
    OperandSide a_side_ = OperandSide::normal, b_side_ = OperandSide::normal;
    std::uint64_t a_tile_ = 0;  // columns of a that a piece holds
    GemmPlan plan_;
    std::uint64_t m_tiles_ = 0, n_groups_ = 0, k_chunks_ = 0;
    std::optional<StagedBlocks> staged_a_, staged_b_, staged_residual_;
    std::vector<StagingArea> out_areas_;
    std::uint64_t out_next_ = 0;
    std::vector<View> parameter_views_;
    Lowering::Parameters parameters_;
    Lowering::Lines row_lines_, column_lines_;  // of the product's first and second operand
    std::uint32_t program_ = 0;
    std::uint64_t key_base_ = 0;
    Needs last_epilogue_;
};

}  // namespace octet
