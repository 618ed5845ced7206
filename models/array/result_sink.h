// Where the array's results go: what the array asks of the vector unit.
#pragma once
#include <optional>
#include <systemc>

#include "models/types.h"

namespace octet {

// The results of a last pass: `vectors` vectors with `columns` values, one a cycle from cycle `first` on.
struct ResultTile {
    OperationId operation = 0;
    Cycle first = 0;
    std::uint32_t vectors = 0, columns = 0;
};

// How long the array is held because results cannot leave it, by reason.
struct ResultHold {
    Cycle bank_conflict = 0, vector_unit = 0, write_port = 0;
    Cycle cycles() const { return bank_conflict + vector_unit + write_port; }
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
