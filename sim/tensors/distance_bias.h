// Biases of scores by distance, which the host makes of a table (models/arithmetic/distances.h).
#pragma once
#include "sim/tensors/synthetic.h"

namespace octet {

// Fills every bias with the numbers of its table: in matrix h of each sample the element of query i and key j
// is what row h of the table has for their distance. Padding is not in it.
void fill_distance_biases(const Graph& graph, SourceTensors& tensors);

}  // namespace octet
