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
    Findings found;
};

Checked check_file(const std::string& path) {
    Checked file{path, {}, {}};
    try {
        Node root = load_layers(resolve_argument(path), all_kinds);
        file.kind = kind_of(root);
        find_kind(file.kind)->check(std::move(root), file.found);
    } catch (const InputError& error) {
        file.found.errors.append(error.diagnostics());
    }
    return file;
}

// "mac 20-31, 40; vector 55": the lines of rows, by what they price.
std::string lines_of(const CostTable& table, const std::vector<std::size_t>& rows) {
    std::string text, component;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const CostRow& row = table.rows[rows[i]];
        if (row.components.front() != component)
            text += fmt::format("{}{} ", text.empty() ? "" : "; ", component = row.components.front());
        else
            text += ", ";
        std::size_t last = i;
        while (last + 1 < rows.size() && rows[last + 1] == rows[last] + 1 &&
               table.rows[rows[last + 1]].components.front() == component)
            ++last;
        text += fmt::format("{}", row.line);
        if (last > i) text += fmt::format("-{}", table.rows[rows[last]].line);
        i = last;
    }
    return text;
}

Json to_json(const CostTable& table, const std::vector<std::size_t>& rows) {
    Json list = Json::array();
    for (const std::size_t i : rows)
        list.push_back({{"path", table.path},
                        {"line", table.rows[i].line},
                        {"component", table.rows[i].components},
                        {"action", table.rows[i].actions},
                        {"source", table.rows[i].source}});
    return list;
}

Json to_json(const Checked& file) {
    Json errors = Json::array();
    for (const auto& error : file.found.errors.all()) {
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
    if (!file.found.costs.rows.empty())
        document["unused_rows"] = to_json(file.found.costs, file.found.unused);
    return document;
}

std::string unused_text(const Findings& found) {
    if (found.unused.empty()) return "";
    return fmt::format("  of the {} rows of {} {} price nothing of this machine, on the lines\n  {}\n",
                       found.costs.rows.size(), found.costs.path, found.unused.size(),
                       lines_of(found.costs, found.unused));
}

}  // namespace

int check_verb(const CheckOptions& options, std::string& out) {
    int code = 0;
    Json files = Json::array();
    for (const auto& path : options.files) {
        const Checked file = check_file(path);
        if (!file.found.errors.empty()) code = 1;
        if (options.json)
            files.push_back(to_json(file));
        else if (file.found.errors.empty())
            out += fmt::format("{}: valid {}\n{}", path, file.kind, unused_text(file.found));
        else
            print_error(file.found.errors.text());
    }
    if (options.json) {
        const Json document{{"schema", 1}, {"octet", OCTET_VERSION}, {"files", std::move(files)}};
        out += document.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
    }
    return code;
}

}  // namespace octet
