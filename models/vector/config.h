#pragma once
#include <cstdint>
#include <string>

namespace octet {

// How a function is computed: rounded once from its exact value (LayerNorm: step by step), or in integers.
enum class VectorFunctionUnit : std::uint8_t { exact, ibert };

struct VectorConfig {
    int lanes = 16;
    std::string format = "bf16";  // a name of models/formats/registry.h
    VectorFunctionUnit gelu = VectorFunctionUnit::exact, layernorm = VectorFunctionUnit::exact;
    int initiation_interval = 1;  // cycles from one vector to the next
    int latency = 4;              // cycles from a vector's entry to its result
    int reduce_latency = 0;  // cycles from the last vector's result to the result of its row in the scratch
    int port_beats = 1;      // cycles a vector in `format` takes through a memory port
    int writeback_fifo = 2;  // words below the array; 1: takes one every second cycle
    int drain_depth = 40;    // vectors of elastic storage between array and write port
    bool residual_port = true;   // an epilogue can read a second tensor, the residual
    bool row_at_a_time = false;  // each row finishes all its passes before the next

    // Cycles between results that leave the array at least: a FIFO of one word has to be emptied before it
    // takes the next.
    int write_back() const { return writeback_fifo == 1 ? 2 : 1; }
};

}  // namespace octet
