#include "sim/tensors/bind.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "sim/tensors/tensor_file.h"
#include "sim/workload/tokens.h"

namespace octet {
namespace {

namespace fs = std::filesystem;

std::string shape_of(const Tensor& tensor) {
    const std::uint64_t sides[] = {tensor.batch, tensor.rows, tensor.cols};
    return shape_text(std::span(sides).subspan(tensor.batch == 1 ? 1 : 0));
}

// Sides of 1 in front do not count.
bool fits(const Tensor& tensor, std::vector<std::uint64_t> shape) {
    std::vector<std::uint64_t> wanted{tensor.batch, tensor.rows, tensor.cols};
    for (auto* sides : {&wanted, &shape})
        while (sides->size() > 1 && sides->front() == 1) sides->erase(sides->begin());
    return shape == wanted;
}

std::vector<double> numbers(const StoredTensor& stored, const Tensor& tensor, const std::string& path) {
    if (!is_float(stored.dtype))
        throw file_error(path,
                         fmt::format("tensor {} holds values of type {}; F64, F32, F16 or BF16 are allowed",
                                     in_quotes(tensor.name), name(stored.dtype)));
    if (!fits(tensor, stored.shape))
        throw file_error(path, fmt::format("tensor {} is {}, expected {}", in_quotes(tensor.name),
                                           shape_text(stored.shape), shape_of(tensor)));
    return stored.numbers();
}

// The weights of a folder or of a file by name.
class WeightFiles {
  public:
    explicit WeightFiles(const std::string& path) : path_(path) {
        std::error_code error;
        if (!fs::is_directory(path, error)) {
            file_.emplace_back(path);
            for (const auto& [name, tensor] : file_[0].tensors()) names_.insert(name);
            return;
        }
        for (const fs::directory_entry& entry : fs::directory_iterator(path, error))
            if (entry.path().extension() == ".npy") names_.insert(entry.path().stem().string());
        if (error) throw file_error(path, "the folder cannot be read: " + error.message());
    }
    const std::set<std::string>& names() const { return names_; }
    std::vector<double> read(const Tensor& tensor) const {
        if (!file_.empty()) return numbers(file_[0].tensors().at(tensor.name), tensor, path_);
        const std::string path = (fs::path(path_) / (tensor.name + ".npy")).string();
        return numbers(NpyFile(path).tensor(), tensor, path);
    }

  private:
    std::string path_;
    std::vector<SafetensorsFile> file_;
    std::set<std::string> names_;
};

void bind_weights(const Graph& graph, const std::string& path, Sources& sources) {
    const WeightFiles files(path);
    std::vector<std::string> missing;
    std::set<std::string> unused = files.names();
    for (TensorId id = 0; id < graph.tensors.size(); ++id) {
        const Tensor& tensor = graph.tensors[id];
        if (tensor.role != TensorRole::weight) continue;
        if (unused.erase(tensor.name) == 0)
            missing.push_back(tensor.name);
        else
            sources.tensors[id] = files.read(tensor);
    }
    sources.unused.assign(unused.begin(), unused.end());
    if (missing.empty()) return;
    std::string text = fmt::format("{} of the workload's weights are not there: ", missing.size());
    for (std::size_t i = 0; i < std::min<std::size_t>(missing.size(), 5); ++i)
        text += fmt::format("{}{}", i == 0 ? "" : ", ", in_quotes(missing[i]));
    if (missing.size() > 5) text += ", ...";
    const std::vector<std::string_view> near(sources.unused.begin(), sources.unused.end());
    throw file_error(path, text + did_you_mean(missing[0], near));
}

// What the look-ups of a graph ask for: tokens of an id below `vocabulary`, that of the smallest table.
struct LookUps {
    std::uint64_t count = 0, vocabulary = 0;
    std::string text;  // of the expected shape
};

LookUps look_ups(const Graph& graph) {
    LookUps all;
    std::uint64_t operations = 0;
    for (const Operation& operation : graph.operations) {
        if (operation.kind != OperationKind::embedding) continue;
        const std::uint64_t rows = graph.tensors[operation.inputs[0]].rows;
        all.vocabulary = all.count == 0 ? rows : std::min(all.vocabulary, rows);
        all.count += operation.batch * operation.m;
        all.text = ++operations == 1 ? fmt::format("{} samples of {}", operation.batch, operation.m)
                                     : fmt::format("{}", all.count);
    }
    return all;
}

std::vector<std::uint64_t> bind_tokens(const LookUps& wanted, const std::string& path) {
    const NpyFile file(path);
    const StoredTensor& stored = file.tensor();
    if (is_float(stored.dtype) || stored.elements() != wanted.count)
        throw file_error(path, fmt::format("{} values of type {}; expected {} whole numbers",
                                           stored.elements(), name(stored.dtype), wanted.text));
    std::vector<std::uint64_t> tokens;
    for (std::uint64_t i = 0; i < wanted.count; ++i) {
        const double id = stored.at(i);
        if (!(id >= 0 && id < static_cast<double>(wanted.vocabulary)))
            throw file_error(path, fmt::format("token {} is {}; ids from 0 to {} are known", i, id,
                                               wanted.vocabulary - 1));
        tokens.push_back(static_cast<std::uint64_t>(id));
    }
    return tokens;
}

}  // namespace

Sources bind_sources(const Graph& graph, const InputsConfig& inputs, std::uint64_t seed, unsigned threads) {
    Sources sources;
    sources.tensors = synthetic_tensors(graph, inputs.synthetic.value_or(SyntheticInputs{}), seed, threads);
    if (!inputs.weights.empty()) bind_weights(graph, inputs.weights, sources);
    if (!inputs.activations.empty()) {
        const TensorId first = graph.operations.front().inputs.front();
        const Tensor& tensor = graph.tensors[first];
        if (tensor.role != TensorRole::input)
            throw file_error(inputs.activations,
                             fmt::format("the first operation reads {}, a {}, no activations",
                                         in_quotes(tensor.name), name(tensor.role)));
        sources.tensors[first] = numbers(NpyFile(inputs.activations).tensor(), tensor, inputs.activations);
    }
    const LookUps wanted = look_ups(graph);
    if (!inputs.tokens.empty() && wanted.count > 0)
        sources.tokens = bind_tokens(wanted, inputs.tokens);
    else
        for (std::uint64_t i = 0; i < wanted.count; ++i)
            sources.tokens.push_back(synthetic_token(seed, i, wanted.vocabulary));
    if (!inputs.tokens.empty() && sources.tokens.empty())
        throw file_error(inputs.tokens, "no operation of the workload looks up tokens");
    return sources;
}

}  // namespace octet
