#include "sim/workload/split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

namespace octet {
namespace {

class Splitter {
  public:
    Splitter(Graph& graph, double share) : graph_(graph), share_(share), leaders_(graph.tensors.size()) {
        std::iota(leaders_.begin(), leaders_.end(), TensorId{0});
    }

    std::vector<OutlierSplit> run() {
        for (const Operation& o : graph_.operations)
            if (splits(o)) leaders_[leader(o.inputs[0])] = leader(o.inputs[1]);
        for (Operation& o : std::exchange(graph_.operations, {})) {
            if (splits(o))
                product(o);
            else
                graph_.operations.push_back(std::move(o));
        }
        for (const OutlierSplit& split : splits_)
            for (const OutlierSplit::Weight& weight : split.weights)
                graph_.tensors[weight.all].use = FormatUse::quantized;
        return std::move(splits_);
    }

  private:
    bool splits(const Operation& o) const {
        if (o.kind != OperationKind::matmul || o.batch != 1 || o.transpose_a || o.k < 2 || o.a_blocks != 0 ||
            o.b_blocks != 0 || o.out_blocks != 0)
            return false;
        const Tensor &x = graph_.tensors[o.inputs[0]], &w = graph_.tensors[o.inputs[1]];
        return w.use == FormatUse::weights && w.batch == 1 && x.role != TensorRole::weight && x.batch == 1 &&
               graph_.tensors[o.output].batch == 1;
    }
    TensorId leader(TensorId id) {
        while (leaders_[id] != id) id = leaders_[id] = leaders_[leaders_[id]];
        return id;
    }
    TensorId tensor(std::string name, TensorRole role, std::uint64_t rows, std::uint64_t cols,
                    TensorFill fill = TensorFill::given) {
        Tensor t{.name = std::move(name), .role = role, .rows = rows, .cols = cols};
        t.fill = fill;
        graph_.tensors.push_back(std::move(t));
        return static_cast<TensorId>(graph_.tensors.size() - 1);
    }
    // Appends an operation with an output of its name, or with a given one.
    TensorId append(std::string name, OperationKind kind, std::vector<TensorId> inputs, std::uint64_t m,
                    std::uint64_t n, std::uint64_t k, TensorId output = no_tensor) {
        Operation o{.name = std::move(name), .kind = kind, .inputs = std::move(inputs)};
        o.m = m, o.n = n, o.k = k;
        o.output = output != no_tensor ? output : tensor(o.name, TensorRole::activation, m, n);
        graph_.operations.push_back(std::move(o));
        return graph_.operations.back().output;
    }

    // The split that an input takes part in, and how many columns it has for outliers.
    OutlierSplit& split_of(TensorId x, std::uint64_t k) {
        const auto [found, is_new] = by_leader_.try_emplace(leader(x), splits_.size());
        if (is_new) {
            const std::string name = graph_.tensors[x].name;
            OutlierSplit& split = splits_.emplace_back();
            split.regular = tensor(name + ".columns", TensorRole::input, 1, k, TensorFill::ones);
            split.count = count(k);
        }
        return splits_[found->second];
    }
    std::uint64_t count(std::uint64_t k) const {
        const auto wanted = static_cast<std::uint64_t>(std::ceil(share_ * static_cast<double>(k)));
        return std::clamp<std::uint64_t>(wanted, 1, k - 1);
    }

    struct Parts {
        TensorId regular, outliers;
    };
    Parts parts_of(TensorId x, std::uint64_t k) {
        if (const auto found = parts_.find(x); found != parts_.end()) return found->second;
        OutlierSplit& split = split_of(x, k);
        split.inputs.push_back(x);
        const std::string name = graph_.tensors[x].name;
        const std::uint64_t rows = graph_.tensors[x].rows;
        Parts parts{};
        parts.regular = append(name + ".regular", OperationKind::multiply, {x, split.regular}, rows, k, 0);
        graph_.tensors[parts.regular].use = FormatUse::quantized;
        parts.outliers = append(name + ".outliers", OperationKind::copy, {x}, rows, split.count, 0);
        for (std::uint64_t i = 0; i < split.count; ++i)
            graph_.operations.back().columns.push_back((2 * i + 1) * k / (2 * split.count));
        split.picks.push_back(static_cast<OperationId>(graph_.operations.size() - 1));
        return parts_[x] = parts;
    }

    void product(const Operation& o) {
        const TensorId x = o.inputs[0], w = o.inputs[1];
        const Parts parts = parts_of(x, o.k);
        OutlierSplit& split = split_of(x, o.k);
        const auto [found, is_new] = rows_.try_emplace(w, no_tensor);
        if (is_new) {
            found->second = tensor(graph_.tensors[w].name + ".outliers", TensorRole::input, count(o.k), o.n,
                                   TensorFill::zeros);
            split.weights.push_back({w, found->second, o.transpose_b});
        }
        const TensorId narrow =
            append(o.name + ".quantized", OperationKind::matmul, {parts.regular, w}, o.m, o.n, o.k);
        graph_.operations.back().transpose_b = o.transpose_b;
        std::vector<TensorId> inputs{parts.outliers, found->second};
        if (o.has_bias) inputs.push_back(o.inputs[2]);
        const TensorId wide =
            append(o.name + ".outliers", OperationKind::matmul, std::move(inputs), o.m, o.n, count(o.k));
        graph_.operations.back().has_bias = o.has_bias;
        append(o.name, OperationKind::add, {wide, narrow}, o.m, o.n, 0, o.output);
    }

    Graph& graph_;
    double share_;
    std::vector<TensorId> leaders_;
    std::vector<OutlierSplit> splits_;
    std::map<TensorId, std::size_t> by_leader_;
    std::map<TensorId, Parts> parts_;
    std::map<TensorId, TensorId> rows_;  // of weights, for outliers
};

}  // namespace

std::vector<OutlierSplit> split_outliers(Graph& graph, double share) {
    return Splitter(graph, share).run();
}

}  // namespace octet
