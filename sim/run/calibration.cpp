#include "sim/run/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>

#include "models/arithmetic/mac.h"
#include "sim/config/csv.h"
#include "sim/config/scalars.h"
#include "sim/reference/evaluate.h"
#include "sim/run/ends.h"

namespace octet {
namespace {

// What is wrong with a number of a row, the first one being 1, or (0) with the row.
struct Complaint {
    std::size_t at = 0;
    std::string what;
};
using NumbersCheck = std::function<std::optional<Complaint>(TensorId, std::span<const double>)>;

// Numbers of tensors from a file.
std::map<std::string, std::vector<double>> read_table(const std::string& path, const Graph& graph,
                                                      std::string_view key, const NumbersCheck& check) {
    std::map<std::string, std::vector<double>> table;
    if (path.empty()) return table;
    Diagnostics diagnostics;
    for (const Node& row : read_csv(path).items) {
        const auto complain = [&](const Node& at, std::string what) {
            diagnostics.add(at.location, std::string(key), std::move(what));
        };
        std::vector<double> numbers;
        bool good = true;
        for (std::size_t i = 1; i < row.items.size(); ++i) {
            std::string problem;
            const auto number = as_number(row.items[i], problem);
            if (!number) complain(row.items[i], in_quotes(row.items[i].text) + " is no number"), good = false;
            numbers.push_back(number.value_or(0));
        }
        const auto tensor = std::ranges::find(graph.tensors, row.items[0].text, &Tensor::name);
        if (tensor == graph.tensors.end()) {
            complain(row.items[0], "the workload has no tensor " + in_quotes(row.items[0].text));
            continue;
        }
        const auto wrong = check(static_cast<TensorId>(tensor - graph.tensors.begin()), numbers);
        if (good && wrong)
            complain(
                row.items[wrong->at],
                (wrong->at > 0 ? in_quotes(row.items[wrong->at].text) + ' ' : std::string()) + wrong->what);
        else if (good && !table.emplace(row.items[0].text, std::move(numbers)).second)
            complain(row.items[0], "tensor " + in_quotes(row.items[0].text) + " is there twice");
    }
    diagnostics.throw_if_any();
    return table;
}

std::optional<Complaint> no_magnitude(std::span<const double> numbers) {
    for (std::size_t i = 0; i < numbers.size(); ++i)
        if (!(numbers[i] > 0)) return Complaint{i + 1, "is no magnitude above 0"};
    return std::nullopt;
}

// Ends of tensors: a magnitude or, of formats with a zero point, the smallest and the largest number.
std::map<std::string, Ends> read_ends(const std::string& path, const Graph& graph,
                                      const std::function<const FormatInfo&(TensorId)>& format_of) {
    const auto check = [&](TensorId id, std::span<const double> numbers) -> std::optional<Complaint> {
        if (numbers.size() == 1) return no_magnitude(numbers);
        const FormatInfo& format = format_of(id);
        if (numbers.empty() || numbers.size() > 2)
            return Complaint{0, "expected a tensor and a magnitude, or its smallest and its largest number"};
        if (format.zero_point == nullptr)
            return Complaint{2, fmt::format("is one number too many: {} has no zero point", format.name)};
        if (numbers[0] > 0) return Complaint{1, "is no smallest number: 0 is one of them"};
        if (numbers[1] < 0 || numbers[1] == numbers[0])
            return Complaint{2, "is no largest number: 0 is one of them, and the smallest another"};
        return std::nullopt;
    };
    std::map<std::string, Ends> ends;
    for (const auto& [name, numbers] : read_table(path, graph, "inputs.calibration.file", check)) {
        const auto tensor = std::ranges::find(graph.tensors, name, &Tensor::name);
        const bool around =
            format_of(static_cast<TensorId>(tensor - graph.tensors.begin())).zero_point != nullptr;
        ends[name] =
            numbers.size() == 2 ? Ends{numbers[0], numbers[1]} : Ends{around ? -numbers[0] : 0, numbers[0]};
    }
    return ends;
}

// What gradients came to in steps before, at most `most` of them: the largest.
std::map<std::string, double> read_amax(const std::string& path, const Graph& graph, std::uint64_t most) {
    const auto check = [&](TensorId, std::span<const double> numbers) -> std::optional<Complaint> {
        if (numbers.empty() || numbers.size() > most)
            return Complaint{0, fmt::format("expected a tensor and 1 to {} magnitudes", most)};
        return no_magnitude(numbers);
    };
    std::map<std::string, double> largest;
    for (const auto& [name, numbers] : read_table(path, graph, "phase.gradient_scaling.amax", check))
        largest[name] = *std::ranges::max_element(numbers);
    return largest;
}

// What the largest magnitude of a gradient becomes.
double qmax_of(const FormatInfo& format, double given) {
    if (given > 0) return given;
    // Sums of products of numbers as large as bf16 can hold would overflow.
    return format.kind == FormatKind::posit ? 64 : std::min(format.max, E5m2::max);
}

}  // namespace

std::vector<TensorScale> calibrate(const Graph& graph, const SourceTensors& sources,
                                   std::span<const std::uint64_t> tokens, const AcceleratorConfig& machine,
                                   unsigned threads, const CalibrationConfig& config) {
    const std::vector<std::string> names = stored_formats(machine.pe.storage, machine.formats);
    const auto slots = format_slots(machine.pe.storage, machine.formats);
    const auto format_of = [&](TensorId id) -> const FormatInfo& {
        return *find_format(names.at(slots.at(static_cast<std::size_t>(graph.tensors[id].use))));
    };
    const auto given_ends = read_ends(config.file, graph, format_of);
    const auto before = read_amax(config.gradients.amax, graph, config.gradients.history);
    const FormatInfo& operand = *find_format(machine.pe.operand);
    const auto sums = find_accumulator(machine.pe.accumulator);
    const bool integers = sums && is_integer(*sums);
    std::vector<TensorScale> scales(graph.tensors.size());
    const auto set = [&](TensorId id, std::span<const double> values) {
        const Tensor& tensor = graph.tensors[id];
        const FormatInfo& format = format_of(id);
        if (tensor.scaled) {  // without a step before: as it is
            if (format.name == machine.vector.format) return;
            const bool known = !config.gradients.amax.empty();
            const auto given = before.find(tensor.name);
            const Ends ends = known ? Ends{} : ends_of(values, format, ClipRule::amax, {});
            const double amax = !known                  ? std::max(-ends.low, ends.high)
                                : given != before.end() ? given->second
                                                        : 0;
            const auto scale = static_cast<float>(amax / qmax_of(format, config.gradients.qmax));
            if (scale > 0 && std::isfinite(scale)) scales[id] = {scale};
            return;
        }
        // Of weights that are decoded to integers: the scale of those.
        const bool decoded = integers && format.block_length > 0 && tensor.use == FormatUse::weights;
        const FormatInfo& scaled = format.tensor_scale == nullptr && decoded ? operand : format;
        if (scaled.tensor_scale == nullptr) return;
        const ClipRule rule = tensor.role == TensorRole::weight ? config.weights : config.activations;
        const auto given = given_ends.find(tensor.name);
        scales[id] = scale_between(
            given != given_ends.end() ? given->second : ends_of(values, format, rule, config), scaled);
    };
    for (TensorId id = 0; id < sources.size(); ++id) set(id, sources[id]);
    evaluate(graph, sources, tokens, threads, [&](OperationId id, std::span<const double> values) {
        set(graph.operations[id].output, values);
        return true;
    });
    return scales;
}

namespace {

// The products that alone read the results of a norm, by static weights that nothing else reads; empty if
// there is another reader.
std::vector<OperationId> products_behind(const Graph& graph, OperationId norm,
                                         const std::vector<int>& readers) {
    const Operation& operation = graph.operations[norm];
    std::vector<OperationId> products;
    for (std::size_t i = 1; i < operation.inputs.size(); ++i)
        if (readers[operation.inputs[i]] != 1) return {};
    if (graph.tensors[operation.output].role == TensorRole::output) return {};
    for (OperationId id = 0; id < graph.operations.size(); ++id) {
        const Operation& reader = graph.operations[id];
        for (std::size_t i = 0; i < reader.inputs.size(); ++i) {
            if (reader.inputs[i] != operation.output) continue;
            const TensorId weight = reader.inputs.size() > 1 ? reader.inputs[1] : no_tensor;
            if (reader.kind != OperationKind::matmul || i != 0 || reader.a_blocks != 0 ||
                reader.b_blocks != 0 || graph.tensors[weight].role != TensorRole::weight ||
                readers[weight] != 1)
                return {};
            products.push_back(id);
        }
    }
    return products;
}

}  // namespace

std::size_t smooth(const Graph& graph, SourceTensors& sources, std::span<const std::uint64_t> tokens,
                   double strength, unsigned threads) {
    std::vector<int> readers(graph.tensors.size());
    for (const Operation& operation : graph.operations)
        for (const TensorId input : operation.inputs) ++readers[input];
    std::map<OperationId, std::vector<OperationId>> chosen;
    for (OperationId id = 0; id < graph.operations.size(); ++id)
        if (is_norm(graph.operations[id].kind))
            if (auto products = products_behind(graph, id, readers); !products.empty())
                chosen[id] = std::move(products);
    std::map<OperationId, std::vector<double>> columns;  // largest magnitude of each
    evaluate(graph, sources, tokens, threads, [&](OperationId id, std::span<const double> values) {
        if (!chosen.contains(id)) return true;
        std::vector<double>& largest = columns[id];
        largest.assign(graph.operations[id].n, 0);
        for (std::size_t i = 0; i < values.size(); ++i)
            largest[i % largest.size()] = std::max(largest[i % largest.size()], std::fabs(values[i]));
        return true;
    });
    for (const auto& [norm, products] : chosen) {
        std::vector<double>& factors = columns[norm];
        for (std::size_t j = 0; j < factors.size(); ++j) {
            double weight = 0;
            const auto each_weight = [&](auto&& f) {
                for (const OperationId id : products) {
                    const Operation& product = graph.operations[id];
                    std::vector<double>& matrix = sources[product.inputs[1]];
                    for (std::size_t n = 0; n < product.n; ++n)
                        f(matrix[product.transpose_b ? n * product.k + j : j * product.n + n]);
                }
            };
            each_weight([&](double x) { weight = std::max(weight, std::fabs(x)); });
            const double factor = std::pow(factors[j], strength) / std::pow(weight, 1 - strength);
            if (!(factor > 0) || !std::isfinite(factor)) continue;
            each_weight([&](double& x) { x *= factor; });
            const Operation& operation = graph.operations[norm];
            for (std::size_t i = 1; i < operation.inputs.size(); ++i)
                sources[operation.inputs[i]][j] /= factor;
        }
    }
    return chosen.size();
}

}  // namespace octet
