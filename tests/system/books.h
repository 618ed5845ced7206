// What every result document must hold, computed again from the document alone (docs/result.md).
#pragma once
#include <nlohmann/json.hpp>

namespace octet::test {

// Cycles, energies, areas, utilization and times of a run add up and follow from one another; fails the test
// otherwise.
void expect_balanced_books(const nlohmann::json& result);

}  // namespace octet::test
