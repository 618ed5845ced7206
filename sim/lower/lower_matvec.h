// The product of one vector and a matrix being lowered for the lanes; internal to sim/lower.
#pragma once
#include <optional>
#include <vector>

#include "sim/lower/lowering.h"

namespace octet {

class MatvecLowering {
  public:
    MatvecLowering(Lowering& lowering, std::size_t kernel, std::uint64_t item);
    void run();

  private:
    // Of the reduction and of the results: what one command multiplies.
    struct Part {
        std::uint64_t k0, k, n0, n;
    };
    std::vector<Part> parts() const;
    Block block_of(const Part& part) const;  // of the matrix
    void read(VectorOperand& operand, const View& view, std::optional<StagedBlocks>& staged,
              const Block& part, std::uint64_t tile, Needs& needs);
    void multiply(const Part& part);
    Pieces result(MatvecCommand& command, const Part& part, const Block& out, Needs& needs);
    void finish();

    Lowering& l_;
    Emitter& e_;
    std::size_t kernel_;
    std::uint64_t item_;
    OperationId id_;
    std::uint64_t k_, n_;
    bool row_sums_ = false;  // the matrix lies as n x k: a result a row
    View input_, matrix_, out_, residual_;
    std::vector<View> parameter_views_;
    Lowering::Parameters parameters_;
    Lowering::Lines row_lines_, column_lines_;  // scales of the vector, and of the matrix
    std::uint32_t program_ = 0;
    std::optional<StagedBlocks> staged_input_, staged_matrix_, staged_residual_;
    std::optional<MemorySpace::Region> out_area_;
    Needs out_free_, out_stored_, last_;
};

}  // namespace octet
