// What `octet report` is asked about: the documents that run, compare and sweep leave behind.
#pragma once
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace octet {

// A file or folder that holds no results, or damaged ones. what() names it and the reason.
class ReportError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

enum class ReportKind : std::uint8_t { run, compare, sweep };

struct ReportInput {
    ReportKind kind = ReportKind::run;
    std::string title;  // of the page
    // As report.js takes it: a result document with `peak_dram_gbps` and `slots` (units.json); a comparison
    // with `labels`, `metrics` and the `costs` of each row's result; a sweep with `rows`, `pareto`,
    // `objectives`, `keys`, `metrics`, `inputs` (inputs.json). What was not found is null, or missing in a
    // row.
    nlohmann::ordered_json document;
};

// `path`: a folder that run, compare or sweep wrote with --out, or its result.json, compare.json, sweep.json.
// Throws ReportError, StoreError.
ReportInput load_report(const std::string& path);

}  // namespace octet
