// octet compare EXPERIMENT --formats A,B,...
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "sim/cli/load.h"
#include "sim/cli/process.h"
#include "sim/cli/verbs.h"
#include "sim/compare/compare.h"
#include "sim/report/compare_text.h"
#include "sim/report/files.h"
#include "sim/report/progress.h"
#include "sim/report/terminal.h"

namespace octet {
namespace {

// "posit8_1_ftz-none": a folder for a row's result document.
std::string folder_of(const ComparedRow& row) {
    return row.values.empty() ? row.format : fmt::format("{}", fmt::join(row.values, "-"));
}

void write_comparison(const std::string& folder, const FormatComparison& comparison) {
    write_files(folder, {{"compare.csv", compare_csv(comparison)},
                         {"compare.md", compare_markdown(comparison)},
                         {"summary.txt", compare_text(comparison)}});
    for (const ComparedRow& row : comparison.rows)
        write_files(folder + "/" + folder_of(row), {{"result.json", to_text(row.result)}});
    write_files(folder, {{"compare.json", to_text(to_json(comparison))}});
}

std::string printed(const CompareOptions& options, const FormatComparison& comparison) {
    if (options.print == CompareOptions::Print::json) return to_text(to_json(comparison));
    if (options.print == CompareOptions::Print::csv) return compare_csv(comparison);
    if (options.print == CompareOptions::Print::markdown) return compare_markdown(comparison);
    return compare_text(comparison, wants_colour());
}

}  // namespace

int compare_verb(const CompareOptions& options, std::string& out) {
    const auto begin = std::chrono::steady_clock::now();
    const ComparePlan plan = plan_of(options.lists);
    const auto load = [&](const std::vector<Setting>& row) {
        return load_to_run(options.experiment, options.settings, row, options.seed);
    };
    FormatComparison comparison;
    {
        ProgressBar progress(plan.rows.size());
        const std::size_t parallel =
            options.jobs > 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency());
        comparison = compare(plan, load, parallel, [&](const CompareRow& row, bool failed) {
            progress.advance(failed, row.label());
        });
    }
    for (const ComparedRow& row : comparison.rows)
        if (!row.error.empty()) print_error(fmt::format("octet: {}: {}", folder_of(row), row.error));
    // A document or a folder is whole or not there; a table shows the rows there are.
    const bool whole = options.print == CompareOptions::Print::json || !options.out.empty();
    const bool any = std::ranges::any_of(comparison.rows, &std::string::empty, &ComparedRow::error);
    if (!comparison.complete() && (whole || !any)) return 1;
    if (!options.out.empty()) write_comparison(options.out, comparison);
    out += printed(options, comparison);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (options.print == CompareOptions::Print::text)
        print_error(fmt::format("({} simulations in {:.2f} s)", plan.rows.size(), seconds));
    return comparison.complete() ? 0 : 1;
}

}  // namespace octet
