// octet workload import FILE
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "sim/cli/process.h"
#include "sim/cli/verbs.h"
#include "sim/config/csv.h"
#include "sim/config/json_reader.h"
#include "sim/config/paths.h"
#include "sim/config/scalars.h"
#include "sim/config/text.h"
#include "sim/config/yaml_writer.h"
#include "sim/report/files.h"
#include "sim/tensors/mapped_file.h"
#include "sim/workload/import/huggingface.h"
#include "sim/workload/import/onnx.h"
#include "sim/workload/keys.h"
#include "sim/workload/topology.h"
#include "sim/workload/trace.h"

namespace octet {
namespace {

bool ends_in(std::string path, std::string_view ending) {
    std::ranges::transform(path, path.begin(), [](unsigned char c) { return std::tolower(c); });
    return path.ends_with(ending);
}

// --name, else what the file calls itself, else what it is called; of a config.json its folder.
std::string name_of(const ImportOptions& options, std::string own = {}) {
    if (!options.name.empty()) return options.name;
    while (own.ends_with('/')) own.pop_back();
    own.erase(0, own.find_last_of('/') + 1);
    const auto path = std::filesystem::absolute(options.file);
    if (own.empty()) own = path.filename() == "config.json" ? path.parent_path().filename() : path.stem();
    return own.empty() ? "imported" : own;
}

// A name that a workload can have.
void check_name(const std::string& name) {
    Node node;
    node.kind = Node::Kind::scalar;
    node.text = name;
    std::string problem;
    checked_text(name, "the name");
    if (!as_text(node, problem))
        throw InputError(location_in("the name " + in_quotes(name)), "", problem + "; --name gives another");
}

std::string import_huggingface(const ImportOptions& options) {
    const Node config = read_json(options.file);
    const Node* own = config.at("_name_or_path");
    const std::string name = name_of(options, own == nullptr ? "" : own->text);
    check_name(name);
    Diagnostics diagnostics;
    const HuggingFaceModel model = read_huggingface(config, name, options.head, diagnostics);
    diagnostics.throw_if_any();
    for (const std::string& note : model.notes) print_error(note);
    return fmt::format("# From a Hugging Face configuration of model_type {}.\nkind: workload\n{}",
                       model.model_type, write_yaml(model.description));
}

std::string import_table(const ImportOptions& options) {
    Diagnostics diagnostics;
    Graph graph = read_topology(read_csv(options.file), diagnostics);
    diagnostics.throw_if_any();
    graph.name = name_of(options);
    check_name(graph.name);
    return write_trace(graph);
}

std::string import_graph(const ImportOptions& options) {
    OnnxOptions wanted;
    wanted.name = name_of(options);
    check_name(wanted.name);
    wanted.approximate = options.approximate;
    for (const auto& [name, size] : options.dims)
        if (!wanted.dims.emplace(name, size).second)
            throw InputError(location_in("--dim " + printable(name)), "", "given twice");
    const MappedFile file(options.file);
    const OnnxImport import = import_onnx(parse_onnx(file.bytes(), options.file), wanted, options.file);
    for (const std::string& note : import.notes) print_error(note);
    return write_trace(import.graph);
}

enum class From : std::uint8_t { huggingface, table, onnx };

From kind_of_file(const std::string& file) {
    if (ends_in(file, ".json")) return From::huggingface;
    if (is_csv(file)) return From::table;
    if (ends_in(file, ".onnx")) return From::onnx;
    throw InputError(location_in(file, 1, 1), "",
                     "expected a file that ends in .json (a Hugging Face config.json), .onnx or .csv (a "
                     "SCALE-Sim topology)");
}

}  // namespace

int workload_import_verb(const ImportOptions& written, std::string& out) {
    ImportOptions options = written;
    options.file = resolve_argument(written.file);
    const From from = kind_of_file(options.file);
    const auto belongs = [&](bool given, From to, const char* message) {
        if (given && from != to) throw InputError(location_in(options.file, 1, 1), "", message);
    };
    belongs(!options.head.empty(), From::huggingface, "--head belongs to a Hugging Face config.json");
    belongs(!options.dims.empty(), From::onnx, "--dim belongs to an ONNX file");
    belongs(options.approximate, From::onnx, "--approximate belongs to an ONNX file");
    const std::string text = from == From::huggingface ? import_huggingface(options)
                             : from == From::table     ? import_table(options)
                                                       : import_graph(options);
    return deliver(text, options.out, out);
}

}  // namespace octet
