#include <fmt/format.h>

#include "sim/report/cost_lines.h"
#include "sim/report/numbers.h"
#include "sim/run/costs_json.h"

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

double area_of_line(const AreaLine& line) {
    return static_cast<double>(line.count) * line.area;
}

std::string unit_of(const EnergyLine& line) {
    if (line.action == "leakage") return "uW an instance";
    if (line.action == "standby") return "uW a rank";
    if (line.counted == "cycle") return "pJ a cycle";
    return line.access_bits > 0 ? "pJ a bit" : "pJ";
}

bool is_repeated(const EnergyLine& line) {
    return line.counted == "padding bit";  // of the price of its bits
}

}  // namespace

std::string label_of(const EnergyLine& line) {
    std::string text = line.component + "." + line.action;
    for (const std::string& part : {line.unit, line.state})
        if (!part.empty()) text += " " + part;
    return line.counted == "padding bit" ? text + " (padding)" : text;
}

std::string known(Confidence confidence, const std::optional<double>& uncertainty) {
    std::string text(name(confidence));
    if (uncertainty) text += fmt::format(" +-{:.3g} %", 100 * *uncertainty);
    return text;
}

std::string scaling_text(const std::optional<Scaling>& scaling) {
    if (!scaling) return "";
    std::string text = "prices scaled";
    for (const Scaling::From& from : scaling->from)
        text += fmt::format("{} from {} nm {} V (energy x {:.4g}, area x {:.4g}; {} rows)",
                            &from == scaling->from.data() ? "" : " and", from.process.node_nm,
                            from.process.voltage, from.energy, from.area, from.rows);
    text += fmt::format(" to {} nm {} V", scaling->to.node_nm, scaling->to.voltage);
    if (scaling->off_chip_rows > 0)
        text += fmt::format("; {} rows of DRAM stay as they are", scaling->off_chip_rows);
    return text + "\n";
}

PriceView view_of(const std::string& machine, const PriceList& prices) {
    PriceView view{machine, prices.table, prices.scaling, area_of(prices), area_lines(prices), {}};
    view.lines = action_lines(prices, {});
    const std::vector<EnergyLine> standing = standing_lines(prices, standing_of(prices, {}));
    view.lines.insert(view.lines.end(), standing.begin(), standing.end());
    std::erase_if(view.lines, is_repeated);
    return view;
}

std::string show_text(const PriceView& view) {
    std::string out =
        fmt::format("{}: {} mm2 ({} to {} by the uncertainty of each price), prices of {}\n{}\n",
                    view.machine, short_number(view.area.total * 1e-6), short_number(view.area.low * 1e-6),
                    short_number(view.area.high * 1e-6), view.table, scaling_text(view.scaling));
    out += fmt::format("{:<22} {:>7} {:>12} {:>10} {:>7}\n", "area", "count", "um2 each", "mm2", "share");
    for (std::size_t c = 0; c < component_count; ++c) {
        const auto group = static_cast<Component>(c);
        bool first = true;
        for (const AreaLine& line : view.areas) {
            if (line.group != group) continue;
            if (first)
                out += fmt::format("{:<22} {:>7} {:>12} {:>10.4f} {:>5.1f} %\n", name(group), "", "",
                                   view.area[group] * 1e-6, percent(view.area[group], view.area.total));
            first = false;
            const std::string about =
                line.row.empty() ? line.source
                                 : fmt::format("{}, {} ({})", known(line.confidence, line.uncertainty),
                                               line.row, line.source);
            out += fmt::format("  {:<20} {:>7} {:>12.7g} {:>10.4f} {:>5.1f} %  {}\n", line.component,
                               line.count, line.area, area_of_line(line) * 1e-6,
                               percent(area_of_line(line), view.area.total), about);
        }
    }
    out += fmt::format("\n{:<34} {:>12}\n", "energy", "price");
    for (const EnergyLine& line : view.lines)
        out += fmt::format("{:<34} {:>12.6g} {:<14}  {}, {} ({})\n", label_of(line), line.price,
                           unit_of(line), known(line.confidence, line.uncertainty), line.row, line.source);
    return out;
}

Json show_json(const PriceView& view) {
    Json groups = Json::array();
    for (std::size_t c = 0; c < component_count; ++c) {
        const auto group = static_cast<Component>(c);
        Json children = Json::array();
        for (const AreaLine& line : view.areas)
            if (line.group == group)
                children.push_back({{"name", line.component},
                                    {"count", line.count},
                                    {"unit_um2", line.area},
                                    {"area_um2", area_of_line(line)},
                                    {"share", share(area_of_line(line), view.area.total)},
                                    {"unit_leakage_uw", line.leakage},
                                    {"source", line.source},
                                    {"row", line.row},
                                    {"confidence", name(line.confidence)},
                                    {"uncertainty", number_json(line.uncertainty)}});
        if (children.empty()) continue;
        groups.push_back({{"name", name(group)},
                          {"area_um2", view.area[group]},
                          {"share", share(view.area[group], view.area.total)},
                          {"children", children}});
    }
    Json rows = Json::array();
    for (const EnergyLine& line : view.lines) {
        Json row = {{"component", line.component}, {"action", line.action}};
        if (!line.unit.empty()) row["unit"] = line.unit;
        if (!line.state.empty()) row["state"] = line.state;
        row["energy_pj"] = line.price;
        row["per"] = line.counted.empty() ? "action" : line.counted;
        if (line.access_bits > 0) row["access_bits"] = line.access_bits;
        row["source"] = line.source;
        row["confidence"] = name(line.confidence);
        row["uncertainty"] = number_json(line.uncertainty);
        row["row"] = line.row;
        rows.push_back(std::move(row));
    }
    return {{"schema", 1},
            {"octet", OCTET_VERSION},
            {"accelerator", view.machine},
            {"table", view.table},
            {"scaling", scaling_json(view.scaling)},
            {"area",
             {{"name", view.machine},
              {"area_um2", view.area.total},
              {"low_um2", view.area.low},
              {"high_um2", view.area.high},
              {"children", groups}}},
            {"rows", rows}};
}

}  // namespace octet
