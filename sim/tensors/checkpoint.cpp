#include "sim/tensors/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
namespace octet {
namespace {

constexpr std::size_t most_listed = 5;

// How the store names the weights; no family: as the graph does.
struct Naming {
    const Family* family = nullptr;
    std::vector<Candidate> of(const std::string& weight) const {
        return family == nullptr ? std::vector<Candidate>{{weight}} : candidates(*family, weight);
    }
    std::optional<Candidate> found(const std::string& weight, const TensorStore& store) const {
        for (Candidate& candidate : of(weight))
            if (store.has(candidate.name)) return std::move(candidate);
        return std::nullopt;
    }
};

Naming naming_of(const std::vector<const Tensor*>& weights, const TensorStore& store) {
    const auto hits = [&](const Naming& naming) {
        return std::ranges::count_if(
            weights, [&](const Tensor* t) { return naming.found(t->name, store).has_value(); });
    };
    Naming best;
    auto most = hits(best);
    for (const Family& family : families())
        if (const auto count = hits({&family}); count > most) {
            best.family = &family;
            most = count;
        }
    return best;
}

// "'layer0.attention.query.weight' (as 'h.0.attn.c_attn.weight' or 'transformer...')"
std::string both_names(const std::string& weight, const Naming& naming) {
    std::string tried;
    for (const Candidate& candidate : naming.of(weight))
        if (candidate.name != weight) tried += (tried.empty() ? "" : " or ") + in_quotes(candidate.name);
    if (tried.empty() && naming.family != nullptr)
        tried = fmt::format("which checkpoints of {} have no name for", naming.family->name);
    else if (!tried.empty())
        tried = "as " + tried;
    return in_quotes(weight) + (tried.empty() ? "" : fmt::format(" ({})", tried));
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), most_listed); ++i)
        text += (i == 0 ? "" : ", ") + names[i];
    return names.size() > most_listed ? text + ", ..." : text;
}

// Sides of 1 in front do not count.
std::vector<std::uint64_t> plain(std::vector<std::uint64_t> shape) {
    while (shape.size() > 1 && shape.front() == 1) shape.erase(shape.begin());
    return shape;
}

bool is_read(const Graph& graph, TensorId id) {
    return std::ranges::any_of(graph.operations, [&](const Operation& operation) {
        return operation.table == id || std::ranges::find(operation.inputs, id) != operation.inputs.end();
    });
}

// A checkpoint may hold the product with the vocabulary beside a table that the graph uses for both.
void check_tied(const Graph& graph, TensorStore& store, const Naming& naming) {
    if (naming.family == nullptr || !store.has(std::string(naming.family->decoder))) return;
    for (const Operation& operation : graph.operations) {
        if (graph.tensors[operation.output].role != TensorRole::logits || !operation.transpose_b) continue;
        const auto table = naming.found(graph.tensors[operation.inputs[1]].name, store);
        if (!table || table->name == naming.family->decoder) continue;
        const auto theirs = store.find(std::string(naming.family->decoder)), words = store.find(table->name);
        if (theirs.tensor.dtype == words.tensor.dtype &&
            std::ranges::equal(theirs.tensor.bytes, words.tensor.bytes))
            continue;
        throw file_error(theirs.path,
                         fmt::format("tensor {} differs from {}, but the workload's head uses that "
                                     "table of words (tied: true)",
                                     in_quotes(naming.family->decoder), in_quotes(table->name)));
    }
}

}  // namespace

std::vector<double> read_tensor(const TensorStore::Found& found, const Candidate& as, const Tensor& tensor) {
    const StoredTensor& stored = found.tensor;
    const std::string who = as.name == tensor.name ? in_quotes(as.name)
                                                   : fmt::format("{} (the workload's {})", in_quotes(as.name),
                                                                 in_quotes(tensor.name));
    if (!is_float(stored.dtype))
        throw file_error(found.path,
                         fmt::format("tensor {} holds values of type {}; F64, F32, F16 or BF16 are allowed",
                                     who, name(stored.dtype)));
    std::vector<std::uint64_t> wanted{tensor.batch, tensor.rows, tensor.cols * as.parts},
        shape = stored.shape;
    if (as.transposed) {
        wanted = {tensor.cols, tensor.rows};
        for (; shape.size() > 2; shape.pop_back()) shape[shape.size() - 2] *= shape.back();
    }
    if (plain(shape) != plain(wanted)) {
        if (wanted.size() == 3 && tensor.batch == 1) wanted.erase(wanted.begin());
        throw file_error(
            found.path,
            fmt::format("tensor {} is {}, expected {}{}{}", who, shape_text(stored.shape), shape_text(wanted),
                        as.transposed ? ", of which the workload takes the transpose" : "",
                        as.parts > 1 ? fmt::format(", {} matrices side by side", as.parts) : ""));
    }
    if (as.parts == 1 && !as.transposed) return stored.numbers();
    std::vector<double> numbers(tensor.elements());
    const std::uint64_t rows = tensor.rows, cols = tensor.cols;
    // Of a convolution: channels x frames there, frames side by side here.
    const std::uint64_t frames = as.transposed && stored.shape.size() == 3 ? stored.shape[2] : 1,
                        channels = rows / frames;
    for (std::uint64_t r = 0; r < rows; ++r)
        for (std::uint64_t c = 0; c < cols; ++c)
            numbers[r * cols + c] = stored.at(as.transposed ? c * rows + r % channels * frames + r / channels
                                                            : (r * as.parts + as.part) * cols + c);
    return numbers;
}

LoadedWeights load_weights(const Graph& graph, TensorStore& store) {
    std::vector<const Tensor*> weights;
    for (const Tensor& tensor : graph.tensors)
        if (tensor.role == TensorRole::weight) weights.push_back(&tensor);
    const Naming naming = naming_of(weights, store);

    LoadedWeights loaded;
    std::set<std::string> unused = store.names();
    std::map<std::pair<std::string, unsigned>, std::string> taken;
    std::vector<std::string> missing;
    std::string first_missing;
    for (const Tensor* tensor : weights) {
        const auto id = static_cast<TensorId>(tensor - graph.tensors.data());
        const auto candidate = naming.found(tensor->name, store);
        if (!candidate) {
            if (!is_read(graph, id)) continue;
            if (missing.empty()) first_missing = tensor->name;
            missing.push_back(both_names(tensor->name, naming));
            continue;
        }
        const auto [other, is_new] = taken.try_emplace({candidate->name, candidate->part}, tensor->name);
        if (!is_new)
            throw file_error(
                store.path(),
                fmt::format("tensor {} would be both {} and {} of the workload, which has more of them",
                            in_quotes(candidate->name), in_quotes(other->second), in_quotes(tensor->name)));
        unused.erase(candidate->name);
        loaded.numbers[id] = read_tensor(store.find(candidate->name), *candidate, *tensor);
    }
    if (naming.family != nullptr)
        std::erase_if(unused, [&](const auto& n) { return is_ignored(*naming.family, n); });
    loaded.unused.assign(unused.begin(), unused.end());
    if (!missing.empty()) {
        const std::vector<std::string_view> near(loaded.unused.begin(), loaded.unused.end());
        throw file_error(store.path(),
                         fmt::format("{} of the workload's weights are not there: {}{}", missing.size(),
                                     listed(missing), did_you_mean(first_missing, near)));
    }
    if (!store.is_arrays() && !unused.empty()) {
        std::vector<std::string> names;
        for (const std::string& name : loaded.unused) names.push_back(in_quotes(name));
        throw file_error(store.path(), fmt::format("{} tensors are no weights of the workload: {}",
                                                   names.size(), listed(names)));
    }
    check_tied(graph, store, naming);
    return loaded;
}

}  // namespace octet
