// Where energy and area come from, for people and for programs: `octet cost show`, `where` and `reprice`.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/cost/priced_run.h"
#include "sim/run/stored_result.h"

namespace octet {

// What a machine would be charged: the tree of its area and the price of every action. `lines` have no
// counts.
struct PriceView {
    std::string machine, table;
    std::optional<Scaling> scaling;
    Shares area;
    std::vector<AreaLine> areas;
    std::vector<EnergyLine> lines;
};
PriceView view_of(const std::string& machine, const PriceList& prices);
std::string show_text(const PriceView& view);
nlohmann::ordered_json show_json(const PriceView& view);

// Lines of a result that belong to a component: one of the result document (array), one of cost tables (mac),
// or `all`.
struct Charges {
    std::string component;
    std::vector<EnergyLine> lines;
    double sum_pj = 0;
    Component group = Component::array;  // the component of the result document that they are part of
    bool is_group = false, is_all = false;
    double result_pj = 0;  // what the result says of `group`, or in total
};
// Throws InputError, with the names there are, if there is no such component.
Charges charges_of(const StoredResult& result, const std::string& component);
std::string where_text(const StoredResult& result, const Charges& charges);
nlohmann::ordered_json where_json(const StoredResult& result, const Charges& charges);

// Two documents of the same run: before and after.
std::string reprice_text(const StoredResult& before, const nlohmann::ordered_json& after);

// "controller.cycle array busy", and "published +-5 %".
std::string label_of(const EnergyLine& line);
std::string known(Confidence confidence, const std::optional<double>& uncertainty);

// A line on what was scaled from where, empty without.
std::string scaling_text(const std::optional<Scaling>& scaling);

}  // namespace octet
