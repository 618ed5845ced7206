// `octet cost` and its sub-verbs: their options and which was asked for. For main.cpp alone (CLI11).
#pragma once
#include <string>

#include "sim/cli/options.h"
#include "sim/cli/verbs.h"

namespace octet {

class CostCommands {
  public:
    void add(CLI::App& app) {
        cost_ = app.add_subcommand("cost", "prices, and where energy and area come from");
        cost_->require_subcommand(1);
        const auto add_out = [](CLI::App& verb, std::string& target, const char* help) {
            verb.add_option("--out", target, help)->check(path_text)->type_name("FILE");
        };
        show_ = cost_->add_subcommand("show", "the area tree of a machine, and the price of every action");
        show_->add_option("FILE", show_options_.file, "an accelerator or an experiment")->required();
        show_->add_flag("--json", show_options_.json, "print a JSON document and nothing else");
        add_settings(*show_, false);
        where_ = cost_->add_subcommand("where", "count x price = energy, line by line, of a result");
        where_->add_option("RESULT", where_options_.result, "a result document, or the folder of --out")
            ->required();
        where_
            ->add_option("COMPONENT", where_options_.component,
                         "of the result (array), of cost tables (mac), or all")
            ->required();
        where_->add_flag("--json", where_options_.json, "print a JSON document and nothing else");
        reprice_ = cost_->add_subcommand("reprice", "a result with another table, without simulating");
        reprice_->add_option("RESULT", reprice_options_.result, "a result document, or the folder of --out")
            ->required();
        add_out(*reprice_, reprice_options_.out, "write the new result document");
        reprice_->add_flag("--json", reprice_options_.json, "print the new result document and nothing else");
        add_settings(*reprice_, false);
        export_ = cost_->add_subcommand("export", "tables for Accelergy, or as CSV or YAML");
        export_
            ->add_option("FILE", export_options_.file, "a result, an accelerator, an experiment, or a table")
            ->required();
        add_choice<CostExportOptions::As>(*export_, "--as", "what to write",
                                          {{"ert", CostExportOptions::As::ert},
                                           {"art", CostExportOptions::As::art},
                                           {"action_counts", CostExportOptions::As::counts},
                                           {"csv", CostExportOptions::As::csv},
                                           {"yaml", CostExportOptions::As::yaml}},
                                          export_options_.as);
        export_->get_option("--as")->required();
        add_out(*export_, export_options_.out, "write a file instead of stdout");
        add_settings(*export_, false);
        import_ = cost_->add_subcommand("import", "a table from CSV, or from Accelergy's ERT and ART");
        import_->add_option("FILE", import_options_.files, "a .csv; or an ERT, an ART or both")->required();
        import_->add_option("--map", import_options_.names, "call a component of theirs as Octet does")
            ->check([](const std::string& text) {
                return text.find('=') == std::string::npos ? in_quotes(text) + " is no NAME=COMPONENT" : "";
            })
            ->type_name("NAME=COMPONENT");
        import_
            ->add_option("--accelerator", import_options_.accelerator,
                         "the machine: bits of an access and clock, where they do not say")
            ->check(path_text)
            ->type_name("YAML");
        add_out(*import_, import_options_.out, "write a file instead of stdout");
    }
    // After the command line was parsed.
    void parsed() {
        show_options_.settings = settings_of(*show_);
        reprice_options_.settings = settings_of(*reprice_);
        export_options_.settings = settings_of(*export_);
    }
    bool was_asked() const { return cost_->parsed(); }
    int execute(std::string& out) {
        if (show_->parsed()) return cost_show_verb(show_options_, out);
        if (where_->parsed()) return cost_where_verb(where_options_, out);
        if (reprice_->parsed()) return cost_reprice_verb(reprice_options_, out);
        if (export_->parsed()) return cost_export_verb(export_options_, out);
        return cost_import_verb(import_options_, out);
    }

  private:
    CLI::App *cost_{}, *show_{}, *where_{}, *reprice_{}, *export_{}, *import_{};
    CostShowOptions show_options_;
    CostWhereOptions where_options_;
    CostRepriceOptions reprice_options_;
    CostExportOptions export_options_;
    CostImportOptions import_options_;
};

}  // namespace octet
