#include "sim/run/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "models/arithmetic/mac.h"
#include "sim/config/csv.h"
#include "sim/config/scalars.h"
#include "sim/reference/evaluate.h"

namespace octet {
namespace {

double largest_of(std::span<const double> values) {
    double largest = 0;
    for (const double x : values)
        if (std::isfinite(x)) largest = std::max(largest, std::fabs(x));
    return largest;
}

std::vector<double> sample_of(std::span<const double> values) {
    constexpr std::size_t most = 1 << 16;
    const std::size_t step = (values.size() + most - 1) / most;
    std::vector<double> magnitudes;
    for (std::size_t i = 0; i < values.size(); i += step)
        if (std::isfinite(values[i])) magnitudes.push_back(std::fabs(values[i]));
    return magnitudes;
}

// By nearest rank.
double percentile_of(std::vector<double> magnitudes, double percentile) {
    // A percentile that is written in decimals may lie a little beside them.
    const double exact = percentile * static_cast<double>(magnitudes.size()) / 100;
    const auto rank = static_cast<std::size_t>(std::ceil(exact * (1 - 1e-12)));
    const auto at = magnitudes.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
    std::nth_element(magnitudes.begin(), at, magnitudes.end());
    return *at;
}

double least_squares(const std::vector<double>& magnitudes, double largest, const FormatInfo& format) {
    if (format.encode_scaled == nullptr) return largest;  // blocks fit themselves to their numbers
    double best = largest, least = std::numeric_limits<double>::infinity();
    for (int part = 64; part >= 16; --part) {
        const double clip = largest * part / 64, scale = format.tensor_scale(clip);
        if (!(scale > 0)) continue;
        double error = 0;
        for (const double x : magnitudes) {
            const double off = format.decode(format.encode_scaled(x, scale)) * scale - x;
            error += off * off;
        }
        if (error < least) least = error, best = clip;
    }
    return best;
}

// The regression of Choi et al. over six distributions, for 15 and for 255 levels.
double sawb(const std::vector<double>& magnitudes, double largest, const FormatInfo& format) {
    const auto [of_root, of_mean] = format.bits <= 4 ? std::pair{12.68, -12.80} : std::pair{31.76, -35.04};
    double squares = 0, sum = 0;
    for (const double x : magnitudes) squares += x * x, sum += x;
    const double count = static_cast<double>(magnitudes.size());
    const double clip = of_root * std::sqrt(squares / count) + of_mean * sum / count;
    return clip > 0 ? std::min(clip, largest) : largest;
}

// The largest of up to `most` magnitudes of each tensor.
std::map<std::string, double> read_magnitudes(const std::string& path, const Graph& graph,
                                              std::string_view key, std::uint64_t most) {
    std::map<std::string, double> largest;
    if (path.empty()) return largest;
    Diagnostics diagnostics;
    const Node table = read_csv(path);
    for (const Node& row : table.items) {
        const auto complain = [&](const Node& at, std::string what) {
            diagnostics.add(at.location, std::string(key), std::move(what));
        };
        if (row.items.size() < 2 || row.items.size() - 1 > most) {
            complain(row, most == 1 ? "expected a tensor and a magnitude"
                                    : fmt::format("expected a tensor and 1 to {} magnitudes", most));
            continue;
        }
        double magnitude = 0;
        for (std::size_t i = 1; i < row.items.size(); ++i) {
            std::string problem;
            const auto number = as_number(row.items[i], problem);
            if (!number || !(*number > 0))
                complain(row.items[i], in_quotes(row.items[i].text) + " is no magnitude above 0");
            else
                magnitude = std::max(magnitude, *number);
        }
        if (std::ranges::find(graph.tensors, row.items[0].text, &Tensor::name) == graph.tensors.end())
            complain(row.items[0], "the workload has no tensor " + in_quotes(row.items[0].text));
        else if (!largest.emplace(row.items[0].text, magnitude).second)
            complain(row.items[0], "tensor " + in_quotes(row.items[0].text) + " is there twice");
    }
    diagnostics.throw_if_any();
    return largest;
}

// What the largest magnitude of a gradient becomes.
double qmax_of(const FormatInfo& format, double given) {
    if (given > 0) return given;
    // Sums of products of numbers as large as bf16 can hold would overflow.
    return format.kind == FormatKind::posit ? 64 : std::min(format.max, E5m2::max);
}

}  // namespace

double clip_of(std::span<const double> values, const FormatInfo& format, ClipRule rule,
               const CalibrationConfig& config) {
    const double largest = largest_of(values);
    if (largest == 0 || rule == ClipRule::amax) return largest;
    if (rule == ClipRule::clip) return config.clip;
    const std::vector<double> magnitudes = sample_of(values);
    const double clip = rule == ClipRule::percentile ? percentile_of(magnitudes, config.percentile)
                        : rule == ClipRule::mse      ? least_squares(magnitudes, largest, format)
                                                     : sawb(magnitudes, largest, format);
    return clip > 0 ? clip : largest;
}

std::vector<float> calibrate(const Graph& graph, const SourceTensors& sources,
                             std::span<const std::uint64_t> tokens, const AcceleratorConfig& machine,
                             unsigned threads, const CalibrationConfig& config) {
    const auto clips = read_magnitudes(config.file, graph, "inputs.calibration.file", 1);
    const auto before = read_magnitudes(config.gradients.amax, graph, "phase.gradient_scaling.amax",
                                        config.gradients.history);
    const std::vector<std::string> names = stored_formats(machine.pe.storage, machine.formats);
    const auto slots = format_slots(machine.pe.storage, machine.formats);
    const FormatInfo& operand = *find_format(machine.pe.operand);
    const auto sums = find_accumulator(machine.pe.accumulator);
    const bool integers = sums && is_integer(*sums);
    std::vector<float> scales(graph.tensors.size(), 1);
    const auto set = [&](TensorId id, std::span<const double> values) {
        const Tensor& tensor = graph.tensors[id];
        const FormatInfo& format = *find_format(names.at(slots.at(static_cast<std::size_t>(tensor.use))));
        if (tensor.scaled) {  // without a step before: as it is
            if (format.name == machine.vector.format) return;
            const bool known = !config.gradients.amax.empty();
            const auto given = before.find(tensor.name);
            const double amax = !known ? largest_of(values) : given != before.end() ? given->second : 0;
            const auto scale = static_cast<float>(amax / qmax_of(format, config.gradients.qmax));
            if (scale > 0 && std::isfinite(scale)) scales[id] = scale;
            return;
        }
        // Of weights that are decoded to integers: the scale of those.
        const bool decoded = integers && format.block_length > 0 && tensor.use == FormatUse::weights;
        const auto scale_of = format.tensor_scale != nullptr ? format.tensor_scale
                              : decoded                      ? operand.tensor_scale
                                                             : nullptr;
        if (scale_of == nullptr) return;
        const ClipRule rule = tensor.role == TensorRole::weight ? config.weights : config.activations;
        const auto given = clips.find(tensor.name);
        const double clip = given != clips.end() ? given->second : clip_of(values, format, rule, config);
        const float scale = clip > 0 ? static_cast<float>(scale_of(clip)) : 0;
        if (scale > 0) scales[id] = scale;
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
