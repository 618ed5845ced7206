// Scales of tensors, and what is done to values before they are scaled (docs/techniques.md).
#pragma once
#include <span>
#include <vector>

#include "models/accelerator/config.h"
#include "models/formats/registry.h"
#include "sim/config/calibration.h"
#include "sim/tensors/synthetic.h"
#include "sim/workload/graph.h"

namespace octet {

// One for each tensor; 1 around 0 where its format has none. Activations are evaluated in double precision.
// Throws InputError that names the file and the line if config.file is at fault.
std::vector<TensorScale> calibrate(const Graph& graph, const SourceTensors& sources,
                                   std::span<const std::uint64_t> tokens, const AcceleratorConfig& machine,
                                   unsigned threads, const CalibrationConfig& config = {});

// SmoothQuant (Xiao et al. 2023): where the results of a norm go to products alone, its column j is divided
// by max |column j|^strength / max |row j of their weights|^(1 - strength), and that row multiplied by it.
// Returns how many norms there are.
std::size_t smooth(const Graph& graph, SourceTensors& sources, std::span<const std::uint64_t> tokens,
                   double strength, unsigned threads);

}  // namespace octet
