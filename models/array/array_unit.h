// The systolic array as the rest of the machine sees it, whatever steps or schedules its registers.
//
// Timing: the array takes its next command as soon as the last pass of the one before has started; a command
// completes in the cycle after its last vector was issued. Counts: mac or mac_quantized, pe_pass,
// weight_load, weight_pass, accumulate, scale_sum, reads of the input and weight buffer, both of the
// accumulation buffer, decode at the array's edges or in the PEs.
#pragma once
#include <stdexcept>
#include <string>

#include "models/array/fill.h"
#include "models/array/register_watcher.h"
#include "models/array/result_sink.h"
#include "models/array/span_books.h"
#include "models/array/write_back.h"

namespace octet {

struct ArrayFormats {
    std::array<std::uint32_t, max_formats> buffer_bits{
        8, 8, 8, 8};                       // of a value in the input and weight buffers, by slot
    std::uint32_t accumulation_bits = 16;  // of a sum in the accumulation buffer
    std::uint32_t block_rows = 0;          // rows that share a scale, at most; 0: values have none
    std::uint32_t scale_bits = 0;
    // Of a scale in the weight buffer that weights alone are decoded with, by slot.
    std::array<std::uint32_t, max_formats> weight_scale_bits{};
    bool fixed_point = false;    // sums are
    std::uint8_t quantized = 0;  // slot with multipliers of its own (tensor_formats.h)
};

// What the array works with.
struct ArraySurroundings {
    FillEngine& inputs;
    FillEngine& weights;
    CodecBank& codec;
    Ledger& ledger;
    Scoreboard& scoreboard;
    Cycle write_back = 1;  // least core cycles between results that leave (write_back.h)
};

class ArrayUnit : public sc_core::sc_module {
  public:
    sc_core::sc_port<ResultSink> results{"results"};

    // No command's course is open: the next one can be taken from `free_from` on.
    bool idle() const { return !occupied_; }
    Cycle free_from() const { return free_from_; }
    const sc_core::sc_event& settled() const { return settled_; }
    void take(const MatmulCommand& command, OperationId operation);  // in the present cycle
    // Nothing is at the array, and the head of its queue could not be taken in these cycles, all past.
    virtual void starved(Cycle from, Cycle until, StallCause cause, OperationId operation) = 0;
    // After the run.
    virtual void close() = 0;
    std::string waits_for() const;  // for the message about a deadlock
    // From now on products are computed as well.
    virtual void attach(ArrayValues& values) = 0;
    // Before the run: who sees the registers, with numbers if there are values. Only an array that has
    // registers can do this.
    virtual void watch(RegisterWatcher&, bool) { throw std::logic_error("no registers to watch"); }

  protected:
    ArrayUnit(const sc_core::sc_module_name& name, const ArrayConfig& config, const ArrayFormats& formats,
              const ArraySurroundings& around)
        : sc_module(name),
          around_(around),
          write_back_(around.write_back),
          timeline_(around.ledger.unit(Unit::array)),
          span_(config, around.ledger),
          rows_(static_cast<Cycle>(config.rows)),
          cols_(static_cast<Cycle>(config.cols)),
          dataflow_(config.dataflow),
          formats_(formats) {}

    virtual void taken() {}
    // The next command can be taken from this cycle on.
    void release(Cycle free_from) {
        free_from_ = free_from;
        occupied_ = false;
        settled_.notify();
    }
    void waits(const char* what, std::uint32_t sequence) {
        waits_for_ = what, waits_for_sequence_ = sequence;
    }
    // Calls f(first vector, tile) for what leaves the last pass of column tile n: results of an
    // input-stationary array leave turned, in tiles as wide as the blocks in which they are turned back.
    template <class F>
    void each_result_tile(const MatmulCommand& c, std::uint32_t n, F&& f) const {
        const auto width = static_cast<std::uint32_t>(cols_);
        const std::uint32_t columns = n + 1 == c.n_tiles ? c.n_last : width;
        const std::uint32_t step = dataflow_ == Dataflow::input_stationary ? width : c.m;
        for (std::uint32_t first = 0; first < c.m; first += step)
            f(first, ResultTile{0, 0, std::min(step, c.m - first), columns});
    }
    Cycle decode_latency() const { return around_.codec.at_array_edge() ? around_.codec.latency() : 0; }
    // The decoders of an edge take values that enter the array in [from, to), if they stand there.
    void decodes(CodecLane lane, Cycle from, Cycle to) {
        if (around_.codec.at_array_edge() || around_.codec.in_every_pe())
            around_.codec.occupy(lane, from - decode_latency(), to - decode_latency());
    }

    ArraySurroundings around_;
    WriteBack write_back_;
    Timeline& timeline_;
    SpanBooks span_;
    Cycle rows_, cols_;
    Dataflow dataflow_;
    // The command at the array.
    MatmulCommand command_;
    OperationId operation_ = 0;
    Cycle taken_ = 0;
    sc_core::sc_event arrived_;

  private:
    void count() const;
    std::uint64_t chains() const;

    ArrayFormats formats_;
    bool occupied_ = false;
    Cycle free_from_ = 0;
    const char* waits_for_ = nullptr;
    std::uint32_t waits_for_sequence_ = 0;
    sc_core::sc_event settled_;
};

}  // namespace octet
