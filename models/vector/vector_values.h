// The values of the vector unit: what the steps of a program make of tensors in SRAM.
//
// Every step rounds once to the vector format; values that are read are rounded to it too, where their own
// format holds more. Results are encoded to the nearest when they are written.
#pragma once
#include <map>
#include <span>
#include <vector>

#include "models/arithmetic/rows.h"
#include "models/machine_values.h"
#include "models/memory/arbiter.h"

namespace octet {

class VectorValues {
  public:
    VectorValues(MachineValues& values, const std::vector<VectorProgram>& programs,
                 std::uint32_t result_columns);

    // An epilogue reads its residual and parameters when it is accepted and delivers when it is done.
    void accept(std::uint32_t sequence, const EpilogueCommand& command, Cycle at);
    void finish(std::uint32_t sequence, Cycle done);
    void run(const VectorCommand& command, Cycle start, Cycle done);
    // Reads at the start what it multiplies, and with its last part what joins the results.
    void multiply(const MatvecCommand& command, OperationId operation, Cycle start, Cycle done);
    // When the vectors of a tile of an epilogue, or of the writing pass of a command, leave for the SRAM:
    // vectors are `interval` cycles apart in each run of grants, and leave `delay` cycles after their grant.
    void tile_written(std::uint32_t sequence, std::uint32_t tile, std::uint32_t columns,
                      std::span<const GrantRun> runs, std::uint32_t interval, Cycle delay);
    void tile_written(const VectorCommand& command, std::uint32_t tile, std::uint32_t columns,
                      std::span<const GrantRun> runs, std::uint32_t interval, Cycle delay);
    void pass_written(const VectorCommand& command, std::uint64_t first_value, std::span<const GrantRun> runs,
                      std::uint32_t interval, Cycle delay);

  private:
    struct Work {
        std::uint32_t program = 0;  // index: the list grows
        std::uint32_t rows = 0, columns = 0;
        std::vector<std::vector<float>> operands, parameters;
        VectorOperand output;
        float sum_scale = 1;
        std::vector<float> row_scales, column_scales;  // of sums: both, or none
        ResultPart part;
        bool by_column = false;
        VectorProgram::Shape result{};  // rows 0: as many as there are
        std::uint32_t result_rows() const { return result.rows == 0 ? rows : result.rows; }
        std::uint32_t result_columns() const { return result.rows == 0 ? columns : result.columns; }
    };
    void rows_written(std::uint32_t program, ResultPart part, std::uint32_t columns,
                      std::span<const GrantRun> runs, std::uint32_t interval, Cycle delay);
    std::vector<float> read(const VectorOperand& operand, std::uint32_t rows, std::uint32_t columns) const;
    std::vector<std::vector<float>> read_parameters(const VectorOperand& operand,
                                                    std::uint32_t columns) const;
    std::uint64_t add_products(const MatvecCommand& command);  // how many sums did not fit
    void read_line_scales(const LineScales& scales, Work& work) const;
    std::vector<float> entering(MachineValues::Sums& sums, const Work& work) const;
    void compute(const Work& work, std::vector<float> v);
    void step(const VectorStep& step, const Work& work, std::vector<float>& v) const;
    void row_step(const VectorStep& step, const Work& work, std::size_t row, std::span<const float> x,
                  std::span<float> y) const;
    // x of a row of the work through the softmax unit.
    void softmax_of(const VectorStep& step, const Work& work, std::size_t row, std::span<const float> x,
                    std::span<float> y) const;
    static std::pair<std::size_t, std::size_t> seen_by(const VectorStep& step, const Work& work,
                                                       std::size_t row);
    void softmax_gradient(const VectorStep& step, const Work& work, std::size_t row,
                          std::span<const float> dy, std::span<float> dx) const;
    std::vector<float> sums_by_distance(const VectorStep& step, const Work& work,
                                        std::span<const float> v) const;
    float backward(VectorFunction of, float dy, float x) const;
    void adam_step(const VectorStep& step, const Work& work, std::vector<float>& v) const;
    void axpy_once(const VectorStep& step, const Work& work, std::vector<float>& v) const;
    void layernorm_of(std::span<const float> x, std::span<const float> gamma, std::span<const float> beta,
                      float epsilon, std::span<float> y) const;
    void observe(OperationId operation, const Work& work, std::span<const float> v);
    void write(const Work& work, OperationId operation, std::vector<float>& v);
    void count_misfits(OperationId operation, const CodedMatrix& place, const CodedFormat& format,
                       std::span<const float> v);

    MachineValues& values_;
    const std::vector<VectorProgram>& programs_;
    std::uint32_t result_columns_;
    RowMath unit_;
    SoftmaxUnit softmax_;
    std::map<std::uint32_t, Work> epilogues_;
    MachineValues::Sums held_;  // of a product on the lanes
};

}  // namespace octet
