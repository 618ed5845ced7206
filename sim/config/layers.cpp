#include "sim/config/layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/config/csv.h"
#include "sim/config/paths.h"
#include "sim/config/scalars.h"
#include "sim/config/yaml.h"

namespace octet {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t max_chain = 32;

// A key whose value is the path of a file, or what such a file holds.
struct FileKey {
    std::string_view kind, key;
    std::array<std::string_view, 2> names;  // kinds of the file
    Words kinds() const { return {names.data(), names[1].empty() ? std::size_t{1} : names.size()}; }
};

constexpr auto file_keys = std::to_array<FileKey>({
    {"experiment", "accelerator", {"accelerator", ""}},
    {"experiment", "workload", {"workload", "trace"}},
    {"experiment", "costs", {"costs", ""}},
    {"accelerator", "dram", {"dram", ""}},
});

const FileKey* find_file_key(std::string_view kind, std::string_view key) {
    for (const auto& row : file_keys)
        if (row.kind == kind && row.key == key) return &row;
    return nullptr;
}

std::string written_path(const Node& node, std::string_view key) {
    std::string problem;
    auto written = as_text(node, problem);
    if (written) return *written;
    throw InputError(node.location, std::string(key),
                     fmt::format("expected the path of a file, got {}", describe_value(node)));
}

// The path `node` names, which must be there: the error belongs where it was written.
std::string existing_path(const Node& node, std::string_view key) {
    const std::string written = written_path(node, key);
    std::string path = resolve_path(written, node.location);
    std::error_code error;
    if (!fs::exists(path, error))
        throw InputError(node.location, std::string(key),
                         fmt::format("there is no file {}", in_quotes(written)));
    return path;
}

void check_kind(const Node& root, Words kinds) {
    if (!root.is_map())
        throw InputError(root.location, "",
                         fmt::format("expected a mapping that starts with `kind: {}`, got {}", any_of(kinds),
                                     describe_value(root)));
    const Entry* kind = root.find("kind");
    if (kind == nullptr)
        throw InputError(root.location, "kind", fmt::format("missing key, expected {}", any_of(kinds)));
    if (kind->value.is_scalar() && std::ranges::find(kinds, kind->value.text) != kinds.end()) return;
    const std::string hint = kind->value.is_scalar() ? did_you_mean(kind->value.text, kinds) : "";
    throw InputError(kind->value.location, "kind",
                     fmt::format("expected {}, got {}{}", any_of(kinds), describe_value(kind->value), hint));
}

Node load(const std::string& path, Words kinds, std::vector<fs::path>& chain) {
    Node root = is_csv(path) ? read_csv(path) : read_yaml(path);
    check_kind(root, kinds);
    const Entry* extends = root.find("extends");
    if (extends == nullptr) return root;

    const Node below = extends->value;
    const std::string base_path = existing_path(below, "extends");
    std::error_code error;
    chain.push_back(fs::canonical(path, error));
    if (std::ranges::find(chain, fs::canonical(base_path, error)) != chain.end())
        throw InputError(below.location, "extends",
                         fmt::format("a cycle: {} extends itself", in_quotes(below.text)));
    if (chain.size() > max_chain)
        throw InputError(below.location, "extends", fmt::format("a chain of more than {} files", max_chain));

    const std::string kind(kind_of(root));
    const std::string_view same[] = {kind};
    Node base = load(base_path, same, chain);
    std::erase_if(root.entries, [](const Entry& entry) { return entry.key == "extends"; });
    merge(base, std::move(root), kind);
    return base;
}

void put_file(Node& value, const FileKey& key, FileCache* cache = nullptr) {
    if (value.is_map()) {
        if (key.key != "dram") check_kind(value, key.kinds());  // `dram` may also hold an ideal memory
        return;
    }
    const std::string path = existing_path(value, key.key);
    if (cache == nullptr) {
        value = load_layers(path, key.kinds());
        return;
    }
    auto found = cache->find(path);
    if (found == cache->end()) found = cache->emplace(path, load_layers(path, key.kinds())).first;
    check_kind(found->second, key.kinds());
    value = found->second;
}

const Node* kind_node(const Node& map) {
    const Entry* kind = map.find("kind");
    return kind == nullptr ? nullptr : &kind->value;
}

// `kind` is empty inside a mapping that is no file's root.
void merge_maps(Node& base, Node over, std::string_view kind) {
    if (over.find("preset") != nullptr) base.entries.clear();
    for (auto& entry : over.entries) {
        Entry* below = base.find(entry.key);
        if (below == nullptr) {
            base.entries.push_back(std::move(entry));
            continue;
        }
        below->key_location = entry.key_location;
        const FileKey* file = find_file_key(kind, entry.key);
        const bool has_kind = kind_node(entry.value) != nullptr;
        if (file != nullptr && entry.value.is_map() && !has_kind && below->value.is_scalar())
            put_file(below->value, *file);
        const std::string inner(file == nullptr || !below->value.is_map() ? "" : kind_of(below->value));
        merge(below->value, std::move(entry.value), inner);
    }
    if (over.location.line > 0) base.location = over.location;
}

// The layer that sets one key of a root of `kind`; messages about the key name `where`.
Node as_layer(std::string_view key, Node value, const Location& where, std::string_view kind) {
    std::vector<std::string> parts;
    for (std::string_view rest = key;;) {
        const auto dot = rest.find('.');
        parts.emplace_back(rest.substr(0, dot));
        if (parts.back().empty()) throw InputError(where, "", "expected a dotted key, such as array.rows");
        if (dot == std::string_view::npos) break;
        rest.remove_prefix(dot + 1);
    }
    if (parts.size() > max_yaml_depth) throw InputError(where, "", "the key has too many parts");
    if (parts.size() == 1 && (parts[0] == "kind" || parts[0] == "extends"))
        throw InputError(where, parts[0], "cannot be set");
    constexpr auto experiment_keys = std::to_array<std::string_view>(
        {"accelerator", "workload", "phase", "costs", "values", "inputs", "fidelity", "formats"});
    if (kind == "experiment" && std::ranges::find(experiment_keys, parts[0]) == experiment_keys.end())
        parts.insert(parts.begin(), "accelerator");
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
        Node map;
        map.kind = Node::Kind::map;
        map.location = where;
        map.entries.push_back({std::move(*part), where, std::move(value)});
        value = std::move(map);
    }
    return value;
}

}  // namespace

Setting parse_setting(const std::string& text) {
    const auto equals = text.find('=');
    const std::string label = "--set " + printable(text);
    if (equals == std::string::npos || equals == 0)
        throw InputError(location_in(label), "", "expected KEY=VALUE, such as array.rows=8");
    return {text.substr(0, equals), text.substr(equals + 1), label};
}

std::string_view kind_of(const Node& root) {
    const Node* kind = kind_node(root);
    return kind == nullptr ? std::string_view{} : kind->text;
}

Node load_layers(const std::string& path, Words kinds) {
    std::vector<fs::path> chain;
    return load(path, kinds, chain);
}

void merge(Node& base, Node over, std::string_view kind) {
    const bool maps = base.is_map() && over.is_map();
    const bool other_kind = maps && kind_node(base) != nullptr && kind_node(over) != nullptr &&
                            kind_node(base)->text != kind_node(over)->text;
    if (maps && !other_kind)
        merge_maps(base, std::move(over), kind);
    else
        base = std::move(over);
}

void apply(Node& root, const std::vector<Setting>& settings) {
    const std::string kind(kind_of(root));
    for (const auto& setting : settings) {
        const Location where = location_in(setting.label);
        merge(root, as_layer(setting.key, parse_value(setting.value, where, setting.key), where, kind), kind);
    }
}

void apply(Node& root, std::string_view key, Node value) {
    const std::string kind(kind_of(root));
    const Location where = value.location;
    merge(root, as_layer(key, std::move(value), where, kind), kind);
}

void put_files(Node& root, Diagnostics& diagnostics, FileCache* cache) {
    const std::string kind(kind_of(root));
    for (auto& entry : root.entries) {
        const FileKey* file = find_file_key(kind, entry.key);
        if (file == nullptr) continue;
        try {
            put_file(entry.value, *file, cache);
            put_files(entry.value, diagnostics, cache);
        } catch (const InputError& error) {
            diagnostics.append(error.diagnostics());
            entry.value.faulty = true;
        }
    }
}

}  // namespace octet
