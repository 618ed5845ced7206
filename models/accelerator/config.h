#pragma once
#include <cstdint>
#include <string>

#include "models/array/config.h"
#include "models/codec/config.h"
#include "models/memory/config.h"
#include "models/softmax/config.h"
#include "models/vector/config.h"

namespace octet {

enum class FusionLevel : std::uint8_t { none, scaling, activation, layernorm, residual };  // cumulative
enum class Matvec : std::uint8_t { array, vector };

// One machine, every key resolved (no `auto` left).
struct AcceleratorConfig {
    std::string name;
    double clock_mhz = 200;
    ArrayConfig array;
    PeConfig pe;
    CodecConfig codec;
    BufferConfig buffers;
    VectorConfig vector;
    SoftmaxConfig softmax;
    FusionLevel fusion = FusionLevel::residual;
    Matvec matvec = Matvec::array;
    DmaConfig dma;
    SramConfig sram;
    DramConfig dram;
};

}  // namespace octet
