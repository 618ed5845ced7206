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
    // As report.js takes it: a result document with `peak_dram_gbps`; a comparison with `labels`, `metrics`,
    // the result of each row merged into the row; a sweep with `rows`, `pareto`, `objectives`, `keys`,
    // `metrics`.
    nlohmann::ordered_json document;
};

// `path`: a folder that run, compare or sweep wrote with --out, or its result.json, compare.json, sweep.json.
// Throws ReportError, StoreError.
ReportInput load_report(const std::string& path);

}  // namespace octet
