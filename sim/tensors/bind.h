// The source tensors of a graph from files: key `inputs` of an experiment.
#pragma once
#include <cstdint>
#include <map>
#include <vector>

#include "models/formats/format.h"
#include "sim/config/experiment.h"
#include "sim/tensors/synthetic.h"
#include "sim/tensors/targets.h"

namespace octet {

// A tensor of a format with block scales that was given as codes, row by row.
struct BlockCodes {
    std::vector<Code> codes;
    std::vector<Code> scales;
};

struct Sources {
    SourceTensors tensors;
    std::map<TensorId, BlockCodes> codes;  // of some of them: what they are numbers of
    std::vector<std::uint64_t> tokens;  // ids of embeddings, one look-up and in it a sample after the other
    std::vector<TensorId> unscaled;     // tensors of integers whose scale is 1: they were given as codes
    std::vector<std::string> unused;    // names in the files that the graph does not ask for
    std::optional<Targets> targets{};    // what the outputs should have been
};

// `weights`: every weight of the graph, under its names or those of checkpoints (checkpoint.h).
// `activations`: the first input of the first operation. `tokens`: whole numbers below the vocabulary,
// samples x tokens. `labels`: targets.h. What is not given is synthetic; masks are 0. Throws InputError that
// names the file and what is missing or does not fit.
Sources bind_sources(const Graph& graph, const InputsConfig& inputs, std::uint64_t seed, unsigned threads);

}  // namespace octet
