// How many vectors a client moves through its port of the SRAM at once: a pure rule (docs/hardware/sram.md).
#pragma once
#include "models/memory/config.h"
#include "models/types.h"

namespace octet {

// Two vectors of `bytes` bytes, or as many as fill a word if they lie side by side; one where two are more
// than half of what all banks and ports can give in a cycle.
inline std::uint32_t vectors_at_once(const SramConfig& sram, std::uint64_t bytes, bool apart) {
    const auto word = static_cast<std::uint64_t>(sram.width_bits) / 8;
    if (!apart && word / bytes >= 2) return static_cast<std::uint32_t>(word / bytes);
    const std::uint64_t words = apart ? 2 * ceil_div(bytes, word) : ceil_div(2 * bytes, word);
    return 2 * words <= static_cast<std::uint64_t>(sram.banks) * static_cast<std::uint64_t>(sram.ports) ? 2
                                                                                                        : 1;
}

}  // namespace octet
