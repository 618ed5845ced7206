// `octet op gemm --animate`: the page in a real browser, against the rules of docs/hardware/array.md.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "sim/tensors/tensor_file.h"
#include "tests/support/program.h"
#include "tests/system/browser.h"
#include "tests/system/octet.h"

namespace octet::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using Words = std::vector<std::string>;

// What a script of the test does in the page: goes from the first cycle to the last one by the button, and
// writes down what stands in the squares.
constexpr const char* walking = R"(
const read = () => [...document.querySelectorAll('.pe')].map((pe) => [pe.dataset.row, pe.dataset.column,
  ...['input', 'weight', 'sum'].map((name) => pe.querySelector('.' + name).textContent || '-'), pe.classList.contains('shadow') ? 1 : 0].join(' '));
const lines = [];
for (;;) {
  read().forEach((line) => lines.push(document.body.dataset.cycle + ' ' + line));
  if (document.getElementById('forward').disabled) break;
  document.getElementById('forward').click();
}
document.body.append(Object.assign(document.createElement('pre'), { id: 'walked', textContent: lines.join('\n') }));
)";

struct Square {
    std::string input, weight, sum;
    bool shadow = false;
};
// By cycle, row, column.
using Walk = std::map<int, std::map<std::pair<int, int>, Square>>;
Walk walked(const Page& page) {
    std::istringstream lines(between(page.dom, "<pre id=\"walked\">", "</pre>"));
    Walk walk;
    int cycle = 0, row = 0, column = 0;
    Square square;
    while (lines >> cycle >> row >> column >> square.input >> square.weight >> square.sum >> square.shadow)
        walk[cycle][{row, column}] = square;
    return walk;
}

// C = A B of small whole numbers on an array of 3 x 2; the squares show them to the last digit.
class Animate : public testing::Test {
  protected:
    static constexpr int m = 4, n = 3, k = 5, rows = 3, cols = 2;
    static int a(int i, int j) { return 1 + i - 2 * j; }
    static int b(int i, int j) { return 2 + i - 3 * j; }

    Words product(const Words& more, const std::string& preset = "bf16") const {
        Words words{"op",
                    "gemm",
                    "--accelerator",
                    source + "/configs/accelerators/edge16-posit8.yaml",
                    "--set",
                    "pe.preset=" + preset,
                    "--set",
                    fmt::format("array.rows={}", rows),
                    "--set",
                    fmt::format("array.cols={}", cols),
                    "--animate",
                    file};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
    Words with_values(const Words& more, const std::string& preset = "bf16") const {
        std::vector<float> x, y;
        for (int i = 0; i < m; ++i)
            for (int j = 0; j < k; ++j) x.push_back(static_cast<float>(a(i, j)));
        for (int i = 0; i < k; ++i)
            for (int j = 0; j < n; ++j) y.push_back(static_cast<float>(b(i, j)));
        const std::array<std::uint64_t, 2> x_shape{m, k}, y_shape{k, n};
        Words words{"--in", folder.write("a.npy", npy_text(Dtype::f32, x_shape, std::as_bytes(std::span(x)))),
                    folder.write("b.npy", npy_text(Dtype::f32, y_shape, std::as_bytes(std::span(y))))};
        words.insert(words.end(), more.begin(), more.end());
        return product(words, preset);
    }
    Walk walk_of(const Words& words) const {
        const Outcome outcome = octet(words);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        const Page page = in_browser(with_script(file, walking));
        EXPECT_EQ(page.console, "");
        EXPECT_GT(number_after(page.dom, "data-ready"), 0);
        return walked(page);
    }
    const std::string source = OCTET_SOURCE_DIR;
    Folder folder;
    const std::string file = (folder.path() / "out.html").string();
};

std::string text(int value) {
    return fmt::format("{}", value);
}

TEST_F(Animate, StepsThroughAWeightStationaryProduct) {
    const Walk walk = walk_of(with_values({}));
    std::vector<int> entered;  // cycles in which a vector is in the first element
    for (const auto& [cycle, squares] : walk)
        if (squares.at({0, 0}).input != "-") entered.push_back(cycle);
    ASSERT_EQ(entered.size(), 2u * 2 * m);  // column tiles, in each its reduction tiles
    for (std::size_t e = 0; e < entered.size(); ++e) {
        const int pass = static_cast<int>(e) / m, v = static_cast<int>(e) % m;
        for (int i = 0; i < rows; ++i)
            for (int j = 0; j < cols; ++j) {
                const int at_k = pass % 2 * rows + i, at_n = pass / 2 * cols + j;
                int sum = 0;
                for (int r = pass % 2 * rows; r <= std::min(at_k, k - 1); ++r)
                    sum += at_n < n ? a(v, r) * b(r, at_n) : 0;
                const Square& square = walk.at(entered[e] + i + j).at({i, j});
                EXPECT_EQ(square.input, text(at_k < k ? a(v, at_k) : 0)) << e << ' ' << i << ' ' << j;
                EXPECT_EQ(square.weight, at_k < k && at_n < n ? text(b(at_k, at_n)) : "-") << e << ' ' << i;
                EXPECT_EQ(square.sum, text(sum)) << e << ' ' << i << ' ' << j;
            }
    }
}

TEST_F(Animate, StepsThroughAnInputStationaryProduct) {
    const Walk walk = walk_of(with_values({"--set", "array.dataflow=input_stationary"}));
    std::vector<int> entered;  // columns of B
    for (const auto& [cycle, squares] : walk)
        if (squares.at({0, 0}).input != "-") entered.push_back(cycle);
    ASSERT_EQ(entered.size(), 2u * 2 * n);  // tiles of rows of A, in each its reduction tiles
    for (std::size_t e = 0; e < entered.size(); ++e) {
        const int pass = static_cast<int>(e) / n, v = static_cast<int>(e) % n;
        for (int i = 0; i < rows; ++i)
            for (int j = 0; j < cols; ++j) {
                const int at_k = pass % 2 * rows + i, at_m = pass / 2 * cols + j;
                int sum = 0;
                for (int r = pass % 2 * rows; r <= std::min(at_k, k - 1); ++r) sum += a(at_m, r) * b(r, v);
                const Square& square = walk.at(entered[e] + i + j).at({i, j});
                EXPECT_EQ(square.input, text(at_k < k ? b(at_k, v) : 0)) << e << ' ' << i << ' ' << j;
                EXPECT_EQ(square.weight, at_k < k ? text(a(at_m, at_k)) : "-") << e << ' ' << i << ' ' << j;
                EXPECT_EQ(square.sum, text(sum)) << e << ' ' << i << ' ' << j;
            }
    }
}

TEST_F(Animate, StepsThroughAnOutputStationaryProduct) {
    const Walk walk = walk_of(with_values({"--set", "array.dataflow=output_stationary"}));
    std::vector<int> steps;  // cycles in which one enters, at the top left
    for (const auto& [cycle, squares] : walk)
        if (squares.at({rows - 1, 0}).input != "-") steps.push_back(cycle);
    ASSERT_EQ(steps.size(), 2u * 2 * k);
    for (std::size_t s = 0; s < steps.size(); ++s) {
        const int fold = static_cast<int>(s) / k, step = static_cast<int>(s) % k;
        for (int i = 0; i < rows; ++i)
            for (int j = 0; j < cols; ++j) {
                const int at_m = fold / 2 * rows + i, at_n = fold % 2 * cols + j;
                int sum = 0;
                for (int r = 0; r <= step; ++r) sum += at_m < m && at_n < n ? a(at_m, r) * b(r, at_n) : 0;
                const Square& square = walk.at(steps[s] + rows - 1 - i + j).at({i, j});
                EXPECT_EQ(square.input, text(at_m < m ? a(at_m, step) : 0)) << s << ' ' << i << ' ' << j;
                EXPECT_EQ(square.weight, at_n < n ? text(b(step, at_n)) : "-") << s << ' ' << i << ' ' << j;
                EXPECT_EQ(square.sum, text(sum)) << s << ' ' << i << ' ' << j;
                if (step + 1 == k) {
                    EXPECT_TRUE(walk.at(steps[s] + rows + cols - 2).at({i, j}).shadow);
                }
            }
    }
}

TEST_F(Animate, TellsOfAnElementItsCodesFieldsProductAndSum) {
    ASSERT_EQ(octet(with_values({}, "posit8_1_ftz")).status, 0);
    // The cycle in which the first vector is in the first element, then the element on its right and the one
    // below.
    const std::string script = R"(
const said = [], say = () => said.push(document.getElementById('panel').innerText.replace(/\s+/g, ' '));
const key = (key) => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
const inFirst = () => document.querySelector('.pe .input').textContent;
while (inFirst() === '') key('.');
document.querySelector('.pe').click();
say();
key('.'); key('ArrowRight'); say();
key('ArrowLeft'); key('ArrowDown'); say();
key(','); say();
key('End'); said.push('end ' + document.getElementById('forward').disabled + ' ' + document.getElementById('scrub').value);
key('Home'); said.push('home ' + document.getElementById('back').disabled + ' ' + document.getElementById('scrub').value);
document.body.append(Object.assign(document.createElement('pre'), { id: 'said', textContent: said.join('\n') }));
)";
    const Page page = in_browser(with_script(file, script));
    EXPECT_EQ(page.console, "");
    std::istringstream lines(between(page.dom, "<pre id=\"said\">", "</pre>"));
    std::string line;
    const auto next = [&] {
        std::getline(lines, line);
        return line;
    };
    // A(0,0) = 1, B(0,0) = 2: posit(8,1) codes 0 10 0 0000 and 0 10 1 0000; as E5M4 the exponent has a bias
    // of 15.
    EXPECT_THAT(next(), HasSubstr("Row 0, column 0 activation, from the left 1 = posit8_1_ftz code 0x40"));
    EXPECT_THAT(line, HasSubstr("0 sign 10 regime 0 exponent 0000 fraction"));
    EXPECT_THAT(line, HasSubstr("decoded to e5m4 0x0f0 0 sign 01111 exponent 0000 mantissa"));
    EXPECT_THAT(line, HasSubstr("weight, held 2 = posit8_1_ftz code 0x50 0 sign 10 regime 1 exponent 0000"));
    EXPECT_THAT(line, HasSubstr("product 1 x 2 = 2"));
    EXPECT_THAT(line, HasSubstr("0 (begins here) + 2, rounded: 2 (bf16 0x4000)"));
    // B(0,1) = -1: two's complement of 1.
    EXPECT_THAT(next(), HasSubstr("Row 0, column 1"));
    EXPECT_THAT(line, HasSubstr("-1 = posit8_1_ftz code 0xc0 1 sign 10 regime 0 exponent 0000 fraction"));
    EXPECT_THAT(line, HasSubstr("product 1 x -1 = -1"));
    // A(0,1) = -1, B(1,0) = 3: 2 - 3.
    EXPECT_THAT(next(), HasSubstr("Row 1, column 0"));
    EXPECT_THAT(line, HasSubstr("product -1 x 3 = -3"));
    EXPECT_THAT(line, HasSubstr("2 from above + -3, rounded: -1 (bf16 0xbf80)"));
    EXPECT_THAT(next(), HasSubstr("Row 1, column 0 activation, from the left nothing"));
    EXPECT_EQ(next(), fmt::format("end true {}", number_after(page.dom, "data-ready") - 1));
    EXPECT_EQ(next(), "home true 0");
    EXPECT_THAT(page.dom, HasSubstr("What is a posit?"));
}

TEST_F(Animate, PlaysToTheEndAndOpensAtACycle) {
    ASSERT_EQ(octet(with_values({})).status, 0);
    const std::string script = R"(
document.getElementById('speed').value = '60';
document.getElementById('play').click();
document.body.dataset.label = document.getElementById('play').textContent;
)";
    const Page played = in_browser(with_script(file, script));
    EXPECT_EQ(played.console, "");
    EXPECT_THAT(played.dom, HasSubstr("data-label=\"Pause\""));
    EXPECT_THAT(played.dom, testing::ContainsRegex("id=\"play\"[^>]*>Play<"));  // it has come to the end
    const int last = number_after(played.dom, "data-cycle");
    const Page opened = in_browser(fmt::format("{}#cycle={}&pe=2,1", file, last - 3));
    EXPECT_EQ(number_after(opened.dom, "data-cycle"), last - 3);
    EXPECT_THAT(opened.dom, HasSubstr("<h2>Row 2, column 1</h2>"));
}

TEST_F(Animate, TakesEveryPresetAndSyntheticValues) {
    for (const char* preset :
         {"posit8_0", "posit8_2", "e4m3", "hybrid_fp8", "int8", "int4", "mxfp8_e4m3", "mxfp4_e2m1", "fp32"}) {
        const Outcome outcome = octet(product({"--shape", "5,4,40", "--set", "array.rows=4"}, preset));
        ASSERT_EQ(outcome.status, 0) << preset << outcome.err;
        EXPECT_THAT(read_file(file), HasSubstr("\"weights\":[{\"v\":")) << preset;
    }
    const std::string page = read_file(file);
    const Words again{"--shape", "5,4,40", "--set", "array.rows=4"};
    ASSERT_EQ(octet(product(again, "fp32")).status, 0);
    EXPECT_EQ(read_file(file), page) << "the same values twice";
    Words other = again;
    other.insert(other.end(), {"--seed", "1"});
    ASSERT_EQ(octet(product(other, "fp32")).status, 0);
    EXPECT_NE(read_file(file), page);
}

TEST_F(Animate, ChangesNoNumberOfTheRun) {
    Words with = with_values({}), without;
    for (std::size_t i = 0; i < with.size(); ++i)
        if (with[i] == "--animate")
            ++i;
        else
            without.push_back(with[i]);
    EXPECT_EQ(document(with), document(without));
}

TEST_F(Animate, RefusesWhatAPageCannotShow) {
    const auto refused = [&](const Words& words, int status) {
        const Outcome outcome = octet(words);
        EXPECT_EQ(outcome.status, status) << outcome.err;
        EXPECT_EQ(outcome.out, "");
        EXPECT_FALSE(std::filesystem::exists(file));
        return outcome.err;
    };
    EXPECT_THAT(refused(product({"--shape", "4,4,4", "--fidelity", "pass"}), 2),
                HasSubstr("without --fidelity pass"));
    EXPECT_THAT(refused(product({"--shape", "4,4,4", "--set", "array.cols=64"}), 1),
                HasSubstr("at most 32 x 32 elements, not 3 x 64"));
    EXPECT_THAT(
        refused(product({"--shape", "384,768,768"}), 1),
        HasSubstr("room for 200000 elements x cycles; this product alone multiplies 384 x 768 x 768"));
    // Few products, but each vector crosses the whole array.
    EXPECT_THAT(
        refused(product({"--shape", "300,1,1", "--set", "array.rows=32", "--set", "array.cols=32"}), 1),
        HasSubstr("the 1024 elements move in"));
    EXPECT_THAT(refused(product({"--shape", "1,4,4", "--set", "matvec=vector"}), 1),
                HasSubstr("takes no part"));
    EXPECT_EQ(octet({"op", "gelu", "--accelerator", source + "/configs/accelerators/edge16-posit8.yaml",
                     "--shape", "4,4", "--animate", file})
                  .status,
              2);
    std::vector<std::string> left;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) left.push_back(entry.path());
    EXPECT_THAT(left, testing::IsEmpty());
}

}  // namespace
}  // namespace octet::test
