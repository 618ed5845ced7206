// octet formats [NAME...]
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>

#include "models/formats/registry.h"
#include "sim/cli/numbers.h"
#include "sim/cli/verbs.h"

namespace octet {
namespace {

using Json = nlohmann::ordered_json;
using Chosen = std::vector<const FormatInfo*>;

constexpr int listed_bits = 16;   // in JSON: formats of more bits have too many codes to list
constexpr int printed_bits = 10;  // on the terminal
constexpr int picture_columns = 72;

std::string_view kind_text(FormatKind kind) {
    constexpr std::array<std::string_view, 6> names{"integer",      "minifloat", "posit",
                                                    "block_scaled", "codebook",  "logarithmic"};
    return names[static_cast<std::size_t>(kind)];
}

std::uint64_t code_count(const FormatInfo& format) {
    return std::uint64_t{1} << format.bits;
}

Json finite(double value) {
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json to_json(const FormatInfo& format) {
    Json row{{"name", format.name}, {"bits", format.bits}, {"kind", kind_text(format.kind)}};
    row["max"] = format.max;
    row["min_normal"] = format.min_normal;
    row["min"] = format.min;
    row["epsilon"] = format.epsilon == 0 ? Json(nullptr) : Json(format.epsilon);
    row["codes"] = code_count(format);
    if (format.block_length != 0)
        row["block"] = {{"length", format.block_length}, {"scale_bits", format.scale_bits}};
    return row;
}

Json table_of(const FormatInfo& format) {
    Json table = Json::array();
    for (std::uint64_t i = 0; i < code_count(format); ++i) {
        const Code code = static_cast<Code>(i);
        table.push_back({{"code", code_text(code, format.bits)},
                         {"fields", field_text(format, code)},
                         {"value", finite(format.decode(code))}});
    }
    return table;
}

// A table of cells, the first column to the left, the others to the right.
std::string aligned(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i == widths.size()) widths.push_back(0);
            widths[i] = std::max(widths[i], row[i].size());
        }
    std::string text;
    for (const auto& row : rows) {
        std::string line = fmt::format("{:<{}}", row[0], widths[0]);
        for (std::size_t i = 1; i < row.size(); ++i) line += fmt::format("  {:>{}}", row[i], widths[i]);
        text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    }
    return text;
}

std::string short_text(double value) {  // powers of two as such: they are what most limits are
    int exponent = 0;
    if (value > 0 && std::frexp(value, &exponent) == 0.5 && (exponent < -3 || exponent > 20))
        return fmt::format("2^{}", exponent - 1);
    return fmt::format("{:.6g}", value);
}

std::string range_text(const FormatInfo& format) {
    return fmt::format("{:.1f}", std::log2(format.max) - std::log2(format.min));
}

std::string overview() {
    std::vector<std::vector<std::string>> rows{
        {"name", "bits", "kind", "max", "min normal", "min", "epsilon", "octaves", "codes", "block"}};
    for (const FormatInfo& f : formats())
        rows.push_back(
            {std::string(f.name), fmt::format("{}", f.bits), std::string(kind_text(f.kind)),
             short_text(f.max), short_text(f.min_normal), short_text(f.min),
             f.epsilon == 0 ? "-" : short_text(f.epsilon), range_text(f), fmt::format("{}", code_count(f)),
             f.block_length == 0 ? "-" : fmt::format("{} + {} bits", f.block_length, f.scale_bits)});
    return aligned(rows) +
           "\nBlock formats: one element at scale 1; integers and nf4: at scale 1. octet formats NAME... "
           "shows more.\n";
}

std::string side_by_side(const Chosen& chosen) {
    std::vector<std::vector<std::string>> rows;
    const auto add = [&](const char* title, auto text_of) {
        std::vector<std::string> row{title};
        for (const FormatInfo* format : chosen) row.push_back(text_of(*format));
        rows.push_back(std::move(row));
    };
    using F = FormatInfo;
    add("", [](const F& f) { return std::string(f.name); });
    add("kind", [](const F& f) { return std::string(kind_text(f.kind)); });
    add("bits", [](const F& f) { return fmt::format("{}", f.bits); });
    add("largest", [](const F& f) { return short_text(f.max); });
    add("smallest normal", [](const F& f) { return short_text(f.min_normal); });
    add("smallest above 0", [](const F& f) { return short_text(f.min); });
    add("step above 1", [](const F& f) { return f.epsilon == 0 ? "-" : short_text(f.epsilon); });
    add("octaves", range_text);
    add("NaN", [](const F& f) { return f.has_nan ? "yes" : "no"; });
    add("infinity", [](const F& f) { return f.has_infinity ? "yes" : "no"; });
    add("block", [](const F& f) { return f.block_length == 0 ? "-" : fmt::format("{}", f.block_length); });
    add("bits of scale",
        [](const F& f) { return f.scale_bits == 0 ? "-" : fmt::format("{}", f.scale_bits); });
    return aligned(rows);
}

// How many positive values lie in each octave, as the height of a bar: a bar step is a factor of two.
class Picture {
  public:
    explicit Picture(const Chosen& chosen) {
        for (const FormatInfo* format : chosen) {
            low_ = std::min(low_, std::ilogb(format->min));
            high_ = std::max(high_, std::ilogb(format->max));
            name_width_ = std::max(name_width_, format->name.size());
        }
        octaves_ = (high_ - low_) / picture_columns + 1;
        columns_ = (high_ - low_) / octaves_ + 1;
    }

    std::string legend() const {
        return fmt::format(
            "values in {}: ▁ 1 ▂ 2 ▃ 3-4 ▄ 5-8 ▅ 9-16 ▆ 17-32 ▇ 33-64 █ more\n",
            octaves_ == 1 ? std::string("each octave") : fmt::format("every {} octaves", octaves_));
    }

    std::string row(const FormatInfo& format) const {
        std::vector<double> counts(static_cast<std::size_t>(columns_));
        for (int column = 0; column < columns_; ++column)
            for (int octave = 0; octave < octaves_; ++octave)
                counts[static_cast<std::size_t>(column)] +=
                    values_in(format, low_ + column * octaves_ + octave);
        static constexpr std::array<std::string_view, 8> bars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
        std::string text = fmt::format("{:<{}} ", format.name, name_width_);
        for (const double count : counts) {
            const auto height =
                count == 0 ? 0 : static_cast<std::size_t>(std::min(7.0, std::ceil(std::log2(count))));
            text += count == 0 ? " " : bars[height];
        }
        return text.substr(0, text.find_last_not_of(' ') + 1) + '\n';
    }

    // Powers of two under the bars, a mark every ten columns.
    std::string axis() const {
        std::string marks(name_width_ + 1, ' '), labels = marks;
        for (int column = 0; column < columns_; ++column) {
            const bool mark = column % 10 == 0;
            marks += mark ? "|" : " ";
            if (!mark) continue;
            labels.resize(name_width_ + 1 + static_cast<std::size_t>(column), ' ');
            labels += fmt::format("2^{}", low_ + column * octaves_);
        }
        return marks.substr(0, marks.find_last_not_of(' ') + 1) + '\n' + labels + '\n';
    }

  private:
    // Codes are found by encoding where they can be too many to visit: floats of more than 16 bits are
    // regular.
    static double values_in(const FormatInfo& format, int octave) {
        const double low = std::ldexp(1, octave), high = 2 * low;
        if (format.bits <= listed_bits) {
            double count = 0;
            for (Code code = 0; code < code_count(format); ++code) {
                const double value = format.decode(code);
                count += value >= low && value < high && std::isfinite(value) ? 1 : 0;
            }
            return count;
        }
        if (high <= format.min || low > format.max) return 0;
        if (format.kind == FormatKind::integer) return std::min(low, format.max - low + 1);
        const double steps = std::ldexp(1, format.mantissa_bits);
        return low >= format.min_normal ? steps : low / format.min;
    }

    int low_ = 1 << 20, high_ = -(1 << 20), octaves_ = 1, columns_ = 1;
    std::size_t name_width_ = 0;
};

std::string every_code(const Chosen& chosen) {
    std::vector<std::vector<std::string>> rows{{"code"}};
    std::uint64_t most = 0;
    for (const FormatInfo* format : chosen) {
        if (format->bits > printed_bits) continue;
        if (chosen.size() == 1) rows[0].push_back("fields");
        rows[0].emplace_back(format->name);
        most = std::max(most, code_count(*format));
    }
    const int bits = most == 0 ? 0 : static_cast<int>(std::bit_width(most)) - 1;
    for (std::uint64_t i = 0; i < most; ++i) {
        const Code code = static_cast<Code>(i);
        std::vector<std::string> row{code_text(code, bits)};
        for (const FormatInfo* format : chosen) {
            if (format->bits > printed_bits) continue;
            const bool has = i < code_count(*format);
            if (chosen.size() == 1) row.push_back(field_text(*format, code));
            row.push_back(has ? number_text(format->decode(code)) : "");
        }
        rows.push_back(std::move(row));
    }
    std::string text = most == 0 ? "" : '\n' + aligned(rows);
    for (const FormatInfo* format : chosen)
        if (format->bits > printed_bits)
            text += fmt::format("\n{} has {} codes{}.\n", format->name, code_count(*format),
                                format->bits <= listed_bits
                                    ? fmt::format("; octet formats {} --json lists them", format->name)
                                    : "");
    return text;
}

std::string details(const Chosen& chosen) {
    const Picture picture(chosen);
    std::string text = side_by_side(chosen) + '\n' + picture.legend();
    for (const FormatInfo* format : chosen) text += picture.row(*format);
    return text + picture.axis() + every_code(chosen);
}

}  // namespace

int formats_verb(const FormatsOptions& options, std::string& out) {
    Chosen chosen;
    for (const auto& name : options.names) chosen.push_back(find_format(name));
    if (!options.json) {
        out += chosen.empty() ? overview() : details(chosen);
        return 0;
    }
    Json rows = Json::array();
    if (chosen.empty())
        for (const FormatInfo& format : formats()) rows.push_back(to_json(format));
    for (const FormatInfo* format : chosen) rows.push_back(to_json(*format));
    if (chosen.size() == 1 && chosen[0]->bits <= listed_bits) rows[0]["table"] = table_of(*chosen[0]);
    const Json document{{"schema", 1}, {"octet", OCTET_VERSION}, {"formats", std::move(rows)}};
    out += document.dump(2) + '\n';
    return 0;
}

}  // namespace octet
