#include "sim/report/histogram_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/report/consumers.h"

namespace octet {
namespace {

constexpr std::size_t most_columns = 64;

// Tensors of the same name in all layers, with the same format.
struct Line {
    std::string name;
    std::size_t tensors = 0;
    TensorHistogram sum;
};

std::vector<Line> lines_of(const std::vector<TensorHistogram>& histograms) {
    std::vector<Line> lines;
    for (const TensorHistogram& h : histograms) {
        const std::string name = group_name(h.tensor);
        auto line = std::ranges::find_if(
            lines, [&](const Line& l) { return l.name == name && l.sum.format == h.format; });
        if (line == lines.end()) {
            line = lines.insert(lines.end(), {name, 0, {}});
            line->sum.format = h.format;
        }
        ++line->tensors;
        TensorHistogram& sum = line->sum;
        sum.values += h.values;
        sum.zeros += h.zeros;
        sum.nar += h.nar;
        sum.saturated += h.saturated;
        if (h.codes_used) sum.codes_used = sum.codes_used.value_or(0) + *h.codes_used;
        if (h.entropy_bits) sum.entropy_bits = sum.entropy_bits.value_or(0) + *h.entropy_bits;
        sum.bins.insert(sum.bins.end(), h.bins.begin(), h.bins.end());
    }
    return lines;
}

// Where a bin stands among all that its format can have, and how many these are.
struct Scale {
    std::vector<double> values;  // of the codes, ascending; of other formats empty: octaves from `low` on
    int low = 0, octaves = 0;

    explicit Scale(const TensorHistogram& h) {
        if (h.by_code()) {
            for (std::uint64_t code = 0; code < std::uint64_t{1} << h.format->bits; ++code) {
                const double value = h.format->decode(static_cast<Code>(code));
                if (!std::isnan(value)) values.push_back(value);
            }
            std::ranges::sort(values);
            return;
        }
        int high = -(1 << 20);
        low = -high;
        for (const HistogramBin& bin : h.bins) {
            if (bin.low == 0 || !std::isfinite(bin.low)) continue;
            low = std::min(low, std::ilogb(bin.low));
            high = std::max(high, std::ilogb(bin.low));
        }
        octaves = std::max(0, high - low + 1);
    }
    std::size_t size() const {
        return values.empty() ? static_cast<std::size_t>(2 * octaves + 1) : values.size();
    }
    std::size_t place(double value) const {
        if (!values.empty())
            return static_cast<std::size_t>(std::ranges::lower_bound(values, value) - values.begin());
        if (value == 0) return static_cast<std::size_t>(octaves);
        const int step = std::isinf(value) ? octaves : std::ilogb(value) - low + 1;
        return static_cast<std::size_t>(value < 0 ? octaves - step : octaves + step);
    }
};

std::string picture(const TensorHistogram& h) {
    static constexpr std::array<std::string_view, 8> bars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const Scale scale(h);
    const std::size_t each = (scale.size() + most_columns - 1) / most_columns;
    std::vector<std::uint64_t> columns((scale.size() + each - 1) / each);
    for (const HistogramBin& bin : h.bins)
        if (!std::isnan(bin.low)) columns[scale.place(bin.low) / each] += bin.count;
    const double fullest = static_cast<double>(*std::ranges::max_element(columns));
    std::string text;
    for (const std::uint64_t count : columns)
        text +=
            count == 0 ? " " : bars[static_cast<std::size_t>(7.999 * static_cast<double>(count) / fullest)];
    return text;
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
    const double x = 100 * static_cast<double>(part) / static_cast<double>(whole);
    return part == 0 ? "0 %" : x < 10 ? fmt::format("{:.2g} %", x) : fmt::format("{:.0f} %", x);
}

}  // namespace

std::string histogram_text(const Result& result) {
    std::string text =
        "\nCodes used, of each tensor in memory; on the right from the most negative to the largest value\n";
    std::size_t width = 0;
    const std::vector<Line> lines = lines_of(result.histograms);
    const auto title = [](const Line& line) {
        return line.tensors == 1 ? line.name : fmt::format("{} x {}", line.name, line.tensors);
    };
    for (const Line& line : lines) width = std::max(width, title(line).size());
    text += fmt::format("{:<{}}  {:<12} {:>12} {:>6} {:>8} {:>8} {:>9} {:>7}\n", "", width, "format",
                        "values", "used", "entropy", "zeros", "saturated", "NaR");
    for (const Line& line : lines) {
        const TensorHistogram& h = line.sum;
        const auto tensors = static_cast<double>(line.tensors);
        const double codes = std::ldexp(1.0, h.format->bits);
        text += fmt::format(
            "{:<{}}  {:<12} {:>12} {:>6} {:>8} {:>8} {:>9} {:>7}  |{}|\n", title(line), width, h.format->name,
            h.values,
            h.codes_used ? fmt::format("{:.0f} %", 100 * static_cast<double>(*h.codes_used) / tensors / codes)
                         : "-",
            h.entropy_bits ? fmt::format("{:.2f} bit", *h.entropy_bits / tensors) : "-",
            percent(h.zeros, h.values), percent(h.saturated, h.values), percent(h.nar, h.values), picture(h));
    }
    return text;
}

}  // namespace octet
