// dynamic8, dynamic8_unsigned: the dynamic tree of Dettmers et al. 2022 (8-bit optimizers by block-wise
// quantization), for states. Its magnitudes are dense near 0: decade i of seven (0 the lowest) holds 2^i of
// them (unsigned: twice as many), in the middles of as many equal parts of 0.1 to 1 times 10^(i - 6); beside
// them 0 and 1. Codes rise with the values: signed ones have 127 below 0 (no -1), unsigned ones begin at 0.
// Blocks of 2048 share an fp32 scale, their largest magnitude.
#pragma once
#include <array>

#include "models/formats/codebook.h"

namespace octet {

template <bool Signed>
constexpr std::array<float, 256> dynamic_tree() {
    std::array<float, 256> values{};
    std::size_t next = Signed ? 128 : 1;  // behind 0
    double decade = 1e-6;
    for (int i = 0; i < 7; ++i, decade *= 10) {
        const int parts = (Signed ? 1 : 2) << i;
        for (int j = 0; j < parts; ++j)
            values[next++] = static_cast<float>(decade * (0.1 + 0.9 * (j + 0.5) / parts));
    }
    values[next] = 1;
    if (Signed)
        for (std::size_t i = 0; i < 127; ++i) values[i] = -values[254 - i];
    return values;
}

template <bool Signed>
struct DynamicTreeValues {
    static constexpr std::array<float, 256> values = dynamic_tree<Signed>();
    static constexpr Code zero = Signed ? 127 : 0, nan = zero;
};
template <bool Signed>
using DynamicTree = BlockCodebook<DynamicTreeValues<Signed>, 8, 2048>;

struct Dynamic8 : DynamicTree<true> {
    static constexpr std::string_view name = "dynamic8";
};
struct Dynamic8Unsigned : DynamicTree<false> {
    static constexpr std::string_view name = "dynamic8_unsigned";
};

}  // namespace octet
