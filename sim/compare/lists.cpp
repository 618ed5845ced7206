#include "sim/compare/lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "sim/config/diagnostics.h"

namespace octet {
namespace {

Setting setting(std::string key, std::string value, const std::string& label) {
    return {std::move(key), std::move(value), label};
}

// "16" or "16x32" as settings.
std::vector<Setting> array_settings(const std::string& text, const std::string& label) {
    const auto cross = text.find('x');
    const std::string rows = text.substr(0, cross), cols = cross == text.npos ? rows : text.substr(cross + 1);
    for (const std::string& side : {rows, cols}) {
        int value = 0;
        const auto [end, error] = std::from_chars(side.data(), side.data() + side.size(), value);
        if (error != std::errc{} || end != side.data() + side.size() || value < 1)
            throw InputError(location_in(label), "",
                             fmt::format("expected a size such as 16 or 16x32, got {}", in_quotes(text)));
    }
    return {setting("array.rows", rows, label), setting("array.cols", cols, label),
            setting("vector.lanes", cols, label)};
}

struct Dimension {
    std::string_view name, option;
    const std::vector<std::string>& values;
    std::string_view key;  // empty: a size of the array
};

std::vector<Setting> settings_of(const Dimension& dimension, const std::string& value) {
    const std::string label = fmt::format("{} {}", dimension.option, printable(value));
    if (dimension.key.empty()) return array_settings(value, label);
    return {setting(std::string(dimension.key), value, label)};
}

void refuse_repetition(const Dimension& dimension) {
    for (auto value = dimension.values.begin(); value != dimension.values.end(); ++value)
        if (std::find(dimension.values.begin(), value, *value) != value)
            throw InputError(location_in(std::string(dimension.option)), "",
                             fmt::format("{} is written twice", in_quotes(*value)));
}

}  // namespace

std::string CompareRow::label() const {
    return values.empty() ? "the experiment" : fmt::format("{}", fmt::join(values, ", "));
}

ComparePlan plan_of(const CompareLists& lists) {
    std::vector<std::string> formats = lists.formats;
    if (!lists.baseline.empty() && std::ranges::find(formats, lists.baseline) == formats.end())
        formats.insert(formats.begin(), lists.baseline);
    const Dimension dimensions[] = {{"format", "--formats", formats, "pe.preset"},
                                    {"fusion", "--fusion", lists.fusion, "fusion"},
                                    {"softmax", "--softmax", lists.softmax, "softmax.unit"},
                                    {"array", "--arrays", lists.arrays, ""}};
    ComparePlan plan;
    plan.rows.emplace_back();
    for (const Dimension& dimension : dimensions) {
        if (dimension.values.empty()) continue;
        refuse_repetition(dimension);
        plan.dimensions.emplace_back(dimension.name);
        std::vector<CompareRow> rows;
        for (const CompareRow& row : plan.rows)
            for (const std::string& value : dimension.values) {
                rows.push_back(row);
                rows.back().values.push_back(value);
                for (Setting& s : settings_of(dimension, value)) rows.back().settings.push_back(std::move(s));
            }
        plan.rows = std::move(rows);
    }
    for (const CompareRow& row : plan.rows) {
        CompareRow base = row;
        if (!lists.baseline.empty()) base.values.front() = lists.baseline;
        const auto found = std::ranges::find(plan.rows, base.values, &CompareRow::values);
        plan.baselines.push_back(
            lists.baseline.empty() ? 0 : static_cast<std::size_t>(found - plan.rows.begin()));
    }
    return plan;
}

}  // namespace octet
