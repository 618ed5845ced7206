// Fill engine of the input or of the weight buffer (docs/hardware/buffers.md).
//
// Timing: the port takes two vectors (of R values, or rows of C values) a cycle from SRAM, or those of a word
// at once and then as many cycles as it needs for them at two a cycle; one vector where two are more than
// half of what the SRAM can give in a cycle. A slab or tile is complete `sram.latency` + 1 cycles after the
// grant of its last vector, transposed tiles R cycles later, values decoded on the way `codec.latency` later.
// Scales come before the values, every run of them in beats of its own. The next fill can start in the cycle
// after the last vector. Counts: input_buffer_write_bits or
// weight_buffer_write_bits, transpose, decode (placement sram_port), sram_read_bits.
#pragma once
#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "models/array/array_values.h"
#include "models/array/config.h"
#include "models/codec/codec_bank.h"
#include "models/memory/sram.h"
#include "models/scoreboard.h"

namespace octet {

struct FillShape {
    Engine engine = Engine::input_fill;
    std::array<std::uint32_t, max_formats> storage_bits{8, 8, 8, 8};  // of one value in SRAM, by slot
    std::array<std::uint32_t, max_formats> buffer_bits{8, 8, 8, 8};   // of one value in the buffer
    std::array<bool, max_formats> keeps_scales{true, true, true, true};  // beside its values, by slot
    std::uint32_t transpose_cycles = 0;
};

class FillEngine : public sc_core::sc_module {
  public:
    FillEngine(const sc_core::sc_module_name& name, const FillShape& shape, Sram& sram, CodecBank& codec,
               Ledger& ledger, Scoreboard& scoreboard);

    Cycle free_from() const { return free_from_; }
    void start(const FillCommand& command, OperationId operation);  // in the present cycle

    // When slab or tile `index` of the fill of this sequence number is complete, if the fill has started. 0:
    // long ago.
    std::optional<Cycle> complete(std::uint32_t sequence, std::uint32_t index) const;
    const sc_core::sc_event& started() const { return started_; }
    // From now on codes move as well.
    void attach(ArrayValues* values) { values_ = values; }

  private:
    struct Fill {
        std::uint64_t first_slab = 0;  // index into slabs_, counted from the start of the run
        Cycle complete = 0;
    };
    SramClient client() const;
    // Reads the scales; the cycle from which on values can be read.
    Cycle fetch_scales(const ScalePlane& scales, std::uint64_t width, Cycle from);
    void record(const FillCommand& command, const VectorStrips& strips, Cycle delay);

    FillShape shape_;
    Sram& sram_;
    CodecBank& codec_;
    Ledger& ledger_;
    Scoreboard& scoreboard_;
    Cycle free_from_ = 0;
    std::uint64_t group_ = 1;       // vectors that the latest fill takes at once
    std::uint32_t interval_ = 1;    // and the cycles it needs for them
    std::uint32_t past_fills_ = 0;  // forgotten ones
    std::uint64_t past_slabs_ = 0;
    std::deque<Fill> fills_;
    std::deque<Cycle> slabs_;
    sc_core::sc_event started_;
    ArrayValues* values_ = nullptr;
    std::vector<AccessStream> streams_;
    std::vector<GrantRun> runs_;
};

}  // namespace octet
