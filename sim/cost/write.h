// Cost tables back to text: YAML and CSV. What is written is what prices are looked up in: adjustments and
// scaling have been applied, and a row whose quantities are known in different ways becomes a row for each.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "sim/config/node.h"
#include "sim/cost/table.h"

namespace octet {

// A file of kind costs that reads as a table with the same prices.
std::string costs_yaml(const CostTable& table);

// One line a row, under a header; keys with several words or numbers have them separated by spaces. Lines of
// `component` interpolate, interpolate_area and interpolate_leakage hold the line between the points of a key
// in the column of the key. Units stand in the header.
std::string costs_csv(const CostTable& table);

// The tree of kind costs that such a CSV stands for; every value knows its line and column in it, read_costs
// checks the rest. Throws InputError with the place of what is no such CSV.
Node tree_of_csv(std::string_view text, const std::string& path);

// Rows that say one thing of all their quantities.
std::vector<CostRow> plain_rows(const CostTable& table);

}  // namespace octet
