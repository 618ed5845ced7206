#include "sim/run/outliers.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

#include "sim/reference/evaluate.h"

namespace octet {

void choose_outliers(Graph& graph, std::span<const OutlierSplit> splits, SourceTensors& sources,
                     std::span<const std::uint64_t> tokens, unsigned threads) {
    if (splits.empty()) return;
    std::map<TensorId, std::vector<double>*> watched;  // largest magnitudes by column, of a split's inputs
    std::vector<std::vector<double>> largest;
    for (const OutlierSplit& split : splits) largest.emplace_back(graph.tensors[split.regular].cols);
    const auto look = [&](TensorId id, std::span<const double> values) {
        const auto found = watched.find(id);
        if (found == watched.end()) return;
        std::vector<double>& columns = *found->second;
        for (std::size_t i = 0; i < values.size(); ++i)
            columns[i % columns.size()] = std::max(columns[i % columns.size()], std::fabs(values[i]));
    };
    for (std::size_t i = 0; i < splits.size(); ++i)
        for (const TensorId input : splits[i].inputs) {
            watched[input] = &largest[i];
            look(input, sources[input]);
        }
    evaluate(graph, sources, tokens, threads, [&](OperationId id, std::span<const double> values) {
        look(graph.operations[id].output, values);
        return true;
    });
    for (std::size_t i = 0; i < splits.size(); ++i) {
        const OutlierSplit& split = splits[i];
        const std::size_t k = largest[i].size(), count = split.count;
        std::vector<std::size_t> columns(k);
        std::iota(columns.begin(), columns.end(), std::size_t{0});
        std::ranges::stable_sort(columns, std::greater<>(), [&](std::size_t c) { return largest[i][c]; });
        columns.resize(count);
        std::ranges::sort(columns);
        for (const OperationId pick : split.picks)
            graph.operations[pick].columns.assign(columns.begin(), columns.end());
        for (std::size_t o = 0; o < count; ++o) {
            sources[split.regular][columns[o]] = 0;
            for (const OutlierSplit::Weight& weight : split.weights) {
                const std::vector<double>& all = sources[weight.all];
                const std::size_t n = graph.tensors[weight.outliers].cols;
                for (std::size_t j = 0; j < n; ++j)
                    sources[weight.outliers][o * n + j] =
                        all[weight.turned ? j * k + columns[o] : columns[o] * n + j];
            }
        }
    }
}

}  // namespace octet
