// Cost tables from YAML: the schema of docs/costs.md.
#pragma once
#include <string>

#include "sim/config/diagnostics.h"
#include "sim/config/node.h"
#include "sim/cost/table.h"

namespace octet {

// The table that a tree of kind `costs` describes (`extends` already resolved). Every error goes to `errors`,
// with its place; the table is usable if none was added.
CostTable read_costs(const Node& root, const std::string& path, Diagnostics& errors);

// The file of the table that is taken if none is named: the shipped one, or the one in the folder `costs`
// beside the folder of `beside`.
std::string default_cost_table(const std::string& beside);

}  // namespace octet
