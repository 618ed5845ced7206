#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "models/accelerator/tensor_formats.h"
#include "models/array/config.h"
#include "models/codec/config.h"
#include "models/memory/config.h"
#include "models/softmax/config.h"
#include "models/vector/config.h"

namespace octet {

enum class FusionLevel : std::uint8_t { none, scaling, activation, layernorm, residual };  // cumulative
enum class Matvec : std::uint8_t { array, vector };
enum class RowTiles : std::uint8_t { best, largest };  // of a product's rows

struct ControllerConfig {
    bool overlap_operations =
        true;  // false: an operation starts when the one before has written all its results
};

// One machine, every key resolved (no `auto` left).
struct AcceleratorConfig {
    std::string name;
    double clock_mhz = 200;
    ControllerConfig controller;
    ArrayConfig array;
    PeConfig pe;
    CodecConfig codec;
    BufferConfig buffers;
    VectorConfig vector;
    SoftmaxConfig softmax;
    FusionLevel fusion = FusionLevel::residual;
    Matvec matvec = Matvec::array;
    RowTiles row_tiles = RowTiles::best;
    DmaConfig dma;
    SramConfig sram;
    DramConfig dram;
    TensorFormats formats;                // beside pe.storage
    std::optional<IdealDramConfig> host;  // the link to the host's memory
};

}  // namespace octet
