// What a name of an ONNX graph stands for while the graph is converted.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "sim/workload/graph.h"
#include "sim/workload/import/strided.h"

namespace octet {

struct OnnxValue {
    enum class Kind : std::uint8_t {
        host,    // of token ids, masks and shapes: the host has it before the run
        weight,  // of parameters, laid out as wanted before the run
        machine  // made by the machine, or an input of it
    };
    Kind kind = Kind::host;
    bool floating = false;
    bool constant = true;  // host: known before any input is
    Strided layout;        // over the values of `tensor`, of the weight's, or of `values`
    std::optional<std::vector<double>> values{};  // host, if there are few
    std::string source{};                         // weight: whose values; host: its name
    Dims whole{};                                 // weight: the shape of all of these
    TensorId tensor = no_tensor;                  // machine

    const Dims& dims() const { return layout.dims; }
    std::uint64_t elements() const { return elements_of(layout.dims); }
    // The values in the order of the layout, if they are known.
    std::optional<std::vector<double>> flat() const;
};

OnnxValue host_value(Dims dims, std::optional<std::vector<double>> values, bool floating, bool constant);

// An operation between values of the host, with values if it has them: arithmetic, comparisons, Where, Range,
// reductions, whole shapes of others. Nothing if the kind is not known. Throws std::invalid_argument with the
// reason if operands do not fit.
struct OnnxNode;
std::optional<OnnxValue> on_host(const OnnxNode& node, const std::vector<const OnnxValue*>& inputs);

}  // namespace octet
