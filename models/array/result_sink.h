// Where the array's results go: what the array asks of the vector unit.
#pragma once
#include <optional>
#include <span>
#include <systemc>

#include "models/activity.h"
#include "models/array/result_room.h"

namespace octet {

// The results of a last pass: `vectors` vectors with `columns` values, from cycle `first` on, one every
// `interval` cycles.
struct ResultTile {
    OperationId operation = 0;
    Cycle first = 0;
    std::uint32_t vectors = 0, columns = 0;
    Cycle interval = 1;
};

// From when on each result of a tile can leave the array, if some have to wait; and why: up to `conflicts`
// cycles because of banks, further ones up to `late` because the unit was busy, the rest because of `pace`.
struct ResultHold {
    std::span<const ResultRoom> rooms;  // valid until the next tile
    Cycle conflicts = 0, late = 0;
    StallCause pace = StallCause::vector_unit;
};

class ResultSink : public virtual sc_core::sc_interface {
  public:
    // The cycle in which the epilogue of this sequence number was accepted, if it was.
    virtual std::optional<Cycle> accepted(std::uint32_t sequence) const = 0;
    virtual const sc_core::sc_event& acceptance() const = 0;
    // The next tile of an accepted epilogue.
    virtual ResultHold take(std::uint32_t sequence, const ResultTile& tile) = 0;
};

}  // namespace octet
