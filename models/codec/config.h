#pragma once
#include <cstdint>

namespace octet {

enum class CodecPlacement : std::uint8_t { edge, per_pe, sram_port };

struct CodecConfig {
    CodecPlacement placement = CodecPlacement::edge;
    int latency = 1;  // cycles of one conversion; one value a cycle and lane
};

}  // namespace octet
