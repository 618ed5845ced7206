// The random bits of stochastic rounding: a counter-based generator, so that a draw depends on where and when
// it is made and not on the order in which a simulator visits the elements.
//
// draw(seed, g, i) is number i of generator g: the top 16 bits of mix(mix(seed + g * 0x9e3779b97f4a7c15)
// + i * 0xd1b54a32d192ed03), all modulo 2^64, where mix is the finaliser of SplitMix64.
// Every processing element owns a generator (row * columns + column) and draws once for each
// multiply-accumulate.
#pragma once
#include <cstdint>

#include "models/formats/rounding.h"

namespace octet {

inline std::uint64_t mix(std::uint64_t x) {
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

inline constexpr std::uint64_t draw_step = 0xd1b54a32d192ed03;  // between the states of successive draws
inline std::uint64_t first_state(std::uint64_t seed, std::uint64_t generator) {
    return mix(seed + generator * 0x9e3779b97f4a7c15);
}
inline std::uint32_t random_bits(std::uint64_t state) {
    return static_cast<std::uint32_t>(mix(state) >> (64 - stochastic_bits));
}
inline std::uint32_t draw(std::uint64_t seed, std::uint64_t generator, std::uint64_t index) {
    return random_bits(first_state(seed, generator) + index * draw_step);
}

}  // namespace octet
