// Softmax unit: exponential and reciprocal as stages of the vector pipeline (docs/hardware/softmax.md).
//
// Timing: none of its own; it is busy in the cycles of the vector commands that use it.
// Counts: softmax_exp and softmax_reciprocal, named by the stages of the vector program.
#pragma once
#include <systemc>

#include "models/ledger.h"
#include "models/softmax/config.h"

namespace octet {

class SoftmaxStages : public sc_core::sc_module {
  public:
    SoftmaxStages(const sc_core::sc_module_name& name, const SoftmaxConfig&, Ledger& ledger)
        : sc_module(name), timeline_(ledger.unit(Unit::softmax)) {}

    void occupy(Cycle from, Cycle to, OperationId operation) { timeline_.busy(from, to, operation); }

  private:
    Timeline& timeline_;
};

}  // namespace octet
