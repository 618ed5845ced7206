// The conversion of an ONNX graph, node by node. Part of onnx.cpp.
#pragma once
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/config/diagnostics.h"
#include "sim/workload/import/onnx.h"
#include "sim/workload/import/onnx_tensors.h"
#include "sim/workload/import/onnx_value.h"

namespace octet {

class OnnxConverter {
  public:
    OnnxConverter(OnnxModel model, const OnnxOptions& options, const std::string& file);
    OnnxImport run();

  private:
    using Inputs = std::vector<const OnnxValue*>;

    // What is wrong with the node at hand.
    [[noreturn]] static void refuse(const std::string& reason);
    Location where() const { return location_in(file_); }
    static std::string title(const OnnxNode& node);

    void constants();
    void inputs();
    std::uint64_t side(const OnnxInput& input, std::size_t i);
    void convert(const OnnxNode& node);
    OnnxValue result_of(const OnnxNode& node, const Inputs& in);
    void put(const OnnxNode& node, std::size_t output, OnnxValue value);

    // Attributes and operands.
    static std::int64_t integer(const OnnxNode& node, const char* name, std::int64_t usual);
    static double number(const OnnxNode& node, const char* name, double usual);
    std::vector<std::int64_t> integers(const OnnxNode& node, const char* name, const Inputs& in,
                                       std::size_t input) const;
    static std::size_t axis(std::int64_t written, std::size_t rank);
    static std::optional<double> scalar(const OnnxValue& value);
    static bool has(const Inputs& in, std::size_t i) { return i < in.size() && in[i] != nullptr; }

    // Other readings of the same values (onnx_views.cpp); nothing if the kind is no such.
    std::optional<OnnxValue> view(const OnnxNode& node, const Inputs& in);
    OnnxValue reshaped_to(const OnnxValue& value, Dims dims);
    OnnxValue with(const OnnxValue& value, Strided layout) const;
    Dims target_shape(const OnnxNode& node, const OnnxValue& value, const OnnxValue& shape) const;
    void split(const OnnxNode& node, const Inputs& in);
    std::optional<OnnxValue> concatenated(const OnnxNode& node, const Inputs& in);

    // Products (onnx_products.cpp).
    struct Operand {
        TensorId tensor = no_tensor;
        std::uint64_t blocks = 0;
        bool transposed = false;
    };
    OnnxValue product(const OnnxNode& node, const Inputs& in);
    OnnxValue dense(const std::string& name, const OnnxValue& a, const OnnxValue& b, const OnnxValue* bias);
    OnnxValue batched(const std::string& name, OnnxValue a, OnnxValue b);
    std::optional<Operand> fit(const OnnxValue& value, const Dims& lead, std::uint64_t heads, bool may_turn,
                               bool may_share) const;
    OnnxValue convolution(const OnnxNode& node, const Inputs& in);
    const OnnxNode* split_of(const std::string& output) const;

    // Passes of the vector unit.
    OnnxValue pass(const std::string& name, OperationKind kind, const OnnxValue& x, double factor = 1);
    OnnxValue pair(const std::string& name, OperationKind kind, const OnnxValue& x, const OnnxValue& y);
    OnnxValue sum(const OnnxNode& node, const OnnxValue& x, const OnnxValue& y);
    OnnxValue masked(const std::string& name, const OnnxValue& x, OnnxValue mask);
    OnnxValue norm(const OnnxNode& node, OperationKind kind, const Inputs& in);
    OnnxValue lookup(const OnnxNode& node, const Inputs& in);
    std::optional<OnnxValue> operation(const OnnxNode& node, const Inputs& in);
    OnnxValue approximated(const OnnxNode& node, const Inputs& in);

    OnnxModel model_;
    const OnnxOptions& options_;
    const std::string& file_;
    OnnxTensors tensors_;
    std::unordered_map<std::string, OnnxValue> values_;
    std::unordered_map<std::string, std::vector<const OnnxNode*>> users_;
    std::unordered_map<std::string, std::vector<OnnxValue>> parts_;  // of products that are split
    Diagnostics unknown_;                                            // operators
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> approximations_;  // kind: nodes, values
    std::uint64_t on_host_ = 0;                                                      // nodes
    std::uint64_t kept_ = 0;                                                         // values of the host
};

}  // namespace octet
