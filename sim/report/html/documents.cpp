#include "sim/report/html/documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/compare/metrics.h"
#include "sim/config/experiment.h"
#include "sim/config/yaml.h"
#include "sim/report/sweep_text.h"
#include "sim/report/terminal.h"
#include "sim/run/roofline.h"
#include "sim/sweep/metrics.h"
#include "sim/sweep/store.h"

namespace octet {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::uintmax_t largest_document = std::uintmax_t{1} << 30U;

Json read_document(const fs::path& path) {
    std::error_code error;
    if (const auto size = fs::file_size(path, error); error || size > largest_document)
        throw ReportError(
            fmt::format("{}: {}", path.string(), error ? error.message() : "it is larger than 1 GiB"));
    std::ifstream stream(path, std::ios::binary);
    Json document = Json::parse(stream, nullptr, false);
    if (document.is_discarded() || !document.is_object())
        throw ReportError(fmt::format("{}: it holds no JSON document", path.string()));
    if (document.value("schema", 0) != 1)
        throw ReportError(fmt::format("{}: no document of schema 1", path.string()));
    return document;
}

// The value at a JSON pointer, which must be there.
const Json& at(const Json& document, const char* pointer, const fs::path& path) {
    const Json::json_pointer place{std::string(pointer)};
    if (!document.contains(place))
        throw ReportError(
            fmt::format("{}: it has no {}: no document that octet wrote", path.string(), pointer));
    return document.at(place);
}

// Of the machine of a result document; null if this version cannot read it.
Json peak_dram_gbps(const Json& accelerator) {
    try {
        Diagnostics wrong;
        const AcceleratorConfig machine =
            read_accelerator(parse_yaml(accelerator.dump(), "accelerator"), wrong);
        if (!wrong.empty()) return nullptr;
        return dram_bytes_per_cycle(machine) * machine.clock_mhz * 1e6 / 1e9;
    } catch (const InputError&) {
        return nullptr;
    }
}

void check_result(const Json& result, const fs::path& path) {
    for (const char* pointer :
         {"/accelerator/array", "/accelerator/name", "/workload/name", "/cycles/total", "/cycles/units",
          "/cycles/stalls", "/cycles/utilization", "/seconds", "/energy/total_pj", "/energy/components",
          "/energy/confidence", "/area/total_um2", "/area/components", "/area/confidence",
          "/traffic/dram_read_bytes", "/metrics", "/operations", "/macs"})
        at(result, pointer, path);
}

// What stands beside a document and older versions did not write; null if it is not there.
Json beside(const fs::path& document, const fs::path& name) {
    const fs::path path = document.parent_path() / name;
    std::error_code error;
    return fs::exists(path, error) ? read_document(path) : Json(nullptr);
}

ReportInput run_report(const fs::path& path) {
    Json result = read_document(path);
    check_result(result, path);
    result["slots"] = beside(path, "units.json");
    result["peak_dram_gbps"] = peak_dram_gbps(result.at("accelerator"));
    std::string title = fmt::format("{} on {}", title_of_work(result.at("workload"), result.at("phase")),
                                    at(result, "/accelerator/name", path).get<std::string>());
    return {ReportKind::run, std::move(title), std::move(result)};
}

Json metric_table() {
    Json list = Json::array();
    for (const Metric& metric : metrics)
        list.push_back(
            {{"key", metric.key}, {"name", metric.name}, {"title", metric.title}, {"scale", metric.scale}});
    return list;
}

Figures figures_of_row(const Json& row) {
    Figures figures;
    for (std::size_t i = 0; i < metric_count; ++i)
        if (const auto found = row.find(metrics[i].key); found != row.end() && found->is_number())
            figures[i] = found->get<double>();
    return figures;
}

ReportInput compare_report(const fs::path& path) {
    Json comparison = read_document(path);
    Json& rows = comparison["rows"];
    if (!rows.is_array() || rows.empty()) throw ReportError(fmt::format("{}: it has no rows", path.string()));
    const Json dimensions = at(comparison, "/dimensions", path);
    std::vector<Figures> figures;
    Json labels = Json::array();
    for (Json& row : rows) {
        std::string label, folder;
        for (const Json& dimension : dimensions) {
            const std::string key = "/" + dimension.get<std::string>();
            const std::string value = at(row, key.c_str(), path).get<std::string>();
            label += (label.empty() ? "" : ", ") + value;
            folder += (folder.empty() ? "" : "-") + value;
        }
        if (label.empty()) label = folder = at(row, "/format", path).get<std::string>();
        labels.push_back(label);
        if (const Json result = beside(path, fs::path(folder) / "result.json"); result.contains("costs"))
            row["costs"] = result.at("costs");
        figures.push_back(figures_of_row(row));
    }
    const auto best = best_of(figures);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Json names = Json::array();
        for (std::size_t m = 0; m < metric_count; ++m)
            if (best[i][m]) names.push_back(metrics[m].key);
        rows[i]["best"] = std::move(names);
    }
    comparison["labels"] = std::move(labels);
    comparison["metrics"] = metric_table();
    std::string title =
        fmt::format("{} on {}: a comparison",
                    title_of_work(at(comparison, "/workload", path), at(comparison, "/phase", path)),
                    at(comparison, "/accelerator/name", path).get<std::string>());
    return {ReportKind::compare, std::move(title), std::move(comparison)};
}

ReportInput sweep_report(const fs::path& folder) {
    Json sweep = read_document(folder / "sweep.json");
    const SweepStore store((folder / "store.sqlite").string(), SweepStore::Access::read);
    const Json ids = at(sweep, "/ids", folder / "sweep.json");
    std::vector<StoredPoint> points;
    store.each([&](const StoredPoint& point) {
        if (std::ranges::find(ids, Json(point.id)) != ids.end()) points.push_back(point);
    });
    sweep["rows"] = sweep_rows(points);
    sweep["inputs"] = beside(folder / "sweep.json", "inputs.json");
    Json keys = Json::array();
    for (const StoredPoint& point : points)
        for (const auto& [key, value] : point.config.items())
            if (std::ranges::find(keys, Json(key)) == keys.end() &&
                std::ranges::any_of(points, [&](const StoredPoint& p) {
                    return !p.config.contains(key) || p.config.at(key) != point.config.at(key);
                }))
                keys.push_back(key);
    sweep["keys"] = std::move(keys);
    for (const std::string_view metric : sweep_metric_names())
        sweep["metrics"].push_back({{"name", metric}, {"title", axis_title(metric)}});
    std::string title =
        fmt::format("A sweep of {}", fs::path(at(sweep, "/base", folder).get<std::string>()).stem().string());
    return {ReportKind::sweep, std::move(title), std::move(sweep)};
}

}  // namespace

ReportInput load_report(const std::string& written) {
    const fs::path path(written);
    std::error_code error;
    const bool folder = fs::is_directory(path, error);
    const auto holds = [&](const char* name) {
        return folder ? fs::exists(path / name, error) : path.filename() == name;
    };
    const auto file = [&](const char* name) { return folder ? path / name : path; };
    if (holds("sweep.json")) return sweep_report(folder ? path : path.parent_path());
    if (holds("compare.json")) return compare_report(file("compare.json"));
    if (holds("result.json")) return run_report(file("result.json"));
    if (!fs::exists(path, error)) throw ReportError(fmt::format("there is no file or folder {}", written));
    if (folder)
        throw ReportError(fmt::format("{}: it holds no result.json, compare.json or sweep.json", written));
    const Json document = read_document(path);
    if (document.contains("rows")) return compare_report(path);
    return run_report(path);
}

}  // namespace octet
