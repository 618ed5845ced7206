#include <fmt/format.h>

#include "sim/report/cost_lines.h"
#include "sim/report/numbers.h"

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

std::optional<double> number_at(const Json& document, const std::string& pointer) {
    const Json::json_pointer place(pointer);
    if (!document.contains(place) || !document.at(place).is_number()) return std::nullopt;
    return document.at(place).get<double>();
}

std::string text_at(const Json& document, const char* pointer) {
    const Json::json_pointer place(pointer);
    return document.contains(place) && document.at(place).is_string() ? document.at(place).get<std::string>()
                                                                      : "?";
}

struct Row {
    const char *title, *pointer;
    double scale;
};
constexpr Row rows[] = {{"energy uJ", "/energy/total_pj", 1e-6},
                        {"area mm2", "/area/total_um2", 1e-6},
                        {"TOPS/W", "/metrics/tops_per_watt", 1},
                        {"EDP uJ ms", "/metrics/edp", 1}};

}  // namespace

std::string reprice_text(const StoredResult& before, const Json& after) {
    std::string out = fmt::format("{}, priced again: {} before, {} after\n", before.title(),
                                  text_at(before.document, "/costs/table"), text_at(after, "/costs/table"));
    out += fmt::format("{:<16} {:>12} {:>12} {:>8}\n", "", "before", "after", "ratio");
    const auto line = [&](const std::string& title, const std::string& pointer, double scale) {
        const auto a = number_at(before.document, pointer), b = number_at(after, pointer);
        if (!a || !b || (*a == 0 && *b == 0)) return;
        out += fmt::format("{:<16} {:>12} {:>12} {:>8}\n", title, short_number(*a * scale),
                           short_number(*b * scale), *a > 0 ? fmt::format("{:.3f}", *b / *a) : "");
    };
    for (const Row& row : rows) {
        line(row.title, row.pointer, row.scale);
        const std::string pointer = row.pointer;
        const std::string part = pointer.substr(1, pointer.find('/', 1) - 1);
        if (part != "energy" && part != "area") continue;
        for (std::size_t i = 0; i < component_count; ++i) {
            const std::string component(name(static_cast<Component>(i)));
            line("  " + component, fmt::format("/{}/components/{}", part, component), row.scale);
        }
    }
    return out;
}

}  // namespace octet
