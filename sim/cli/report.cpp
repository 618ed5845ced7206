// octet report RESULTS
#include <fmt/format.h>

#include "sim/cli/process.h"
#include "sim/cli/verbs.h"
#include "sim/report/files.h"
#include "sim/report/html/headline.h"
#include "sim/report/html/page.h"
#include "sim/report/markdown.h"

namespace octet {

int report_verb(const ReportOptions& options, std::string& out) {
    const ReportInput input = load_report(options.results);
    const std::string markdown = report_markdown(input);
    if (options.out.empty()) {
        out += markdown;
        return 0;
    }
    write_files(
        options.out,
        {{"report.csv", report_csv(input)}, {"report.md", markdown}, {"report.html", report_page(input)}});
    out += fmt::format("{}\n{}/report.html\n", headline(input), options.out);
    return 0;
}

}  // namespace octet
