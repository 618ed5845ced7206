#include "sim/sweep/points.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>

#include "sim/config/experiment_keys.h"
#include "sim/config/json_writer.h"
#include "sim/run/simulate.h"

namespace octet {
namespace {

constexpr auto experiment_kind = std::to_array<std::string_view>({"experiment"});

// Files hold what other keys reach into, presets reset what other keys of `pe` set.
int turn_of(std::string_view key) {
    if (key == "accelerator" || key == "workload" || key == "costs") return 0;
    if (key == "dram" || key == "accelerator.dram") return 1;
    return key == "pe.preset" || key == "accelerator.pe.preset" ? 2 : 3;
}

// Keys in alphabetical order: what is the same under another order is the same.
void canonical(const Node& node, std::string& out) {
    if (node.is_map()) {
        std::vector<const Entry*> entries;
        for (const Entry& entry : node.entries) entries.push_back(&entry);
        std::ranges::sort(entries, {}, [](const Entry* e) -> const std::string& { return e->key; });
        out += '{';
        for (const Entry* entry : entries) {
            out += fmt::format("{}:{}", entry->key.size(), entry->key);
            canonical(entry->value, out);
        }
        out += '}';
        return;
    }
    if (node.is_list()) {
        out += '[';
        for (const Node& item : node.items) canonical(item, out);
        out += ']';
        return;
    }
    out += fmt::format("{}{}:{}", node.quoted ? "q" : "s", node.text.size(), node.text);
}

std::string hash_of(const std::string& text) {
    static const boost::uuids::name_generator_sha1 generator(boost::uuids::ns::url());
    return boost::uuids::to_string(generator(text));
}

}  // namespace

PointLoader::PointLoader(const std::string& base, const std::vector<Setting>& settings, std::uint64_t seed)
    : base_(load_layers(base, experiment_kind)), seed_(seed) {
    apply(base_, settings);
    Diagnostics diagnostics;
    put_files(base_, diagnostics, &files_);
    diagnostics.throw_if_any();
}

ExperimentConfig PointLoader::load(const std::vector<PointValue>& values) {
    Node tree = base_;
    Diagnostics diagnostics;
    for (int turn = 0; turn < 4; ++turn) {
        for (const PointValue& value : values)
            if (turn_of(*value.key) == turn) apply(tree, *value.key, value.value->node);
        if (turn < 2) put_files(tree, diagnostics, &files_);
    }
    diagnostics.throw_if_any();
    ExperimentConfig experiment = read_experiment(std::move(tree), diagnostics);
    experiment.seed = seed_;
    if (diagnostics.empty()) check_supported(experiment, diagnostics);
    diagnostics.throw_if_any();
    return experiment;
}

std::string simulation_hash(const ExperimentConfig& experiment) {
    std::string text = fmt::format("{} {} ", OCTET_VERSION, experiment.seed);
    text += resolved_json(experiment.accelerator).dump();
    for (const std::string_view key : {"workload", "phase", "values", "fidelity", "formats", "inputs"}) {
        text += fmt::format("|{}", key);
        if (const Node* node = experiment.tree.at(key)) canonical(*node, text);
    }
    return hash_of(text);
}

std::string price_hash(const ExperimentConfig& experiment) {
    std::string text;
    canonical(experiment.costs(), text);
    return hash_of(text);
}

nlohmann::ordered_json config_json(const std::vector<PointValue>& values) {
    nlohmann::ordered_json config = nlohmann::ordered_json::object();
    for (const PointValue& value : values) config[*value.key] = value.value->json;
    return config;
}

}  // namespace octet
