// The table of a rope: cosines and sines of every position.
#pragma once
#include <vector>

#include "sim/workload/graph.h"

namespace octet {

// rows x columns numbers as Rotation describes them, of positions from `first` on, row by row: columns / 2 cosines, then as many sines.
std::vector<double> angle_table(const Rotation& rotation, std::uint64_t first, std::uint64_t rows,
                                std::uint64_t columns);

}  // namespace octet
