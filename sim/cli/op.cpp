// octet op KIND: one operation with the user's own values
#include <fmt/format.h>
#include <unistd.h>

#include <stdexcept>

#include "sim/cli/animate.h"
#include "sim/cli/process.h"
#include "sim/cli/verbs.h"
#include "sim/cli/watch.h"
#include "sim/config/experiment_keys.h"
#include "sim/config/paths.h"
#include "sim/config/reader.h"
#include "sim/cost/read.h"
#include "sim/report/files.h"
#include "sim/report/histogram_text.h"
#include "sim/report/terminal.h"
#include "sim/report/vectors.h"
#include "sim/run/recorder.h"
#include "sim/run/simulate.h"
#include "sim/run/single.h"

namespace octet {
namespace {

constexpr auto costs_kind = std::to_array<std::string_view>({"costs"});

struct OpInput {
    AcceleratorConfig machine;
    CostTable costs;
    Fidelity fidelity;
};

// The settings of the accelerator; `costs` and `fidelity` are the keys beside them.
OpInput read_input(const OpOptions& options) {
    std::string costs = default_cost_table(resolve_argument(options.accelerator));
    std::vector<Setting> settings;
    ExperimentConfig experiment;
    Node beside;
    beside.kind = Node::Kind::map;
    for (const Setting& setting : options.settings) {
        if (setting.key == "costs")
            costs = resolve_argument(setting.value);
        else if (setting.key == "fidelity")
            apply(beside, {setting});
        else if (setting.key == "values")
            throw InputError(location_in(setting.label), setting.key, "is no key of `octet op`");
        else
            settings.push_back(setting);
    }
    OpInput input{{}, {}, options.animate.empty() ? Fidelity::pass : Fidelity::registers};
    input.machine = experiment.accelerator =
        load_accelerator(resolve_argument(options.accelerator), settings);
    Diagnostics diagnostics;
    Reader reader(beside, diagnostics);
    reader.choice("fidelity", input.fidelity, fidelity_names, "");
    experiment.values = options.in.empty() && options.animate.empty() ? Values::none : Values::exact;
    experiment.tree.location = location_in(options.accelerator);
    check_supported(experiment, diagnostics);
    input.costs = read_costs(load_layers(costs, costs_kind), costs, diagnostics);
    diagnostics.throw_if_any();
    return input;
}

// Why these options do not go together; empty if they do.
std::string misuse(const OpOptions& options, SingleKind kind) {
    const bool writes = !options.out.empty() || !options.codes.empty() || !options.hex.empty();
    if (options.accumulator && options.out.empty())
        return "--output says what --out holds, and there is no --out";
    if (options.in.empty())
        return options.histogram ? "--histogram needs --in: there are no values without"
               : writes          ? "--out, --codes and --hex need --in: there are no values without"
                                 : misfit(kind, options.shape.size());
    if (!options.out.empty() && (options.out == options.codes || options.out == scales_path(options.codes)))
        return "--out and --codes name the same file";
    return misfit(kind, std::nullopt, options.in.size());
}

std::string npy_of_codes(std::span<const Code> codes, std::span<const std::uint64_t> shape, int bits) {
    if (bits > 16) {
        return npy_text(Dtype::u32, shape, std::as_bytes(codes));
    }
    if (bits > 8) {
        const std::vector<std::uint16_t> words(codes.begin(), codes.end());
        return npy_text(Dtype::u16, shape, std::as_bytes(std::span(words)));
    }
    const std::vector<std::uint8_t> bytes(codes.begin(), codes.end());
    return npy_text(Dtype::u8, shape, std::as_bytes(std::span(bytes)));
}

std::array<std::uint64_t, 2> sides_of(const ScaleCodes& scales) {
    return {scales.rows, scales.columns};
}

// The codes of a tensor, and its scales if it has blocks.
void add_vectors(std::vector<OutputFile>& files, nlohmann::ordered_json& tensors, const std::string& what,
                 const Tensor& t, const ValueRun::Contents& contents, TensorScale scale) {
    const FormatInfo& format = *contents.format;
    files.push_back(
        hex_file(t.name + ".hex",
                 fmt::format("{}: {} x {} codes of {}, a row a line", what, t.rows, t.cols, format.name),
                 contents.codes, t.cols, format.bits));
    nlohmann::ordered_json& about = tensors[t.name] = {
        {"rows", t.rows}, {"cols", t.cols}, {"format", format.name}, {"bits", format.bits}};
    const ScaleCodes& scales = contents.block_scales;
    if (scales.rows == 0) {
        about["scale"] = scale.scale;
        if (format.zero_point != nullptr) about["zero"] = scale.zero;
        return;
    }
    files.push_back(hex_file(
        t.name + ".scales.hex",
        fmt::format("{}: {} x {} scales of blocks of {} values of a {}, a row a line", what, scales.rows,
                    scales.columns, format.block_length, contents.along_rows ? "column" : "row"),
        scales.codes, scales.columns, format.scale_bits));
    about["block"] = {{"length", format.block_length},
                      {"along", contents.along_rows ? "rows" : "columns"},
                      {"rows", scales.rows},
                      {"cols", scales.columns}};
}

void write_vectors(const OpOptions& options, const Single& single, const ValueRun& values,
                   const Recorder& recorder, const AcceleratorConfig& machine) {
    std::vector<OutputFile> files;
    nlohmann::ordered_json tensors;
    for (const TensorId id : single.inputs) {
        const Tensor& t = single.graph.tensors[id];
        add_vectors(files, tensors, t.name, t, values.contents(id), values.scale(id));
    }
    const Tensor& out = single.graph.tensors[single.output];
    add_vectors(files, tensors, "expected", out, values.contents(single.output), values.scale(single.output));
    files.push_back(cycle_file("cycles.hex", "the clock cycle in which each of them leaves for the SRAM",
                               recorder.cycles(), out.cols));
    nlohmann::ordered_json manifest{{"operation", options.kind}, {"accelerator", resolved_json(machine)}};
    for (const OutputFile& file : files) manifest["files"].push_back(file.name);
    manifest["tensors"] = std::move(tensors);
    files.push_back({"manifest.json", manifest.dump(2) + "\n"});
    write_files(options.hex, files);
}

// Results as numbers and codes.
void write_results(const OpOptions& options, const Single& single, const ValueRun& values,
                   const Recorder& recorder) {
    const Tensor& result = single.graph.tensors[single.output];
    const std::array<std::uint64_t, 2> sides{result.rows, result.cols};
    const ValueRun::Contents contents = values.contents(single.output);
    if (!options.codes.empty()) {
        write_file(options.codes, npy_of_codes(contents.codes, sides, contents.format->bits));
        const ScaleCodes& scales = contents.block_scales;
        if (scales.rows > 0)
            write_file(scales_path(options.codes),
                       npy_of_codes(scales.codes, sides_of(scales), contents.format->scale_bits));
    }
    if (options.out.empty()) return;
    const std::vector<float>& numbers = options.accumulator ? recorder.numbers() : contents.numbers;
    write_file(options.out, npy_text(Dtype::f32, sides, std::as_bytes(std::span(numbers))));
}

}  // namespace

int op_verb(const OpOptions& options, std::string& out) {
    const auto kind = static_cast<SingleKind>(options.kind_index);
    const bool from_files = !options.in.empty(), with_values = from_files || !options.animate.empty();
    if (const std::string reason = misuse(options, kind); !reason.empty()) {
        print_error(reason);
        return 2;
    }
    const OpInput input = read_input(options);
    if (const auto misuse = Watch::misuse(options.watch, input.fidelity); !misuse.empty()) {
        print_error(misuse);
        return 2;
    }
    if (const auto misuse = AnimatedProduct::misuse(options, input.fidelity); !misuse.empty()) {
        print_error(misuse);
        return 2;
    }
    std::vector<NpyFile> files;
    for (const std::string& path : options.in) files.emplace_back(path);
    const auto shape = from_files ? shape_of(kind, files) : options.shape;
    const Single single = single_operation(kind, shape,
                                           from_files ? files.size()
                                           : kind == SingleKind::gemm || kind == SingleKind::add ? 2
                                                                                                 : 1);
    std::optional<ValueRun> values;
    std::optional<Recorder> recorder;
    if (with_values) {
        recorder.emplace(single.graph, 0);
        values.emplace(
            input.machine, options.seed, single.graph,
            from_files
                ? sources_of(single, files, formats_by_use(input.machine.pe.storage, input.machine.formats))
                : synthetic_operands(single, options.seed));
        values->also(*recorder);
        if (options.histogram) values->count_codes();
    }
    RunDescription description;
    description.accelerator = resolved_json(input.machine);
    description.workload = {{"name", single.graph.name}};
    description.seed = options.seed;
    Watch watch(options.watch);
    RegisterWatchers registers = watch.registers();
    std::optional<AnimatedProduct> animated;
    if (!options.animate.empty())
        registers.push_back(&animated.emplace(options.animate, input.machine, single).watcher());
    const Simulation simulation =
        simulate(single.graph, input.machine, resolve(input.costs, input.machine), description,
                 values ? &*values : nullptr, input.fidelity, watch.followers(), registers);
    watch.finish(simulation);
    if (animated) animated->finish(input.machine, single, *values);
    if (!options.hex.empty()) write_vectors(options, single, *values, *recorder, input.machine);
    if (!options.out.empty() || !options.codes.empty()) write_results(options, single, *values, *recorder);
    if (options.json) {
        out += to_text(watch.document(simulation));
        print_error(watch.text(simulation));
        return 0;
    }
    out += summary(simulation.result, wants_colour()) + watch.text(simulation);
    if (options.histogram) out += histogram_text(simulation.result);
    return 0;
}

}  // namespace octet
