// The command line of `octet`: its verbs and their options.
#include <fmt/format.h>

#include <iostream>
#include <new>
#include <sstream>

#include "sim/cli/commands.h"
#include "sim/cli/completion.h"
#include "sim/cli/cost_options.h"
#include "sim/cli/op_options.h"
#include "sim/cli/options.h"
#include "sim/cli/process.h"
#include "sim/cli/sweep_options.h"
#include "sim/cli/workload_options.h"

namespace octet {
namespace {

enum ExitCode : int { success = 0, input_at_fault = 1, wrong_usage = 2 };

void add_run(CLI::App& app, Commands& commands) {
    const auto options = std::make_shared<RunOptions>();
    CLI::App& run = *app.add_subcommand("run", "simulate one accelerator on one workload");
    run.add_option("EXPERIMENT", options->experiment, "a file of kind experiment")->required();
    add_json(run, options->json, "the result document");
    run.add_flag("--histogram", options->histogram,
                 "with values: which codes of its format each tensor uses");
    add_watch(run, options->watch);
    run.add_flag("--what-if", options->what_if,
                 "run again with each resource doubled in turn: the speed-up it would buy");
    add_path(run, "--out", options->out, "folder for results", "DIR");
    add_seed(run, options->seed);
    add_settings(run);
    commands.add(run, options, run_verb);
}

void add_compare(CLI::App& app, Commands& commands) {
    // It has lists of these keys.
    static constexpr auto without = std::to_array<std::string_view>({"fusion", "softmax.unit"});
    const auto options = std::make_shared<CompareOptions>();
    CLI::App& compare =
        *app.add_subcommand("compare", "formats, fusion levels, softmax units, arrays side by side");
    compare.add_option("EXPERIMENT", options->experiment, "a file of kind experiment")->required();
    CompareLists& lists = options->lists;
    const auto list = [&](const char* option, std::vector<std::string>& target, const char* help,
                          const std::string& type) {
        return compare.add_option(option, target, help)->delimiter(',')->type_name(type + ",...");
    };
    const auto words_of = [](std::string_view option) {
        return std::ranges::find(short_options, option, &ShortOption::option)->type;
    };
    list("--formats", lists.formats, "of MAC formats, as for pe.preset", "PRESET")->check(known_preset);
    compare.add_option("--baseline", lists.baseline, "the format that the others are set against")
        ->check(known_preset)
        ->type_name("PRESET");
    list("--fusion", lists.fusion, "fusion levels", words_of("--fusion"));
    list("--softmax", lists.softmax, "softmax units", words_of("--softmax"));
    list("--arrays", lists.arrays, "sizes: 16 (16 x 16) or 16x32; with as many vector lanes as columns", "N");
    const auto print = [&](const char* option, CompareOptions::Print as, const char* help) {
        return compare.add_flag_callback(
            option, [as, &target = options->print] { target = as; }, help);
    };
    auto* json = print("--json", CompareOptions::Print::json, "print a JSON document and nothing else");
    auto* csv = print("--csv", CompareOptions::Print::csv, "print CSV");
    auto* markdown = print("--markdown", CompareOptions::Print::markdown, "print Markdown");
    json->excludes(csv)->excludes(markdown);
    csv->excludes(markdown);
    add_path(compare, "--out", options->out, "folder for results, of each simulation too", "DIR");
    add_jobs(compare, options->jobs);
    add_seed(compare, options->seed);
    add_settings(compare, true, without);
    commands.add(compare, options, compare_verb, without);
}

void add_report(CLI::App& app, Commands& commands) {
    const auto options = std::make_shared<ReportOptions>();
    CLI::App& report =
        *app.add_subcommand("report", "a page, Markdown and CSV of a run, a comparison or a sweep");
    report.add_option("RESULTS", options->results, "a folder of results, or a document in it")->required();
    add_path(report, "--out", options->out, "folder for report.html, report.md, report.csv", "DIR");
    commands.add(report, options, report_verb);
}

void add_quantize(CLI::App& app, Commands& commands) {
    const auto options = std::make_shared<QuantizeOptions>();
    CLI::App& quantize =
        *app.add_subcommand("quantize", "numbers on stdin, one a line, to codes and values; or back");
    quantize.add_option("--format", options->format, "a name that `octet formats` lists")
        ->required()
        ->check(known_format)
        ->type_name("FORMAT");
    quantize.add_flag("--decode", options->decode, "codes on stdin (0x..), in the layout of the output");
    quantize
        .add_option("--scale", options->scale,
                    "of integers, nf4 and scaled floats (default: largest magnitude of the input / largest "
                    "code; with "
                    "--decode 1)")
        ->check(positive_number)
        ->type_name("S");
    quantize
        .add_option("--zero", options->zero,
                    "the code of 0 beside --scale, of formats with a zero point (default: 0)")
        ->type_name("Z");
    add_choice<Overflow>(
        quantize, "--overflow",
        "what floats beyond the largest become (default: saturate up to 10 bits, else inf)",
        {{"saturate", Overflow::saturate}, {"nan", Overflow::nan}, {"inf", Overflow::infinity}},
        options->overflow);
    add_out_file(quantize, options->out);
    commands.add(quantize, options, [](const QuantizeOptions& asked, std::string& out) {
        return quantize_verb(asked, std::cin, out);
    });
}

void add_formats(CLI::App& app, Commands& commands) {
    const auto options = std::make_shared<FormatsOptions>();
    CLI::App& formats =
        *app.add_subcommand("formats", "the number formats known; one or several side by side");
    formats.add_option("NAME", options->names, "range, precision, every code, where the values lie")
        ->check(known_format)
        ->type_name("FORMAT");
    add_json(formats, options->json);
    commands.add(formats, options, formats_verb);
}

void add_dram(CLI::App& app, Commands& commands) {
    const auto options = std::make_shared<DramOptions>();
    CLI::App& dram = *app.add_subcommand("dram", "an address stream through the DRAM model alone");
    add_path(dram, "--config", options->config, "a file of kind dram", "D.yaml")->required();
    add_path(dram, "--requests", options->requests,
             "lines `0xADDR R` or `0xADDR W` of 64-byte requests, optionally an earliest cycle", "FILE")
        ->required();
    add_json(dram, options->json);
    add_settings(dram, false);
    commands.add(dram, options, dram_verb);
}

void add_check(CLI::App& app, Commands& commands) {
    const auto options = std::make_shared<CheckOptions>();
    CLI::App& check = *app.add_subcommand("check", "validate any Octet YAML");
    check.add_option("FILE", options->files, "files of any kind")->required();
    add_json(check, options->json);
    commands.add(check, options, check_verb);
}

void add_schema(CLI::App& app, Commands& commands) {
    const auto kind = std::make_shared<std::string>();
    CLI::App& schema = *app.add_subcommand("schema", "print the JSON Schema of a kind of file, for editors");
    schema.add_option("KIND", *kind, "experiment, accelerator, workload, trace, costs, dram or sweep")
        ->required()
        ->check(CLI::IsMember(std::vector<std::string>(all_kinds.begin(), all_kinds.end())));
    commands.add(schema, kind, schema_verb);
}

void add_completion(CLI::App& app, Commands& commands) {
    const auto shell = std::make_shared<std::string>();
    CLI::App& completion =
        *app.add_subcommand("completion", "a script by which a shell completes this command line");
    completion.add_option("SHELL", *shell, "bash")
        ->required()
        ->check(CLI::IsMember(std::vector<std::string>{"bash"}));
    commands.add(completion, shell, [&app](const std::string&, std::string& out) {
        out += bash_completion(app);
        return success;
    });
}

int octet_main(int argc, const char* const* argv) {
    CLI::App app{"Cycle-accurate simulator of 8-bit transformer accelerators", "octet"};
    app.require_subcommand(1);
    app.set_version_flag("--version", "octet " OCTET_VERSION);
    app.footer("Exit codes: 0 success, 1 the simulation or its input is at fault, 2 wrong usage.");
    Commands commands;
    for (const auto add : {add_run, add_compare, add_sweep, add_report, add_op, add_workload, add_quantize,
                           add_formats, add_dram, add_cost, add_check, add_schema, add_completion})
        add(app, commands);
    try {
        const auto words = with_sweep_verb(argc, argv);
        app.parse(static_cast<int>(words.size()), words.data());
        commands.read_settings();
    } catch (const CLI::ParseError& error) {
        std::ostringstream help, complaint;
        const int code = app.exit(error, help, complaint) == 0 ? success : wrong_usage;
        print_error(complaint.str());
        return print_out(help.str()) ? code : input_at_fault;
    } catch (const InputError& error) {
        print_error(error.what());
        return wrong_usage;
    }
    std::string out;
    const int code = commands.execute(out);
    return print_out(out) ? code : input_at_fault;
}

}  // namespace
}  // namespace octet

int main(int argc, char** argv) {
    try {
        octet::prepare_process();
        return octet::octet_main(argc, argv);
    } catch (const octet::InputError& error) {
        octet::print_error(error.what());
    } catch (const std::bad_alloc&) {
        octet::print_error("octet: out of memory");
    } catch (const std::exception& error) {
        octet::print_error(fmt::format("octet: {}", error.what()));
    }
    return octet::input_at_fault;
}
