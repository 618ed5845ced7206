#pragma once
#include <string>

namespace octet {

struct VectorConfig {
    int lanes = 16;
    std::string format = "bf16";  // a name of models/formats/registry.h
    int initiation_interval = 1;  // cycles from one vector to the next
    int latency = 4;              // cycles from a vector's entry to its result
    int port_beats = 1;           // cycles a vector in `format` takes through a memory port
    int writeback_fifo = 2;       // 1: a word every second cycle
    int drain_depth = 40;         // vectors of elastic storage between array and write port
    bool residual_port = true;    // an epilogue can read a second tensor, the residual
    bool row_at_a_time = false;   // each row finishes all its passes before the next
};

}  // namespace octet
