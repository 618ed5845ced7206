// An ONNX graph to a trace: the operators of transformers as operations of the machine, reshapes and
// transpositions as other readings of the same values wherever operations take them so.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "sim/workload/graph.h"
#include "sim/workload/import/onnx_model.h"

namespace octet {

struct OnnxOptions {
    std::string name;                           // of the graph
    std::map<std::string, std::uint64_t> dims{};  // open sides of inputs
    bool approximate = false;  // an unknown operator is a pass over its values instead of an error
};

struct OnnxImport {
    Graph graph;                     // sound
    std::vector<std::string> notes;  // what was approximated, carried through DRAM or left to the host
};

// Throws InputError, naming file and node, with every operator that is not known.
OnnxImport import_onnx(OnnxModel model, const OnnxOptions& options, const std::string& file);

}  // namespace octet
