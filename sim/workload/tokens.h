// The token ids of a run without tokens: a hash of seed and position, modulo the vocabulary.
#pragma once
#include <cstdint>

namespace octet {

// The finaliser of SplitMix64.
constexpr std::uint64_t scatter(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31U);
}

// Of token `position`, counted over all samples.
constexpr std::uint64_t synthetic_token(std::uint64_t seed, std::uint64_t position,
                                        std::uint64_t vocabulary) {
    return scatter(seed ^ (position << 20U)) % vocabulary;
}

}  // namespace octet
