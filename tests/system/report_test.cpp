// `octet report`: its files, what it says of damaged input, and the page in a real browser.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <regex>

#include "tests/support/program.h"
#include "tests/system/browser.h"
#include "tests/system/octet.h"

namespace octet::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using Words = std::vector<std::string>;

const std::string source = OCTET_SOURCE_DIR;

Words tiny(const std::string& verb, const Words& more) {
    Words words{verb,    "configs/experiments/bert-base-edge16-posit8.yaml",
                "--set", "workload=workloads/tiny.yaml",
                "--set", "phase.sequence=16"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

std::string results(const std::string& kind) {
    const std::string folder = scratch_folder() + "/" + kind;
    if (kind == "run") octet(tiny("run", {"--values", "exact", "--out", folder}));
    if (kind == "compare")
        octet(tiny("compare", {"--formats", "int8,bf16,e4m3", "--values", "exact", "--out", folder}));
    if (kind == "sweep")
        octet({"sweep",
               scratch_file(
                   "sweep.yaml",
                   fmt::format(
                       "kind: sweep\nbase: {0}/configs/experiments/bert-base-edge16-posit8.yaml\naxes: "
                       "{{workload: [{0}/workloads/tiny.yaml], sequence: [8], pe.preset: [int8, bf16], "
                       "array.rows: [4, 8, 16], sram.capacity_kib: [1, 64]}}\nstrategy: {{kind: grid}}\n",
                       source)),
               "--out", folder});
    return folder;
}

class ReportOf : public testing::TestWithParam<const char*> {};

TEST_P(ReportOf, ResultsIsAPageThatABrowserDrawsWithoutAComplaint) {
    const std::string from = results(GetParam()), to = scratch_folder() + "/report";
    const Outcome outcome = octet({"report", from, "--out", to});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    for (const char* file : {"report.html", "report.md", "report.csv"})
        EXPECT_TRUE(std::filesystem::exists(to + "/" + file)) << file;
    const Page page = in_browser(to + "/report.html");
    EXPECT_EQ(page.console, "");
    EXPECT_GE(number_after(page.dom, "data-drawn"), 2);
    const int bottom = number_after(page.dom, "data-headline-bottom");
    EXPECT_GT(bottom, 0);
    EXPECT_LE(bottom, 600) << "the headline stands on the first screen";
    // Every axis says in which unit it counts.
    const std::regex title("aria-label=\"[XY]-axis titled '([^']*)'");
    std::size_t axes = 0;
    for (auto it = std::sregex_iterator(page.dom.begin(), page.dom.end(), title);
         it != std::sregex_iterator(); ++it, ++axes)
        EXPECT_THAT((*it)[1].str(), testing::MatchesRegex(".*\\(.+\\).*"));
    EXPECT_GE(axes, 2U);
    EXPECT_THAT(page.dom, HasSubstr("<td"));
}
INSTANTIATE_TEST_SUITE_P(, ReportOf, testing::Values("run", "compare", "sweep"),
                         [](const auto& kind) { return std::string(kind.param); });

// Text as the browser writes it.
std::string as_html(std::string text) {
    for (const auto& [plain, written] : {std::pair{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}})
        for (std::size_t at = 0; (at = text.find(plain, at)) != std::string::npos; at += std::strlen(written))
            text.replace(at, 1, written);
    return text;
}

TEST(Report, ShowsEveryPriceWithItsSourceAndTheAreaPartByPart) {
    for (const char* kind : {"run", "compare", "sweep"}) {
        const std::string from = results(kind), to = scratch_folder() + "/page";
        ASSERT_EQ(octet({"report", from, "--out", to}).status, 0);
        const std::string dom = in_browser(to + "/report.html").dom;
        const bool is_run = std::string(kind) == "run", is_compare = std::string(kind) == "compare";
        const json document = json::parse(read_file(from + (is_run       ? "/result.json"
                                                            : is_compare ? "/bf16/result.json"
                                                                         : "/inputs.json")));
        std::size_t shown = 0;
        for (const char* lines : {"energy_lines", "area_lines"})
            for (const json& line : document.at("costs").at(lines)) {
                if (document.contains("energy") && line.at("count") == 0) continue;
                ++shown;
                EXPECT_THAT(dom, HasSubstr(fmt::format("<td class=\"text\">{}</td>",
                                                       as_html(line.at("source").get<std::string>()))))
                    << kind;
                EXPECT_THAT(dom, HasSubstr(fmt::format("<td class=\"text\">{}</td>",
                                                       as_html(line.at("row").get<std::string>()))))
                    << kind;
            }
        EXPECT_GT(shown, 20U);
        for (const char* title : {"Area, part by part", "Prices", "Inputs"})
            EXPECT_THAT(dom, HasSubstr(fmt::format("<h2>{}", title))) << kind;
        // The band of the machine, its name on it, as wide as the area is.
        EXPECT_THAT(dom, HasSubstr(is_compare ? ">bf16</text>" : ">edge16-posit8</text>")) << kind;
        EXPECT_EQ(dom.find("<h2>Units in time</h2>") != std::string::npos, is_run);
    }
}

TEST(Report, ShowsPerplexityBesideThatOfDoublePrecision) {
    const std::string run = scratch_folder() + "/run", to = scratch_folder() + "/report";
    ASSERT_EQ(octet({"run", "configs/experiments/kjv-llama-edge16-posit8.yaml", "--set", "phase.batch=1",
                     "--out", run})
                  .status,
              0);
    ASSERT_EQ(octet({"report", run, "--out", to}).status, 0);
    const json numerics = json::parse(read_file(run + "/result.json"))["numerics"];
    const std::string dom = in_browser(to + "/report.html").dom;
    EXPECT_THAT(dom, HasSubstr(fmt::format("<b>{:.4f} (exact {:.4f})</b><span>perplexity</span>",
                                           numerics["perplexity"].get<double>(),
                                           numerics["reference"]["perplexity"].get<double>())));
    EXPECT_THAT(dom, HasSubstr(fmt::format("<b>{:.2f} % (exact {:.2f} %)</b><span>accuracy</span>",
                                           100 * numerics["accuracy"].get<double>(),
                                           100 * numerics["reference"]["accuracy"].get<double>())));
}

TEST(Report, SortsTablesAndListsThePointsUnderTheBrush) {
    const std::string from = results("sweep"), to = scratch_folder() + "/page";
    ASSERT_EQ(octet({"report", from, "--out", to}).status, 0);
    const std::string script = R"(
const column = (table, title) => [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent === title);
const front = document.querySelector('table'), energies = () => [...front.tBodies[0].rows].map((row) => row.cells[column(front, 'energy (uJ)')].textContent);
const said = [];
front.tHead.rows[0].cells[column(front, 'energy (uJ)')].querySelector('button').click();
said.push('up ' + energies().join(' '));
front.tHead.rows[0].cells[column(front, 'energy (uJ)')].querySelector('button').click();
said.push('down ' + energies().join(' '));
const area = document.querySelector('.area path, .area rect'), box = area.getBoundingClientRect();
const mouse = (target, type, x, y) => target.dispatchEvent(new MouseEvent(type, { clientX: x, clientY: y, bubbles: true, view: window }));
mouse(area, 'mousedown', box.left + 1, box.top + 1);
mouse(window, 'mousemove', box.right - 1, box.bottom - 1);
mouse(window, 'mouseup', box.right - 1, box.bottom - 1);
setTimeout(() => {
  said.push('picked ' + document.querySelectorAll('section')[0].querySelectorAll('tbody tr').length);
  document.body.append(Object.assign(document.createElement('pre'), { id: 'said', textContent: said.join('\n') }));
}, 1000);
)";
    const Page page = in_browser(with_script(to + "/report.html", script));
    EXPECT_EQ(page.console, "");
    std::istringstream lines(between(page.dom, "<pre id=\"said\">", "</pre>"));
    std::string word, line;
    std::vector<std::vector<double>> orders;
    for (const char* direction : {"up", "down"}) {
        std::getline(lines, line);
        std::istringstream numbers(line);
        numbers >> word;
        ASSERT_EQ(word, direction) << page.dom.substr(page.dom.size() - 400);
        auto& order = orders.emplace_back();
        for (double number = 0; numbers >> number;) order.push_back(number);
        ASSERT_GT(order.size(), 1U);
    }
    EXPECT_TRUE(std::ranges::is_sorted(orders[0]));
    EXPECT_TRUE(std::ranges::is_sorted(orders[1], std::greater<>()));
    std::size_t done = 0;
    const json exported = json::parse(octet({"sweep", "export", from, "--json"}).out);
    for (const json& row : exported.at("rows")) done += row.at("status") == "done" ? 1U : 0U;
    EXPECT_GT(done, 1U);
    std::getline(lines, line);
    EXPECT_EQ(line, fmt::format("picked {}", done));
}

TEST(Report, HasWhatUnitsDidInSlotsThatAddUpToTheBooks) {
    const std::string from = results("run");
    const json slots = json::parse(read_file(from + "/units.json")),
               result = json::parse(read_file(from + "/result.json"));
    const auto length = slots.at("cycles").get<std::uint64_t>(),
               total = result.at("cycles").at("total").get<std::uint64_t>();
    ASSERT_EQ(slots.at("units").size(), result.at("cycles").at("units").size());
    for (const auto& [unit, rows] : slots.at("units").items())
        for (const char* state : {"busy", "stall"}) {
            std::uint64_t sum = 0;
            for (const json& cycles : rows.at(state)) {
                EXPECT_LE(cycles.get<std::uint64_t>(), length);
                sum += cycles.get<std::uint64_t>();
            }
            EXPECT_EQ(rows.at(state).size(), (total + length - 1) / length);
            EXPECT_EQ(sum, result.at("cycles").at("units").at(unit).at(state)) << unit << ' ' << state;
        }
}

TEST(Report, RunsNoScriptThatANameBrings) {
    const Folder folder;
    const std::string name =
        "<script>document.body.dataset.owned=1</script><img src=x onerror=document.body.dataset.owned=1>";
    const std::string trace = folder.write(
        "t.yaml",
        fmt::format("kind: trace\nname: \"{0}\"\ntensors:\n  - {{name: a, role: input, rows: 4, cols: 4}}\n  "
                    "- {{name: "
                    "b, role: weight, rows: 4, cols: 4}}\n  - {{name: c, role: output, rows: 4, cols: "
                    "4}}\noperations:\n  - {{name: \"{0}\", kind: matmul, inputs: [a, b], output: c}}\n",
                    name));
    const std::string run = scratch_folder() + "/hostile", page = scratch_folder() + "/page";
    ASSERT_EQ(octet({"run", "configs/experiments/bert-base-edge16-posit8.yaml", "--set", "workload=" + trace,
                     "--out", run})
                  .status,
              0);
    ASSERT_EQ(octet({"report", run, "--out", page}).status, 0);
    const Page shown = in_browser(page + "/report.html");
    EXPECT_THAT(shown.dom, Not(HasSubstr("data-owned")));
    EXPECT_THAT(shown.dom, HasSubstr("&lt;script&gt;document.body"));
    EXPECT_EQ(shown.console, "");
}

TEST(Report, PrintsMarkdownWithoutAFolderAndHasTheSameNumbersAsTheRun) {
    const std::string from = results("run");
    const json run = json::parse(read_file(from + "/result.json"));
    const Outcome outcome = octet({"report", from + "/result.json"});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_THAT(outcome.out, HasSubstr("# tiny (encode, batch 1, sequence 16) on edge16-posit8\n"));
    const std::string csv = (octet({"report", from, "--out", scratch_folder() + "/r"}),
                             read_file(scratch_folder() + "/r/report.csv"));
    std::istringstream lines(csv);
    std::string line;
    std::getline(lines, line);
    for (const json& operation : run.at("operations")) {
        ASSERT_TRUE(std::getline(lines, line));
        EXPECT_EQ(line.substr(0, line.find(',')), operation.at("name").get<std::string>());
        EXPECT_THAT(line, HasSubstr(fmt::format(",{},", operation.at("cycles").get<int>())));
    }
}

TEST(Report, SaysWhatIsWrongWithWhatItIsGiven) {
    const auto message = [](const std::string& path) {
        const Outcome outcome = octet({"report", path});
        EXPECT_EQ(outcome.status, 1) << path;
        EXPECT_EQ(outcome.out, "");
        return outcome.err;
    };
    EXPECT_THAT(message("no-such-folder"), HasSubstr("there is no file or folder no-such-folder"));
    EXPECT_THAT(message(source + "/docs"), HasSubstr("it holds no result.json, compare.json or sweep.json"));
    EXPECT_THAT(message(scratch_file("x/result.json", "{\"schema\": 1}")),
                HasSubstr("it has no /accelerator/array"));
    EXPECT_THAT(message(scratch_file("y/result.json", "{\"schema\": ")),
                HasSubstr("it holds no JSON document"));
    EXPECT_THAT(message(scratch_file("z/result.json", "{\"schema\": 7}")),
                HasSubstr("no document of schema 1"));
    EXPECT_THAT(message(scratch_file("v/compare.json", "{\"schema\": 1, \"rows\": 3}")),
                HasSubstr("it has no rows"));
    EXPECT_THAT(message(scratch_file("w/sweep.json", "{\"schema\": 1}")), HasSubstr("cannot open the store"));
    EXPECT_THAT(message(scratch_file("u/sweep.json", "[]")), HasSubstr("it holds no JSON document"));
}

}  // namespace
}  // namespace octet::test
