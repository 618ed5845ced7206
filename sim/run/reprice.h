// Other prices for a run that has been simulated.
#pragma once
#include "sim/cost/table.h"
#include "sim/run/stored_result.h"

namespace octet {

// The document that a run with this table would have written: energies, areas, the prices behind them and the
// metrics that follow from them are new, all else stays. Throws CostError if a price is missing.
nlohmann::ordered_json reprice(const StoredResult& result, const CostTable& table);

}  // namespace octet
