// octet check FILE...
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/cli/kinds.h"
#include "sim/cli/process.h"
#include "sim/cli/verbs.h"
#include "sim/config/paths.h"

namespace octet {
namespace {

struct Checked {
    std::string path, kind;
    Diagnostics errors;
};

Checked check_file(const std::string& path) {
    Checked file{path, {}, {}};
    try {
        Node root = load_layers(resolve_argument(path), all_kinds);
        file.kind = kind_of(root);
        find_kind(file.kind)->check(std::move(root), file.errors);
    } catch (const InputError& error) {
        file.errors.append(error.diagnostics());
    }
    return file;
}

Json to_json(const Checked& file) {
    Json errors = Json::array();
    for (const auto& error : file.errors.all()) {
        Json row{{"line", error.where.line},
                 {"column", error.where.column},
                 {"key", error.key},
                 {"message", error.message}};
        // An error may lie in a file that this one names.
        if (error.where.file != nullptr && *error.where.file != file.path) row["path"] = *error.where.file;
        errors.push_back(std::move(row));
    }
    Json document{{"path", file.path}, {"kind", nullptr}, {"errors", std::move(errors)}};
    if (!file.kind.empty()) document["kind"] = file.kind;
    return document;
}

}  // namespace

int check_verb(const CheckOptions& options, std::string& out) {
    int code = 0;
    Json files = Json::array();
    for (const auto& path : options.files) {
        const Checked file = check_file(path);
        if (!file.errors.empty()) code = 1;
        if (options.json)
            files.push_back(to_json(file));
        else if (file.errors.empty())
            out += fmt::format("{}: valid {}\n", path, file.kind);
        else
            print_error(file.errors.text());
    }
    if (options.json) {
        const Json document{{"schema", 1}, {"octet", OCTET_VERSION}, {"files", std::move(files)}};
        out += document.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
    }
    return code;
}

}  // namespace octet
