// The command line of `octet`: its verbs and their options.
#include <fmt/format.h>

#include <iostream>
#include <new>
#include <sstream>

#include "sim/cli/completion.h"
#include "sim/cli/cost_options.h"
#include "sim/cli/options.h"
#include "sim/cli/process.h"

namespace octet {
namespace {

enum ExitCode : int { success = 0, input_at_fault = 1, wrong_usage = 2 };

// Short forms that a verb does not have: compare has lists of them, of op's values tells --in.
constexpr auto compare_lists = std::to_array<std::string_view>({"fusion", "softmax.unit"});
constexpr auto op_without = std::to_array<std::string_view>({"values"});

// The verbs, their options and which was asked for.
class CommandLine {
  public:
    CommandLine() {
        app_.require_subcommand(1);
        app_.set_version_flag("--version", "octet " OCTET_VERSION);
        app_.footer("Exit codes: 0 success, 1 the simulation or its input is at fault, 2 wrong usage.");
        add_run();
        add_compare();
        add_sweep();
        add_report();
        add_op();
        add_workload();
        add_quantize();
        add_formats();
        add_dram();
        cost_.add(app_);
        add_check();
        add_schema();
        add_completion();
    }

    void parse(int argc, const char* const* argv) {
        const auto words = with_sweep_verb(argc, argv);
        app_.parse(static_cast<int>(words.size()), words.data());
        run_options_.settings = settings_of(*run_);
        sweep_options_.settings = settings_of(*sweep_run_);
        compare_options_.settings = settings_of(*compare_, compare_lists);
        for (int kind = 0; kind < static_cast<int>(std::size(single_kinds)); ++kind)
            if (op_->parsed() && op_kinds_.at(static_cast<std::size_t>(kind))->parsed()) {
                op_options_.kind = single_kinds[kind];
                op_options_.kind_index = kind;
                op_options_.settings = settings_of(*op_kinds_[static_cast<std::size_t>(kind)]);
            }
        dram_options_.settings = settings_of(*dram_);
        cost_.parsed();
        workload_options_.settings = settings_of(*show_);
        if (expand_->parsed()) workload_options_.settings = settings_of(*expand_);
    }
    int exit(const CLI::ParseError& error, std::ostream& out, std::ostream& err) const {
        return app_.exit(error, out, err) == 0 ? success : wrong_usage;
    }
    int execute(std::string& out) {
        if (run_->parsed()) return run_verb(run_options_, out);
        if (sweep_run_->parsed()) return sweep_run_verb(sweep_options_, out);
        if (sweep_status_->parsed()) return sweep_status_verb(store_options_, out);
        if (sweep_export_->parsed()) return sweep_export_verb(store_options_, out);
        if (sweep_merge_->parsed()) return sweep_merge_verb(store_options_, out);
        if (report_->parsed()) return report_verb(report_options_, out);
        if (compare_->parsed()) return compare_verb(compare_options_, out);
        if (op_->parsed()) return op_verb(op_options_, out);
        if (show_->parsed()) return workload_show_verb(workload_options_, out);
        if (expand_->parsed()) return workload_expand_verb(workload_options_, out);
        if (import_->parsed()) return workload_import_verb(import_options_, out);
        if (quantize_->parsed()) return quantize_verb(quantize_options_, std::cin, out);
        if (formats_->parsed()) return formats_verb(formats_options_, out);
        if (dram_->parsed()) return dram_verb(dram_options_, out);
        if (cost_.was_asked()) return cost_.execute(out);
        if (check_->parsed()) return check_verb(check_options_, out);
        if (completion_->parsed()) {
            out += bash_completion(app_);
            return success;
        }
        return schema_verb(schema_kind_, out);
    }

  private:
    // `octet sweep FILE` is `octet sweep run FILE`.
    static std::vector<const char*> with_sweep_verb(int argc, const char* const* argv) {
        std::vector<const char*> words(argv, argv + argc);
        if (argc < 3 || std::string_view(argv[1]) != "sweep") return words;
        constexpr auto verbs =
            std::to_array<std::string_view>({"run", "status", "export", "merge", "--help", "-h"});
        if (std::ranges::find(verbs, argv[2]) == verbs.end()) words.insert(words.begin() + 2, "run");
        return words;
    }
    void add_run() {
        run_ = app_.add_subcommand("run", "simulate one accelerator on one workload");
        run_->add_option("EXPERIMENT", run_options_.experiment, "a file of kind experiment")->required();
        run_->add_flag("--json", run_options_.json, "print the result document and nothing else");
        run_->add_flag("--histogram", run_options_.histogram,
                       "with values: which codes of its format each tensor uses");
        add_watch(*run_, run_options_.watch);
        run_->add_flag("--what-if", run_options_.what_if,
                       "run again with each resource doubled in turn: the speed-up it would buy");
        run_->add_option("--out", run_options_.out, "folder for results")->check(path_text)->type_name("DIR");
        run_->add_option("--seed", run_options_.seed, "fixes all randomness")
            ->check(digits_only)
            ->type_name("N");
        add_settings(*run_);
    }
    void add_compare() {
        compare_ =
            app_.add_subcommand("compare", "formats, fusion levels, softmax units, arrays side by side");
        compare_->add_option("EXPERIMENT", compare_options_.experiment, "a file of kind experiment")
            ->required();
        CompareLists& lists = compare_options_.lists;
        const auto list = [&](const char* option, std::vector<std::string>& target, const char* help,
                              const std::string& type) {
            return compare_->add_option(option, target, help)->delimiter(',')->type_name(type + ",...");
        };
        const auto words_of = [](std::string_view option) {
            return std::ranges::find(short_options, option, &ShortOption::option)->type;
        };
        list("--formats", lists.formats, "of MAC formats, as for pe.preset", "PRESET")->check(known_preset);
        compare_->add_option("--baseline", lists.baseline, "the format that the others are set against")
            ->check(known_preset)
            ->type_name("PRESET");
        list("--fusion", lists.fusion, "fusion levels", words_of("--fusion"));
        list("--softmax", lists.softmax, "softmax units", words_of("--softmax"));
        list("--arrays", lists.arrays, "sizes: 16 (16 x 16) or 16x32; with as many vector lanes as columns",
             "N");
        auto* json = compare_->add_flag_callback(
            "--json", [this] { compare_options_.print = CompareOptions::Print::json; },
            "print a JSON document and nothing else");
        auto* csv = compare_->add_flag_callback(
            "--csv", [this] { compare_options_.print = CompareOptions::Print::csv; }, "print CSV");
        auto* markdown = compare_->add_flag_callback(
            "--markdown", [this] { compare_options_.print = CompareOptions::Print::markdown; },
            "print Markdown");
        json->excludes(csv)->excludes(markdown);
        csv->excludes(markdown);
        compare_->add_option("--out", compare_options_.out, "folder for results, of each simulation too")
            ->check(path_text)
            ->type_name("DIR");
        compare_
            ->add_option("-j,--jobs", compare_options_.jobs, "simulations at a time (default: one a core)")
            ->check(CLI::Range(1, 1024))
            ->type_name("N");
        compare_->add_option("--seed", compare_options_.seed, "fixes all randomness")
            ->check(digits_only)
            ->type_name("N");
        add_settings(*compare_, true, compare_lists);
    }
    void add_sweep() {
        sweep_ = app_.add_subcommand("sweep", "a design space: every point simulated, the Pareto front");
        sweep_->require_subcommand(1);
        sweep_run_ =
            sweep_->add_subcommand("run", "simulate what is not in the store yet (`octet sweep FILE` too)");
        sweep_run_->add_option("SWEEP", sweep_options_.file, "a file of kind sweep")->required();
        sweep_run_->add_option("--out", sweep_options_.out, "folder with the store; the same again goes on")
            ->check(path_text)
            ->type_name("DIR");
        sweep_run_
            ->add_option("-j,--jobs", sweep_options_.jobs, "simulations at a time (default: one a core)")
            ->check(CLI::Range(1, 1024))
            ->type_name("N");
        sweep_run_->add_option("--point-timeout", sweep_options_.point_timeout, "seconds a point may take")
            ->check(CLI::Range(0.001, 1e9))
            ->type_name("S");
        sweep_run_->add_option("--point-memory", sweep_options_.point_memory_mib, "MiB a point may use")
            ->check(CLI::Range(64, 1 << 24))
            ->type_name("MIB");
        sweep_run_
            ->add_option_function<std::string>(
                "--shard", [this](const std::string& text) { take_shard(text); },
                "I/N: of the points only every N-th, from the I-th on")
            ->type_name("I/N");
        auto* known =
            sweep_run_
                ->add_option(
                    "--known", sweep_options_.known,
                    "points of this store, or folder of a sweep, are taken over instead of simulated")
                ->check(path_text)
                ->type_name("STORE");
        auto* no_simulate = sweep_run_->add_flag("--no-simulate", sweep_options_.no_simulate,
                                                 "the table of what is in the store of --out");
        add_launcher(*sweep_run_, {known, no_simulate, sweep_run_->get_option("--shard")});
        sweep_run_->add_flag("--retry-failed", sweep_options_.retry_failed, "simulate failed points again");
        sweep_run_->add_flag("--json", sweep_options_.json, "print a JSON document and nothing else");
        sweep_run_->add_option("--seed", sweep_options_.seed, "fixes all randomness of the simulations")
            ->check(digits_only)
            ->type_name("N");
        add_settings(*sweep_run_);
        const auto stores = [&](const char* verb, const char* help, bool several) {
            CLI::App* app = sweep_->add_subcommand(verb, help);
            auto* option =
                app->add_option("STORE", store_options_.stores, "a store, or the folder of a sweep")
                    ->required();
            if (!several) option->expected(1);
            return app;
        };
        sweep_status_ = stores("status", "how many points are done, failed, invalid", false);
        sweep_export_ = stores("export", "all points of a store", false);
        sweep_merge_ = stores("merge", "several stores into one", true);
        for (CLI::App* verb : {sweep_status_, sweep_export_})
            verb->add_flag("--json", store_options_.json, "print a JSON document and nothing else");
        auto* csv = sweep_export_->add_flag("--csv", store_options_.csv, "print CSV (the default)");
        sweep_export_->get_option("--json")->excludes(csv);
        sweep_export_
            ->add_option("--columns", store_options_.columns, "dotted keys and metrics (default: all)")
            ->delimiter(',')
            ->type_name("A,B,...");
        sweep_export_->add_option("--out", store_options_.out, "write a file instead of stdout")
            ->check(path_text)
            ->type_name("FILE");
        sweep_merge_->add_option("--out", store_options_.out, "folder of the merged store")
            ->required()
            ->check(path_text)
            ->type_name("DIR");
    }
    // `local_only`: options that the launcher of a cluster leaves no room for.
    void add_launcher(CLI::App& verb, const std::vector<CLI::Option*>& local_only) {
        add_choice<bool>(verb, "--launcher", "where points are simulated (default: local)",
                         {{"local", false}, {"slurm", true}}, sweep_options_.on_slurm);
        SlurmOptions& slurm = sweep_options_.slurm;
        auto* shards = verb.add_option("--shards", slurm.shards, "with slurm: tasks of the job array")
                           ->check(CLI::Range(1, 1 << 20))
                           ->type_name("N");
        std::vector<CLI::Option*> slurm_only{shards};
        slurm_only.push_back(
            verb.add_option("--partition", slurm.partition, "with slurm: where the jobs go")->type_name("P"));
        slurm_only.push_back(
            verb.add_option("--time", slurm.time, "with slurm: the longest a job may take")->type_name("T"));
        slurm_only.push_back(
            verb.add_option("--slurm-arg", slurm.arguments,
                            "with slurm: an argument of sbatch, such as --slurm-arg=--mem=4G")
                ->take_all()
                ->type_size(1)
                ->allow_extra_args(false)
                ->type_name("ARG"));
        verb.callback([this, shards, slurm_only, local_only, &verb] {
            const bool there = verb.get_option("--out")->count() > 0;
            if (sweep_options_.no_simulate && !there) throw CLI::RequiredError("--no-simulate: --out");
            if (!sweep_options_.on_slurm) {
                for (const CLI::Option* option : slurm_only)
                    if (option->count() > 0)
                        throw CLI::ValidationError(option->get_name(), "is for --launcher slurm");
                return;
            }
            for (const CLI::Option* option : local_only)
                if (option->count() > 0)
                    throw CLI::ValidationError(option->get_name(), "cannot be used with --launcher slurm");
            if (!there || shards->count() == 0)
                throw CLI::RequiredError("--launcher slurm: --out and --shards");
            for (const std::string& argument : sweep_options_.slurm.arguments)
                if (!argument.starts_with('-'))
                    throw CLI::ValidationError("--slurm-arg",
                                               fmt::format("{} is no option of sbatch", in_quotes(argument)));
        });
    }
    void take_shard(const std::string& text) {
        const auto slash = text.find('/');
        const std::string first = text.substr(0, slash),
                          second = slash == text.npos ? "" : text.substr(slash + 1);
        if (!digits_only(first).empty() || !digits_only(second).empty() || std::stoull(first) < 1 ||
            std::stoull(second) < std::stoull(first))
            throw CLI::ValidationError("--shard",
                                       fmt::format("expected I/N with 1 <= I <= N, got {}", in_quotes(text)));
        sweep_options_.shard = std::stoull(first) - 1;
        sweep_options_.shards = std::stoull(second);
    }
    void add_report() {
        report_ = app_.add_subcommand("report", "a page, Markdown and CSV of a run, a comparison or a sweep");
        report_->add_option("RESULTS", report_options_.results, "a folder of results, or a document in it")
            ->required();
        report_->add_option("--out", report_options_.out, "folder for report.html, report.md, report.csv")
            ->check(path_text)
            ->type_name("DIR");
    }
    void add_op() {
        op_ = app_.add_subcommand("op", "one operation with your own values, or for time alone");
        op_->require_subcommand(1);
        static constexpr const char* helps[] = {"A (M,K) times B (K,N), plus an optional bias (N)",
                                                "of each row of X (M,N)",
                                                "of X (M,N)",
                                                "of each row of X (M,N), optional gamma and beta (N)",
                                                "of each row of X (M,N), optional gamma (N)",
                                                "X + Y (M,N)"};
        for (std::size_t kind = 0; kind < std::size(single_kinds); ++kind) {
            CLI::App* verb = op_->add_subcommand(single_kinds[kind], helps[kind]);
            op_kinds_.push_back(verb);
            verb->add_option("--accelerator", op_options_.accelerator, "a file of kind accelerator")
                ->required()
                ->check(path_text)
                ->type_name("YAML");
            auto* in = verb->add_option("--in", op_options_.in,
                                        "operands as .npy: numbers (f2, f4, f8) or codes (u1, u2)")
                           ->check(path_text)
                           ->type_name("FILE...");
            auto* shape = verb->add_option("--shape", op_options_.shape,
                                           kind == 0 ? "M,N,K instead of --in: time alone"
                                                     : "M,N instead of --in: time alone")
                              ->delimiter(',')
                              ->check(CLI::Range(1, 1 << 20))
                              ->type_name("N,...");
            in->excludes(shape);
            verb->add_option("--out", op_options_.out, "results as numbers, .npy of float32")
                ->check(path_text)
                ->type_name("FILE");
            verb->add_option("--codes", op_options_.codes, "results as codes, .npy")
                ->check(path_text)
                ->type_name("FILE");
            add_choice<bool>(*verb, "--output", "what --out holds: values as stored, or before the encoder",
                             {{"storage", false}, {"accumulator", true}}, op_options_.accumulator);
            verb->add_option("--hex", op_options_.hex,
                             "folder for golden vectors: operands, results and their cycles for $readmemh")
                ->check(path_text)
                ->type_name("DIR");
            add_watch(*verb, op_options_.watch);
            if (kind == 0)
                verb->add_option(
                        "--animate", op_options_.animate,
                        "a page that shows the array clock by clock (with --shape: synthetic values)")
                    ->check(path_text)
                    ->type_name("FILE");
            verb->add_option("--seed", op_options_.seed,
                             "of stochastic rounding and synthetic values (default: 0)")
                ->check(digits_only)
                ->type_name("N");
            verb->add_flag("--histogram", op_options_.histogram,
                           "which codes of its format each tensor uses");
            verb->add_flag("--json", op_options_.json, "print the result document and nothing else");
            add_settings(*verb, true, op_without);
            verb->callback([in, shape] {
                if (in->count() + shape->count() == 0) throw CLI::RequiredError("--in or --shape");
            });
        }
    }
    void add_workload() {
        workload_ = app_.add_subcommand("workload", "what a workload holds");
        workload_->require_subcommand(1);
        show_ = workload_->add_subcommand("show", "MACs, parameters and bytes by operation");
        expand_ = workload_->add_subcommand("expand", "its explicit trace, as YAML");
        for (CLI::App* verb : {show_, expand_}) {
            verb->add_option("FILE", workload_options_.file, "an experiment, a workload or a trace")
                ->required();
            verb->add_option("--batch", workload_options_.batch, "samples (default: the experiment's, or 1)")
                ->check(CLI::Range(1, 1 << 16))
                ->type_name("N");
            verb->add_option(
                    "--sequence", workload_options_.sequence,
                    "tokens of a sample (default: the experiment's; or 128, or all positions if fewer)")
                ->check(CLI::Range(1, 1 << 20))
                ->type_name("N");
            verb->add_option("--phase", workload_options_.phase,
                             "encode, prefill, decode, train or finetune_lora (default: the experiment's, or "
                             "encode)")
                ->check(CLI::IsMember({"encode", "prefill", "decode", "train", "finetune_lora"}));
            verb->add_option("--context", workload_options_.context,
                             "decode: keys that the first token attends to, its own included")
                ->check(CLI::Range(1, 1 << 20))
                ->type_name("N");
            verb->add_option("--tokens", workload_options_.tokens, "decode: tokens made (default: 1)")
                ->check(CLI::Range(1, 10000))
                ->type_name("N");
            add_settings(*verb);
        }
        show_->add_flag("--json", workload_options_.json, "print a JSON document and nothing else");
        show_->add_option("--bits", workload_options_.bits, "bits of a value, for the bytes (default: 8)")
            ->check(CLI::Range(1, 64))
            ->type_name("N");
        expand_->add_option("--out", workload_options_.out, "write a file instead of stdout")
            ->check(path_text)
            ->type_name("FILE");
        add_import();
    }
    void add_import() {
        import_ = workload_->add_subcommand("import", "a file of another program, as a workload or a trace");
        import_
            ->add_option("FILE", import_options_.file,
                         "a Hugging Face config.json, an ONNX graph, or a SCALE-Sim topology (.csv)")
            ->check(path_text)
            ->required();
        import_->add_option("--out", import_options_.out, "write a file instead of stdout")
            ->check(path_text)
            ->type_name("FILE");
        import_
            ->add_option("--name", import_options_.name, "what the workload is called (default: the file's)")
            ->type_name("NAME");
        import_
            ->add_option("--head", import_options_.head,
                         "config.json: what runs after the last layer: none, pooler, classifier, lm or mlm "
                         "(default: lm of decoders, else none)")
            ->check(CLI::IsMember({"none", "pooler", "classifier", "lm", "mlm"}))
            ->type_name("HEAD");
        const auto dim = [this](const std::string& text) {
            const auto at = text.rfind('=');
            const std::string size = at == text.npos ? "" : text.substr(at + 1);
            std::uint64_t value = 0;
            const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), value);
            if (at == 0 || error != std::errc{} || end != size.data() + size.size() || value == 0 ||
                value > 1 << 24)
                throw CLI::ValidationError(
                    "--dim",
                    fmt::format("expected NAME=N with N from 1 to 16777216, got {}", in_quotes(text)));
            import_options_.dims.emplace_back(text.substr(0, at), value);
        };
        import_
            ->add_option_function<std::vector<std::string>>(
                "--dim",
                [dim](const std::vector<std::string>& texts) {
                    for (const auto& text : texts) dim(text);
                },
                "ONNX: an open dimension of its inputs, such as batch=1; once for each")
            ->type_name("NAME=N")
            ->allow_extra_args(false);
        import_->add_flag("--approximate", import_options_.approximate,
                          "ONNX: an unknown operator is a pass over its values, not an error");
    }
    void add_quantize() {
        quantize_ =
            app_.add_subcommand("quantize", "numbers on stdin, one a line, to codes and values; or back");
        quantize_->add_option("--format", quantize_options_.format, "a name that `octet formats` lists")
            ->required()
            ->check(known_format)
            ->type_name("FORMAT");
        quantize_->add_flag("--decode", quantize_options_.decode,
                            "codes on stdin (0x..), in the layout of the output");
        quantize_
            ->add_option("--scale", quantize_options_.scale,
                         "of integers and nf4 (default: largest magnitude of the input / largest code; with "
                         "--decode 1)")
            ->check(positive_number)
            ->type_name("S");
        add_choice<Overflow>(
            *quantize_, "--overflow",
            "what floats beyond the largest become (default: saturate up to 10 bits, else inf)",
            {{"saturate", Overflow::saturate}, {"nan", Overflow::nan}, {"inf", Overflow::infinity}},
            quantize_options_.overflow);
        quantize_->add_option("--out", quantize_options_.out, "write a file instead of stdout")
            ->check(path_text)
            ->type_name("FILE");
    }
    void add_formats() {
        formats_ = app_.add_subcommand("formats", "the number formats known; one or several side by side");
        formats_
            ->add_option("NAME", formats_options_.names, "range, precision, every code, where the values lie")
            ->check(known_format)
            ->type_name("FORMAT");
        formats_->add_flag("--json", formats_options_.json, "print a JSON document and nothing else");
    }
    void add_dram() {
        dram_ = app_.add_subcommand("dram", "an address stream through the DRAM model alone");
        dram_->add_option("--config", dram_options_.config, "a file of kind dram")
            ->required()
            ->check(path_text)
            ->type_name("D.yaml");
        dram_
            ->add_option("--requests", dram_options_.requests,
                         "lines `0xADDR R` or `0xADDR W` of 64-byte requests, optionally an earliest cycle")
            ->required()
            ->check(path_text)
            ->type_name("FILE");
        dram_->add_flag("--json", dram_options_.json, "print a JSON document and nothing else");
        add_settings(*dram_, false);
    }
    void add_check() {
        check_ = app_.add_subcommand("check", "validate any Octet YAML");
        check_->add_option("FILE", check_options_.files, "files of any kind")->required();
        check_->add_flag("--json", check_options_.json, "print a JSON document and nothing else");
    }
    void add_schema() {
        schema_ = app_.add_subcommand("schema", "print the JSON Schema of a kind of file, for editors");
        schema_
            ->add_option("KIND", schema_kind_,
                         "experiment, accelerator, workload, trace, costs, dram or sweep")
            ->required()
            ->check(CLI::IsMember(std::vector<std::string>(all_kinds.begin(), all_kinds.end())));
    }

    void add_completion() {
        completion_ =
            app_.add_subcommand("completion", "a script by which a shell completes this command line");
        completion_->add_option("SHELL", completion_shell_, "bash")
            ->required()
            ->check(CLI::IsMember(std::vector<std::string>{"bash"}));
    }

    CLI::App app_{"Cycle-accurate simulator of 8-bit transformer accelerators", "octet"};
    CLI::App *sweep_{}, *sweep_run_{}, *sweep_status_{}, *sweep_export_{}, *sweep_merge_{}, *report_{};
    CLI::App *run_{}, *compare_{}, *workload_{}, *show_{}, *expand_{}, *import_{}, *quantize_{}, *formats_{},
        *check_{}, *schema_{}, *dram_{}, *completion_{};
    CLI::App* op_{};
    std::vector<CLI::App*> op_kinds_;
    OpOptions op_options_;
    RunOptions run_options_;
    CompareOptions compare_options_;
    SweepRunOptions sweep_options_;
    StoreOptions store_options_;
    ReportOptions report_options_;
    WorkloadOptions workload_options_;
    ImportOptions import_options_;
    QuantizeOptions quantize_options_;
    FormatsOptions formats_options_;
    DramOptions dram_options_;
    CostCommands cost_;
    CheckOptions check_options_;
    std::string schema_kind_, completion_shell_;
};

int octet_main(int argc, const char* const* argv) {
    CommandLine line;
    std::string out;
    try {
        line.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::ostringstream help, complaint;
        const int code = line.exit(error, help, complaint);
        print_error(complaint.str());
        return print_out(help.str()) ? code : input_at_fault;
    } catch (const InputError& error) {
        print_error(error.what());
        return wrong_usage;
    }
    const int code = line.execute(out);
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
