// The phase of a model's life that a run simulates: key `phase` of an experiment.
#pragma once
#include <cstdint>

namespace octet {

struct Phase {
    std::uint64_t batch = 1;       // samples
    std::uint64_t sequence = 128;  // tokens of a sample
    bool operator==(const Phase&) const = default;
};

}  // namespace octet
