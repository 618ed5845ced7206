// Vector unit: passes over tensors in SRAM, the epilogue of every matrix product, and products of one vector
// and a matrix on the lanes (docs/hardware/vector.md).
//
// Timing: a pass over E values takes ceil(E / L) * beat + latency cycles; a pass starts when the one before
// has completed. In an epilogue each vector of c results takes B cycles; `drain_depth` vectors wait between
// array and unit, more hold the array. Vectors of a tile are read and written in groups
// (Sram::vectors_at_once). A group enters the pipeline in the first cycle in which its reads find their banks
// free, and its write once the last vector is through; a write may wait in the write-back FIFO, of
// `writeback_fifo` groups. In whole passes a vector enters when its reads, and its write so many cycles
// later, find their banks free. The next command can start when the last vector has entered. Scales of blocks
// are read before the first pass, and written behind the last vector; a result waits for the last value of
// its block. In a product on the
// lanes each row of a piece of the matrix takes a vector, or as many as it fills; its sums are there a
// latency after the last, and the results are one more pass. Counts: every stage once a value (or row) under
// the operation that asked for it; vector_idle; scratch bits; decode and encode at its ports; SRAM bits.
#pragma once
#include <deque>
#include <string>

#include "models/accelerator/queue.h"
#include "models/array/result_sink.h"
#include "models/codec/codec_bank.h"
#include "models/softmax/softmax_stages.h"
#include "models/vector/rates.h"
#include "models/vector/vector_values.h"

namespace octet {

class VectorUnit : public sc_core::sc_module, public ResultSink {
  public:
    SC_HAS_PROCESS(VectorUnit);
    // `format_bits`, `sum_bits`: of a value in the vector format and in the accumulation buffer.
    VectorUnit(const sc_core::sc_module_name& name, const VectorConfig& config, std::uint32_t format_bits,
               std::uint32_t sum_bits, std::uint32_t result_columns,
               const std::vector<VectorProgram>& programs, CommandQueue& queue, Sram& sram, CodecBank& codec,
               SoftmaxStages& softmax, Ledger& ledger, Scoreboard& scoreboard);

    // ResultSink: the array's side.
    std::optional<Cycle> accepted(std::uint32_t sequence) const override;
    const sc_core::sc_event& acceptance() const override { return acceptance_; }
    ResultHold take(std::uint32_t sequence, const ResultTile& tile) override;

    std::string waits_for() const;  // for the message about a deadlock
    // From now on results are computed as well.
    void attach(VectorValues* values) { values_ = values; }

  private:
    struct Epilogue {
        EpilogueCommand command;
        const VectorPass* pass = nullptr;
        OperationId operation = 0;
        std::uint32_t sequence = 0;
        Cycle accepted = 0;
        Cycle scales_there = 0;
        std::uint32_t tiles = 0;  // that have come
        Cycle done = 0;           // last write + 1
        bool open = false;
    };

    void serve();
    // Epilogues.
    void accept(const EpilogueCommand& command, OperationId operation);
    struct TileGroups {  // of vectors of a tile that go through the SRAM ports at once
        std::uint32_t tile = 0, columns = 0;
        std::uint32_t first = 0;  // vector
        std::uint32_t size = 1;
        std::uint32_t count = 1;  // of such groups
        // Of rows that lie apart: the first one, and how many each vector moves.
        std::uint32_t first_row = 0, rows = 1;
    };
    // Those of a tile, one after another.
    std::vector<TileGroups> groups_of(const ResultTile& tile, std::uint32_t index) const;
    std::uint64_t vector_bytes(const VectorOperand& operand, std::uint32_t tile) const;
    template <class F>
    void each_group(const VectorOperand& operand, const TileGroups& groups, F&& f) const;
    void read_groups(const VectorOperand& operand, const TileGroups& groups);
    void write_groups(const VectorOperand& operand, const TileGroups& groups, std::uint32_t through,
                      Cycle slack);
    Cycle fetch_bias(const ResultTile& tile, std::uint32_t index, Cycle from);
    void remember(std::uint32_t vectors, std::uint32_t interval);
    ResultHold hold_of(const ResultTile& tile, Cycle conflicts, Cycle late, bool lanes_set_pace);
    // Whole passes.
    void run(const VectorCommand& command, OperationId operation);
    Cycle pass(const VectorCommand& command, const VectorPass& pass, std::uint64_t first_value,
               std::uint64_t values, Cycle from, OperationId operation);
    Cycle fetch_parameters(const VectorOperand& parameters, Cycle from);
    // The pass of an encoder whose blocks run along the rows: down one tile column after another.
    Cycle encode_columns(const VectorCommand& command, Cycle from, OperationId operation);
    // Moves scales, L a cycle at most; returns the cycle after the last.
    Cycle move_scales(SramClient client, const Strips& scales, Cycle from);
    Cycle fetch_scales(const VectorCommand& command, Cycle from);
    // How long a vector waits for the last value of its block, if the next one comes `interval` cycles later.
    // Vectors of a row that is cut into tile columns.
    std::uint64_t tile_vectors(std::uint64_t columns) const;
    Cycle wait_for_block(const VectorOperand& result, std::uint64_t columns, std::uint32_t interval) const;
    // Enters the grants of a pass into the timeline: stalled from `from` to the first, for reason `before`.
    void enter_runs(std::span<const GrantRun> runs, Cycle from, std::uint32_t interval, StallCause before,
                    OperationId operation);

    // Products of one vector and a matrix (matvec.cpp).
    void multiply(const MatvecCommand& command, OperationId operation);
    Cycle stream_matrix(const MatvecCommand& command, Cycle from, OperationId operation);
    Cycle pass_results(const MatvecCommand& command, Cycle from, OperationId operation);
    static std::uint32_t columns_of_piece(const MatvecCommand& command, std::uint32_t piece);
    void count_products(const MatvecCommand& command, OperationId operation);

    void count_pass(const VectorPass& pass, std::uint64_t rows, std::uint64_t values,
                    std::uint64_t lane_slots, OperationId operation);
    void count_fetch(const VectorOperand& operand, std::uint64_t values, OperationId operation);
    void count_result(const VectorOperand& operand, std::uint64_t values, OperationId operation);
    void count_parameters(const VectorOperand& parameters, std::uint64_t rows, OperationId operation);
    void count_scales(const Strips& scales, bool read, OperationId operation);
    // Of sums: a vector takes the scale of the line that it lies in, and one of each of its values' other
    // lines.
    void count_line_scales(const LineScales& scales, std::uint64_t vectors, std::uint64_t values,
                           bool by_column, OperationId operation);

    VectorConfig config_;
    std::uint32_t format_bits_, sum_bits_;
    std::uint32_t result_columns_;
    const std::vector<VectorProgram>& programs_;
    CommandQueue& queue_;
    Sram& sram_;
    CodecBank& codec_;
    SoftmaxStages& softmax_;
    Ledger& ledger_;
    Scoreboard& scoreboard_;
    Timeline& timeline_;
    VectorRates rates_;

    Cycle free_from_ = 0;         // the pipeline can take a vector
    std::uint32_t sequence_ = 0;  // of the latest command taken
    Epilogue epilogue_;
    std::uint64_t taken_ = 0;  // result vectors taken since the start
    struct TakenRun {
        std::uint64_t first;  // index of a result vector
        Cycle at;
        std::uint32_t interval;
    };
    std::deque<TakenRun> history_;  // of the latest tile and the drain_depth vectors before it at least
    std::vector<ResultRoom> rooms_;
    sc_core::sc_event acceptance_, finished_;
    std::vector<AccessStream> streams_;
    std::vector<GrantRun> runs_;
    std::vector<GrantRun> taken_runs_;  // of the vectors of a tile
    VectorValues* values_ = nullptr;
};

}  // namespace octet
