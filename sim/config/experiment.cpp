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
    if (config.tree.find("formats") != nullptr)
        for (const KeyProblem& problem : problems_of_formats(config.accelerator)) {
            const Node* node = config.tree.at(problem.key);
            diagnostics.add((node == nullptr ? config.tree : *node).location, std::string(problem.key),
                            problem.message);
        }
    return config;
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
