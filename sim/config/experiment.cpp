#include "sim/config/experiment.h"

#include <fmt/format.h>

#include "models/formats/registry.h"
#include "sim/config/experiment_keys.h"
#include "sim/config/reader.h"

namespace octet {
namespace {

constexpr auto experiment_kind = std::to_array<std::string_view>({"experiment"});
constexpr auto accelerator_kind = std::to_array<std::string_view>({"accelerator"});
constexpr auto dram_kind = std::to_array<std::string_view>({"dram"});

Node load_tree(const std::string& path, Words kinds, const std::vector<Setting>& settings,
               Diagnostics& diagnostics) {
    Node tree = load_layers(path, kinds);
    apply(tree, settings);
    put_files(tree, diagnostics);
    return tree;
}

}  // namespace

AcceleratorConfig read_accelerator(const Node& tree, Diagnostics& diagnostics) {
    AcceleratorConfig config;
    read(tree, config, diagnostics, {"kind"});
    return config;
}

ExperimentConfig read_experiment(Node tree, Diagnostics& diagnostics) {
    ExperimentConfig config;
    config.tree = std::move(tree);
    config.path = *config.tree.location.file;
    Reader reader(config.tree, diagnostics);
    reader.find("kind");
    for (const std::string_view key : {"accelerator", "workload", "costs"}) {
        const Node* file = reader.find(key, required, "the path of a file");
        if (key == "accelerator" && file != nullptr)
            config.accelerator = read_accelerator(*file, diagnostics);
    }
    describe(reader, config);
    reader.finish();
    const auto report = [&](const KeyProblem& problem) {
        const Node* node = config.tree.at(problem.key);
        diagnostics.add((node == nullptr ? config.tree : *node).location, std::string(problem.key),
                        problem.message);
    };
    if (config.tree.find("formats") != nullptr)
        for (const KeyProblem& problem : problems_of_formats(config.accelerator)) report(problem);
    if (config.phase.wide_wgrad) {
        const std::string& wide = config.accelerator.formats[FormatUse::wgrad_operands];
        if (wide.empty())
            report({"phase.wide_wgrad", "formats.wgrad_operands does not say what they are"});
        else if (config.accelerator.pe.operand != wide && config.accelerator.pe.operand != "fp32")
            report({"phase.wide_wgrad", fmt::format("pe.operand {} does not hold numbers of {}",
                                                    config.accelerator.pe.operand, wide)});
    }
    if (trains(config.phase) && config.phase.paged_states && !config.accelerator.host)
        report(
            {"phase.paged_states", "the accelerator has no link to a host: host {bytes_per_cycle, latency}"});
    if (trains(config.phase) && config.phase.axpy_rounding != AxpyRounding::each_step)
        if (std::string problem = refusal_of_axpy(config.accelerator); !problem.empty())
            report({"phase.axpy_rounding", std::move(problem)});
    return config;
}

std::string refusal_of_axpy(const AcceleratorConfig& machine) {
    const std::string& update = machine.formats[FormatUse::update];
    const std::string& moment = machine.formats[FormatUse::moment];
    for (const auto& [what, key] : {std::pair{"weights lie", &update}, {"momentum lies", &moment}}) {
        const std::string& kept = key->empty() ? machine.vector.format : *key;
        if (kept != "fp32" && kept != "bf16" && kept != "fp16" && kept != "dlfloat16")
            return fmt::format("{} in {}; an axpy is rounded to fp32, bf16, fp16 or dlfloat16", what, kept);
        if (kept != machine.vector.format && machine.vector.format != "fp32")
            return fmt::format("{} in {}, which {}, the vector format, does not hold", what, kept,
                               machine.vector.format);
    }
    return {};
}

ExperimentConfig load_experiment(const std::string& path, const std::vector<Setting>& settings) {
    Diagnostics diagnostics;
    ExperimentConfig config =
        read_experiment(load_tree(path, experiment_kind, settings, diagnostics), diagnostics);
    diagnostics.throw_if_any();
    return config;
}

AcceleratorConfig load_accelerator(const std::string& path, const std::vector<Setting>& settings) {
    Diagnostics diagnostics;
    AcceleratorConfig config =
        read_accelerator(load_tree(path, accelerator_kind, settings, diagnostics), diagnostics);
    diagnostics.throw_if_any();
    return config;
}

DramDeviceConfig load_dram(const std::string& path, const std::vector<Setting>& settings) {
    Diagnostics diagnostics;
    DramDeviceConfig config;
    read(load_tree(path, dram_kind, settings, diagnostics), config, diagnostics, {"kind"});
    diagnostics.throw_if_any();
    return config;
}

void check_supported(const ExperimentConfig& experiment, Diagnostics& diagnostics) {
    const auto refuse = [&](bool unsupported, std::string_view key, std::string_view what) {
        if (!unsupported) return;
        const Node* node = experiment.tree.at(key);
        constexpr std::string_view prefix = "accelerator.";
        if (key.starts_with(prefix)) key.remove_prefix(prefix.size());
        diagnostics.add(node == nullptr ? experiment.tree.location : node->location, std::string(key),
                        fmt::format("{} cannot be simulated by this version", what));
    };
    const AcceleratorConfig& a = experiment.accelerator;
    const FormatInfo* storage = find_format(a.pe.storage);
    refuse(storage != nullptr && storage->block_length > 0 && storage->scale_values == nullptr,
           "accelerator.pe.storage", fmt::format("{}, a format of weights, for all tensors", a.pe.storage));
}

}  // namespace octet
