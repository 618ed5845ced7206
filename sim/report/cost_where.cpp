#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/config/diagnostics.h"
#include "sim/report/cost_lines.h"
#include "sim/report/numbers.h"
#include "sim/run/costs_json.h"

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

// A count as it was counted: whole, or in microseconds.
std::string count_text(double count) {
    return count == static_cast<double>(static_cast<std::uint64_t>(count))
               ? grouped(static_cast<std::uint64_t>(count))
               : fmt::format("{:.9g}", count);
}

// pJ with two decimals: so few are lost that a bill adds up to the picojoule.
std::string picojoules(double energy) {
    const double hundredths = std::round(energy * 100);
    const auto whole = static_cast<std::uint64_t>(hundredths / 100);
    const auto rest = static_cast<unsigned>(hundredths - static_cast<double>(whole) * 100);
    return fmt::format("{}.{:02}", grouped(whole), rest);
}

std::string table_of(const StoredResult& result) {
    const Json& costs = result.document.at("costs");
    return costs.contains("table") && costs.at("table").is_string() ? costs.at("table").get<std::string>()
                                                                    : "?";
}

}  // namespace

Charges charges_of(const StoredResult& result, const std::string& component) {
    Charges charges;
    charges.component = component;
    charges.is_all = component == "all";
    std::vector<std::string> names{"all"};
    for (std::size_t i = 0; i < component_count; ++i) {
        names.emplace_back(name(static_cast<Component>(i)));
        if (component != names.back()) continue;
        charges.is_group = true;
        charges.group = static_cast<Component>(i);
    }
    for (const EnergyLine& line : result.lines) {
        const bool leaks = line.group == Component::leakage;
        if (!leaks && std::ranges::find(names, line.component) == names.end())
            names.push_back(line.component);
        // `softmax` is both: then the component of the result, to which all of the table's lines belong.
        const bool belongs = charges.is_all || (charges.is_group ? line.group == charges.group
                                                                 : !leaks && line.component == component);
        if (!belongs) continue;
        if (!charges.is_group) charges.group = line.group;
        charges.lines.push_back(line);
        charges.sum_pj += line.energy_pj();
    }
    if (charges.lines.empty() && !charges.is_group && !charges.is_all) {
        const std::vector<std::string_view> views(names.begin(), names.end());
        throw InputError(location_in("COMPONENT"), "",
                         fmt::format("nothing of this result is called {}{}; there are {}",
                                     in_quotes(component), did_you_mean(component, views), any_of(views)));
    }
    charges.result_pj =
        charges.is_all ? result.energy_pj : result.components[static_cast<std::size_t>(charges.group)];
    return charges;
}

std::string where_text(const StoredResult& result, const Charges& charges) {
    std::string out =
        fmt::format("{}: {}, prices of {}\n", result.title(), charges.component, table_of(result));
    std::size_t width = 20;
    for (const EnergyLine& line : charges.lines) width = std::max(width, label_of(line).size());
    for (const EnergyLine& line : charges.lines)
        out += fmt::format("{:<{}} {:>18} {:<11} x {:>10.7g} pJ = {:>22} pJ {:>5.1f} %  {}, {} ({})\n",
                           label_of(line), width, count_text(line.count), line.counted, line.price,
                           picojoules(line.energy_pj()), percent(line.energy_pj(), charges.sum_pj),
                           known(line.confidence, line.uncertainty), line.row, line.source);
    out += fmt::format("{:<{}} {:>18} {:<11}   {:>10}    = {:>22} pJ\n", "sum", width, "", "", "",
                       picojoules(charges.sum_pj));
    const std::string_view whole = charges.is_all ? "total" : name(charges.group);
    if (charges.is_group || charges.is_all)
        out += fmt::format("The result says {}: {} pJ.", whole, picojoules(charges.result_pj));
    else
        out += fmt::format("That is {:.1f} % of {} in the result, {} pJ.",
                           percent(charges.sum_pj, charges.result_pj), whole, picojoules(charges.result_pj));
    if (!charges.is_all)
        out += fmt::format(" The whole run took {} pJ, this is {:.1f} % of it.", picojoules(result.energy_pj),
                           percent(charges.sum_pj, result.energy_pj));
    return out + "\n";
}

Json where_json(const StoredResult& result, const Charges& charges) {
    Json lines = Json::array();
    for (const EnergyLine& line : charges.lines) lines.push_back(line_json(line));
    return {{"schema", 1},
            {"octet", OCTET_VERSION},
            {"component", charges.component},
            {"table", table_of(result)},
            {"lines", lines},
            {"energy_pj", charges.sum_pj},
            {"of", charges.is_all ? "total" : std::string(name(charges.group))},
            {"of_energy_pj", charges.result_pj},
            {"total_pj", result.energy_pj}};
}

}  // namespace octet
