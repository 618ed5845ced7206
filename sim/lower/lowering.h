// The state of a lowering in progress; internal to sim/lower.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/lower/emitter.h"
#include "sim/lower/program.h"

namespace octet {

// An operand of one work item: part of a matrix.
struct View {
    Matrix* matrix = nullptr;
    Block block;
};

// What a product and the operations fused into it read and write.
struct ProductViews {
    View first, second, out;
    View residual;                 // what is added to the results; no matrix: nothing
    bool first_turned = false;     // the first operand lies as K x M, not M x K
    bool second_turned = false;    // the second operand lies as N x K, not K x N
    std::vector<View> parameters;  // bias and masks
    std::uint32_t program = 0;     // of its results
};

// So many rows of the views from `first` on, at most `most` if that is possible and no further than `end`,
// that end where blocks along the rows do.
std::uint64_t rows_of_whole_blocks(const std::vector<View>& views, std::uint64_t first, std::uint64_t most,
                                   std::uint64_t end);

// The halves of a buffer and what they hold, in the order of filling.
class BufferHalves {
  public:
    explicit BufferHalves(std::uint64_t slots) : halves_(slots) {}
    struct Half {
        std::uint64_t key = ~std::uint64_t{0};
        std::uint32_t fill = 0;         // sequence number of the (first) fill at its engine
        std::uint32_t last_reader = 0;  // matmul command
        std::uint32_t free_after = 0;   // the last reader of what was there before
        Address address = 0;            // in the buffer
    };
    Half* find(std::uint64_t key) {
        for (Half& half : halves_)
            if (half.key == key) return &half;
        return nullptr;
    }
    std::uint64_t next_index() const { return next_; }
    const Half& next() const { return halves_[next_]; }  // the one that is filled next
    Half& take() {
        Half& half = halves_[next_];
        next_ = (next_ + 1) % halves_.size();
        return half;
    }

  private:
    std::vector<Half> halves_;
    std::uint64_t next_ = 0;
};

class Lowering {
  public:
    Lowering(const Graph& graph, const AcceleratorConfig& config, std::uint64_t seed,
             std::vector<TensorScale> scales, std::vector<std::uint64_t> tokens);

    // Emits the next work item; false when there is none left.
    bool next_item();
    // The code of 0 where a matrix lies.
    int zero_of(const Matrix& matrix) const {
        return matrix.layout.format().zero_point != nullptr ? scale_of(matrix.tensor).zero : 0;
    }

    Graph graph;  // of the workload, and what encoders add behind it
    std::uint32_t workload_operations;
    const AcceleratorConfig& config;
    MachineShape machine;
    std::vector<BlockGrid> grids;  // by tensor
    FusedGraph fused;
    Placement placement;
    Emitter emitter;
    std::vector<VectorProgram> programs;
    std::vector<KernelChoice> choices;  // by kernel

  private:
    friend class GemmLowering;
    friend class MatvecLowering;
    void wait_for_inputs(std::size_t kernel);
    void product(std::size_t kernel, std::uint64_t item);
    void vector_work(std::size_t kernel, std::uint64_t item);
    // What a piece of vector work reads and writes: as many rows of each operand as of the output. Without
    // operands the output is made of zeros.
    struct VectorViews {
        std::vector<View> operands, vectors;
        View out;
    };
    void vector_rows(std::size_t kernel, std::uint64_t item, const VectorViews& views);
    void prepend(std::size_t kernel, std::uint64_t item);
    void spread(std::size_t kernel, std::uint64_t item);
    void table_gradient(std::size_t kernel);
    void embedding(std::size_t kernel, std::uint64_t item);
    void rope(std::size_t kernel, std::uint64_t item);
    void pick(std::size_t kernel, std::uint64_t item);
    std::uint64_t token_at(std::uint64_t position, std::uint64_t vocabulary) const;

    const Operation& operation(std::size_t kernel) const {
        return graph.operations[fused.kernels[kernel].operation];
    }
    OperationId charged(std::size_t kernel) const { return fused.kernels[kernel].charged; }
    // Rows of matrix `item` of a tensor that an operation with `batch` items of `rows` rows reads or writes
    // row by row.
    View rows_of(TensorId tensor, std::uint64_t item, std::uint64_t batch, std::uint64_t rows);
    // Operand of a batched product stored in `blocks` column blocks (0: in matrices of its own).
    View block_of(TensorId tensor, const Operation& op, std::uint64_t item, std::uint64_t blocks,
                  std::uint64_t rows, std::uint64_t cols, const Member& of = {});
    // Of one matrix of a product's batch; none of them is evicted while it is being lowered.
    ProductViews product_views(std::size_t kernel, std::uint64_t item);
    // Decides once where a matrix that is about to be written lives.
    void place_output(Matrix& matrix);
    std::uint64_t spare_bytes() const;
    // So many of `rows` rows are worked on at once if a row takes `row_bytes` in all staging areas.
    std::uint64_t rows_at_once(std::uint64_t rows, std::uint64_t row_bytes, std::uint64_t areas);
    const GemmPlan& plan_for(const GemmRequest& request);
    std::uint32_t program_of(std::size_t kernel, VectorProgram program);
    // Of an operation of the vector unit, or of an encoder.
    VectorProgram program_of_kernel(std::size_t kernel, bool in_place) const;
    void stored(Matrix& matrix, const Block& block, std::uint32_t writer);

    // Parameters of a kernel (bias, gamma and beta, mask) in SRAM, one vector a piece.
    struct Parameters {
        std::optional<MemorySpace::Region> region;  // to be released after the item
        Matrix* resident = nullptr;                 // or a matrix that stays
        Strips strips;
        ScalePlane block_scales;
        Needs ready;
        std::uint64_t columns = 0;
        std::uint16_t bits = 0, pitch = 0;
        bool codec = false;
        std::uint8_t format = 0;
        std::vector<TensorScale> scales;
    };
    // The format of a matrix, and how a unit finds its values in pieces of so many columns (0: rows).
    void describe(VectorOperand& operand, const Matrix& matrix, std::uint64_t piece_columns) const;
    // The same, and where a part of the matrix lies.
    static void place(VectorOperand& operand, const Pieces& pieces) {
        operand.sram = pieces.values;
        operand.block_scales = pieces.scales;
    }
    // Whether the scales of a matrix are factors of its products' sums, and stay out of the array.
    bool has_line_scales(const Matrix& matrix) const {
        return machine.line_slot != 0 && matrix.format == machine.line_slot;
    }
    // As multipliers read an operand: without those.
    Layout layout_of(const View& view) const {
        return has_line_scales(*view.matrix) ? view.matrix->layout.without_scales() : view.matrix->layout;
    }
    // Those of the lines of an operand in SRAM, while its product runs.
    struct Lines {
        std::optional<MemorySpace::Region> region;  // to be released after the item
        Address base = 0;
        std::uint32_t count = 0;  // 0: it has none
        Needs ready;
        Strips part(std::uint64_t first, std::uint64_t lines) const;
    };
    Lines lines_of(const View& operand, OperationId id);
    void release(Lines& lines, const Needs& last_use);
    TensorScale scale_of(TensorId tensor) const {
        return tensor < scales_.size() ? scales_[tensor] : TensorScale{};
    }
    // `rows` x `columns` results of the command from row and column on, of matrix `item` of an operation.
    static ResultPart part_of(std::uint64_t item, std::uint64_t row, std::uint64_t column) {
        return {static_cast<std::uint32_t>(item), static_cast<std::uint32_t>(row),
                static_cast<std::uint32_t>(column)};
    }
    Parameters parameters(const std::vector<View>& vectors, OperationId id);
    void release(Parameters& parameters, const Needs& last_use);
    static VectorOperand slice(const Parameters& parameters, std::uint64_t first, std::uint64_t count);

    std::map<GemmRequest, GemmPlan> plans_;
    std::map<std::size_t, std::uint32_t> programs_of_;
    BufferHalves input_halves_, weight_halves_;
    std::uint64_t seed_;
    std::vector<TensorScale> scales_;    // of integer codes, by tensor; none: 1
    std::vector<std::uint64_t> tokens_;  // none: drawn
    std::uint64_t tokens_taken_ = 0;     // by look-ups so far
    std::uint64_t key_ = 0;              // of the next buffer filling
    // Position in the schedule: kernels [group_begin_, group_end_) run item after item.
    std::size_t group_begin_ = 0, group_end_ = 0, in_group_ = 0;
    std::uint64_t item_ = 0;
};

}  // namespace octet
