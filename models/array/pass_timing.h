// When passes may follow each other in the weight-stationary array: pure rules (docs/hardware/array.md).
#pragma once
#include <algorithm>

#include "models/array/config.h"
#include "models/types.h"

namespace octet {

// A pass with its first vector in cycle t and `vectors` of them.
struct PassTiming {
    Cycle rows, cols, latency;
    bool double_buffered, overlap;

    explicit PassTiming(const ArrayConfig& c)
        : rows(static_cast<Cycle>(c.rows)),
          cols(static_cast<Cycle>(c.cols)),
          latency(static_cast<Cycle>(c.pe_latency)),
          double_buffered(c.double_buffered_weights),
          overlap(c.overlap_passes) {}

    // Weights enter in [t - rows, t).
    Cycle weight_load() const { return rows; }
    // The last sum can be read from cycle t + vectors + drain() on.
    Cycle drain() const { return rows * latency + cols - 2; }
    // Result vector 0 is complete, all columns and the adder below them passed, in cycle t + result().
    Cycle result() const { return rows * latency + cols; }
    // The next pass starts no earlier than t + spacing().
    Cycle spacing(Cycle vectors) const {
        if (!overlap) return vectors + drain() + rows;
        // Row i of a shadow is free i * latency after the start; the next tile reaches it 2 i cycles after it
        // entered.
        const Cycle load = rows + (latency > 2 ? (latency - 2) * (rows - 1) : 0);
        return double_buffered ? std::max(vectors, load) : vectors + load;
    }
};

}  // namespace octet
