// Layers of one configuration: the extended file, the file, settings from the command line. Later ones win.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config/describe.h"
#include "sim/config/diagnostics.h"
#include "sim/config/node.h"

namespace octet {

// The seven kinds of files.
inline constexpr auto all_kinds = std::to_array<std::string_view>(
    {"experiment", "accelerator", "workload", "trace", "costs", "dram", "sweep"});

// `--set key=value`. `label` is how messages name it.
struct Setting {
    std::string key, value, label;
};
Setting parse_setting(const std::string& text);  // "a.b=c"; throws InputError

// Reads a file of one of the kinds with all it extends; a table (csv.h) is of kind trace. The files its keys
// name stay paths. Throws InputError.
Node load_layers(const std::string& path, Words kinds);
std::string_view kind_of(const Node& root);

// Puts `over` on `base`, both of `kind`:
// - mappings merge key by key; scalars and lists replace;
// - a mapping with another `kind` than the one below it replaces it (phase, dram, strategy);
// - a mapping with `preset` drops all keys of the one below it (pe);
// - a mapping without `kind` over a path reaches into the file of that path.
void merge(Node& base, Node over, std::string_view kind);

// Settings from left to right on a root of `kind`. In an experiment a key whose first part is no key of an
// experiment belongs to the accelerator.
void apply(Node& root, const std::vector<Setting>& settings);
// The same of one key and a value that was written elsewhere; its place stays the value's.
void apply(Node& root, std::string_view key, Node value);

// Puts the files that keys of `root` name in the place of their paths, deeply. A value whose file cannot be
// read is reported and marked faulty. `cache`: what files hold by their paths, so that each is read once.
using FileCache = std::map<std::string, Node>;
void put_files(Node& root, Diagnostics& diagnostics, FileCache* cache = nullptr);

}  // namespace octet
