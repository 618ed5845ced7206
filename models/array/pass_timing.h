// When passes may follow each other in the array: pure rules (docs/hardware/array.md).
//
// A pass issues for so many cycles: weight and input stationary a vector a cycle, output stationary a step of
// the reduction every `latency` cycles. An output-stationary pass is a part of a fold, the last one ends it.
#pragma once
#include <algorithm>

#include "models/array/config.h"
#include "models/types.h"

namespace octet {

// A pass that issues in [t, t + issue).
struct PassTiming {
    Cycle rows, cols, latency;
    bool double_buffered, overlap, sums_stay;

    explicit PassTiming(const ArrayConfig& c)
        : rows(static_cast<Cycle>(c.rows)),
          cols(static_cast<Cycle>(c.cols)),
          latency(static_cast<Cycle>(c.pe_latency)),
          double_buffered(c.double_buffered_weights),
          overlap(c.overlap_passes),
          sums_stay(c.dataflow == Dataflow::output_stationary) {}

    // So many vectors, or steps of the reduction.
    Cycle issue(Cycle vectors, Cycle steps) const { return sums_stay ? steps * latency : vectors; }
    // Weights enter in [t - weight_load(), t).
    Cycle weight_load() const { return sums_stay ? 0 : rows; }
    // Array cycles of a command end so many cycles after its last vector: when its last sum can be read. Sums
    // that stay are read where they stand, or with overlap below the array.
    Cycle drain() const {
        if (sums_stay) return multiplied() + (overlap ? rows : 0);
        return rows * latency + cols - 2;
    }
    // Sums that stay are complete so many cycles after the last step, and leave then, a row a cycle.
    Cycle multiplied() const { return rows + cols - 2; }
    // So many cycles after the last vector of a pass with results the array is empty.
    Cycle empty() const { return sums_stay ? multiplied() + rows : drain(); }
    // Result vector 0 is complete, all columns and what is below them passed, in cycle t + result().
    Cycle result(Cycle issue) const { return sums_stay ? issue + rows + cols : rows * latency + cols; }
    // The next pass starts no earlier than t + spacing(). `last`: of its reduction.
    Cycle spacing(Cycle issue, bool last) const {
        if (sums_stay) return issue + (last ? multiplied() : 0);
        if (!overlap) return issue + drain() + rows;
        // Row i of a shadow is free i * latency after the start; the next tile reaches it 2 i cycles after it
        // entered.
        const Cycle load = rows + (latency > 2 ? (latency - 2) * (rows - 1) : 0);
        return double_buffered ? std::max(issue, load) : issue + load;
    }
};

}  // namespace octet
