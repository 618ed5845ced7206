// Prices times a factor, for what no row can say by itself: an activity, or a size that was fitted.
#pragma once
#include "sim/config/diagnostics.h"
#include "sim/config/node.h"
#include "sim/cost/table.h"

namespace octet {

// Multiplies the quantities of every row that prices nothing but the adjustment's components (and, if it
// names some, actions); the quantities that change take the adjustment's confidence and uncertainty, the
// sources say by what and why. `list` is where the adjustments were written: one that no row answers, that
// half a row answers, or that changes nothing is an error there.
void adjust(CostTable& table, const Node& list, Diagnostics& errors);

}  // namespace octet
