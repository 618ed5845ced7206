// The graph that an ONNX import makes: tensors in the forms that operations take, by the way that costs
// least.
#pragma once
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "sim/workload/graph.h"
#include "sim/workload/import/onnx_value.h"

namespace octet {

// `batch` matrices of rows x cols.
struct Form {
    std::uint64_t batch = 1, rows = 1, cols = 1;
};
Form flat_form(const Dims& dims);  // one matrix whose rows are the last dimension

class OnnxTensors {
  public:
    // Tensor `id` holds a value row by row, its columns being the last dimension.
    TensorId rows(const OnnxValue& value);
    // ... in just this form.
    TensorId formed(const OnnxValue& value, const Form& form);
    // Whether a value of the machine lies so already.
    bool lies(const OnnxValue& value, const Form& form) const;

    // An operation over all of a form, or of other numbers; the output has its (unique) name.
    TensorId append(Operation operation, const std::string& name, const Form& output);
    Operation over(OperationKind kind, std::vector<TensorId> inputs, const Form& form) const;

    TensorId input(const std::string& name, const Form& form);
    // An input that is made outside of the machine from the values of another tensor, by way of DRAM.
    TensorId carried(const std::string& name, TensorId from, const Form& form);
    void mark_output(TensorId id);

    const Tensor& operator[](TensorId id) const { return graph.tensors[id]; }
    Form form(TensorId id) const {
        return {graph.tensors[id].batch, graph.tensors[id].rows, graph.tensors[id].cols};
    }
    OnnxValue machine(TensorId id, Dims dims) const;

    Graph graph;
    std::uint64_t carried_tensors = 0, carried_values = 0;  // through DRAM to lie otherwise

  private:
    std::string unique(const std::string& name);
    std::optional<TensorId> copied_rows(const OnnxValue& value, const Form& form);

    std::unordered_set<std::string> names_;
    std::unordered_map<std::string, TensorId> laid_out_;  // by value, layout and form
};

}  // namespace octet
