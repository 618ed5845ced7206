// `octet cost` and its sub-verbs. For main.cpp alone (CLI11).
#pragma once
#include <memory>
#include <string>

#include "sim/cli/commands.h"
#include "sim/cli/options.h"
#include "sim/cli/verbs.h"

namespace octet {

inline void add_cost(CLI::App& app, Commands& commands) {
    CLI::App& cost = *app.add_subcommand("cost", "prices, and where energy and area come from");
    cost.require_subcommand(1);
    {
        const auto options = std::make_shared<CostShowOptions>();
        CLI::App& show =
            *cost.add_subcommand("show", "the area tree of a machine, and the price of every action");
        show.add_option("FILE", options->file, "an accelerator or an experiment")->required();
        add_json(show, options->json);
        add_settings(show, false);
        commands.add(show, options, cost_show_verb);
    }
    {
        const auto options = std::make_shared<CostWhereOptions>();
        CLI::App& where = *cost.add_subcommand("where", "count x price = energy, line by line, of a result");
        where.add_option("RESULT", options->result, "a result document, or the folder of --out")->required();
        where
            .add_option("COMPONENT", options->component,
                        "of the result (array), of cost tables (mac), or all")
            ->required();
        add_json(where, options->json);
        commands.add(where, options, cost_where_verb);
    }
    {
        const auto options = std::make_shared<CostRepriceOptions>();
        CLI::App& reprice =
            *cost.add_subcommand("reprice", "a result with another table, without simulating");
        reprice.add_option("RESULT", options->result, "a result document, or the folder of --out")
            ->required();
        add_path(reprice, "--out", options->out, "write the new result document", "FILE");
        add_json(reprice, options->json, "the new result document");
        add_settings(reprice, false);
        commands.add(reprice, options, cost_reprice_verb);
    }
    {
        const auto options = std::make_shared<CostExportOptions>();
        CLI::App& to = *cost.add_subcommand("export", "tables for Accelergy, or as CSV or YAML");
        to.add_option("FILE", options->file, "a result, an accelerator, an experiment, or a table")
            ->required();
        add_choice<CostExportOptions::As>(to, "--as", "what to write",
                                          {{"ert", CostExportOptions::As::ert},
                                           {"art", CostExportOptions::As::art},
                                           {"action_counts", CostExportOptions::As::counts},
                                           {"csv", CostExportOptions::As::csv},
                                           {"yaml", CostExportOptions::As::yaml}},
                                          options->as);
        to.get_option("--as")->required();
        add_out_file(to, options->out);
        add_settings(to, false);
        commands.add(to, options, cost_export_verb);
    }
    const auto options = std::make_shared<CostImportOptions>();
    CLI::App& from = *cost.add_subcommand("import", "a table from CSV, or from Accelergy's ERT and ART");
    from.add_option("FILE", options->files, "a .csv; or an ERT, an ART or both")->required();
    from.add_option("--map", options->names, "call a component of theirs as Octet does")
        ->check([](const std::string& text) {
            return text.find('=') == std::string::npos ? in_quotes(text) + " is no NAME=COMPONENT" : "";
        })
        ->type_name("NAME=COMPONENT");
    add_path(from, "--accelerator", options->accelerator,
             "the machine: bits of an access and clock, where they do not say", "YAML");
    add_out_file(from, options->out);
    commands.add(from, options, cost_import_verb);
}

}  // namespace octet
