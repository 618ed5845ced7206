// What the array cycles of an operation hold beyond their closed form (docs/hardware/array.md): waits of its
// passes after the first, and cycles in which the array stood still in between.
#pragma once
#include <vector>

#include "models/array/pass_timing.h"
#include "models/ledger.h"

namespace octet {

class SpanBooks {
  public:
    SpanBooks(const ArrayConfig& config, Ledger& ledger)
        : ledger_(ledger), next_(PassTiming(config).weight_load()), begun_(ledger.operations()) {}

    // A pass has started in array cycle t, after it had waited so long for `cause` and before that for its
    // command.
    // The next one can start `spacing` cycles later.
    void started(OperationId operation, Cycle t, Cycle spacing, Cycle waited, StallCause cause) {
        if (begun_[operation]) {
            ledger_.held_array(operation, StallCause::dependency, t - next_ - waited);
            ledger_.held_array(operation, cause, waited);
        }
        begun_[operation] = true;
        next_ = t + spacing;
    }
    // A command has come to its last sum. Returns from when on standstills are its operation's: its first
    // weight, or the last sum of the command before if that was the operation's too.
    Cycle close(OperationId operation, Cycle first_weight, Cycle last_sum) {
        const Cycle from = closed_ && operation == last_ ? *closed_ : first_weight;
        last_ = operation;
        closed_ = last_sum;
        return from;
    }

  private:
    Ledger& ledger_;
    Cycle next_;  // no pass starts before
    std::vector<bool> begun_;
    std::optional<Cycle> closed_;
    OperationId last_ = 0;
};

}  // namespace octet
