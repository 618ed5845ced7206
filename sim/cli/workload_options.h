// `octet workload` and its sub-verbs. For main.cpp alone (CLI11).
#pragma once
#include <charconv>
#include <memory>
#include <string>
#include <vector>

#include "sim/cli/commands.h"
#include "sim/cli/options.h"
#include "sim/cli/verbs.h"

namespace octet {

inline void add_workload_import(CLI::App& workload, Commands& commands) {
    const auto options = std::make_shared<ImportOptions>();
    CLI::App& verb =
        *workload.add_subcommand("import", "a file of another program, as a workload or a trace");
    verb.add_option("FILE", options->file,
                    "a Hugging Face config.json, an ONNX graph, or a SCALE-Sim topology (.csv)")
        ->check(path_text)
        ->required();
    add_out_file(verb, options->out);
    verb.add_option("--name", options->name, "what the workload is called (default: the file's)")
        ->type_name("NAME");
    verb.add_option("--head", options->head,
                    "config.json: what runs after the last layer: none, pooler, classifier, lm or mlm "
                    "(default: lm of decoders, else none)")
        ->check(CLI::IsMember({"none", "pooler", "classifier", "lm", "mlm"}))
        ->type_name("HEAD");
    const auto take_dim = [dims = &options->dims](const std::string& text) {
        const auto at = text.rfind('=');
        const std::string size = at == text.npos ? "" : text.substr(at + 1);
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), value);
        if (at == 0 || error != std::errc{} || end != size.data() + size.size() || value == 0 ||
            value > 1 << 24)
            throw CLI::ValidationError(
                "--dim", fmt::format("expected NAME=N with N from 1 to 16777216, got {}", in_quotes(text)));
        dims->emplace_back(text.substr(0, at), value);
    };
    verb.add_option_function<std::vector<std::string>>(
            "--dim",
            [take_dim](const std::vector<std::string>& texts) {
                for (const auto& text : texts) take_dim(text);
            },
            "ONNX: an open dimension of its inputs, such as batch=1; once for each")
        ->type_name("NAME=N")
        ->allow_extra_args(false);
    verb.add_flag("--approximate", options->approximate,
                  "ONNX: an unknown operator is a pass over its values, not an error");
    commands.add(verb, options, workload_import_verb);
}

inline void add_workload(CLI::App& app, Commands& commands) {
    CLI::App& workload = *app.add_subcommand("workload", "what a workload holds");
    workload.require_subcommand(1);
    const auto options = std::make_shared<WorkloadOptions>();
    CLI::App& show = *workload.add_subcommand("show", "MACs, parameters and bytes by operation");
    CLI::App& expand = *workload.add_subcommand("expand", "its explicit trace, as YAML");
    for (CLI::App* verb : {&show, &expand}) {
        verb->add_option("FILE", options->file, "an experiment, a workload or a trace")->required();
        verb->add_option("--batch", options->batch, "samples (default: the experiment's, or 1)")
            ->check(CLI::Range(1, 1 << 16))
            ->type_name("N");
        verb->add_option("--sequence", options->sequence,
                         "tokens of a sample (default: the experiment's; or 128, or all positions if fewer)")
            ->check(CLI::Range(1, 1 << 20))
            ->type_name("N");
        verb->add_option("--phase", options->phase,
                         "encode, prefill, decode, train or finetune_lora (default: the experiment's, or "
                         "encode)")
            ->check(CLI::IsMember({"encode", "prefill", "decode", "train", "finetune_lora"}));
        verb->add_option("--context", options->context,
                         "decode: keys that the first token attends to, its own included")
            ->check(CLI::Range(1, 1 << 20))
            ->type_name("N");
        verb->add_option("--tokens", options->tokens, "decode: tokens made (default: 1)")
            ->check(CLI::Range(1, 10000))
            ->type_name("N");
        add_settings(*verb);
    }
    add_json(show, options->json);
    show.add_option("--bits", options->bits, "bits of a value, for the bytes (default: 8)")
        ->check(CLI::Range(1, 64))
        ->type_name("N");
    add_out_file(expand, options->out);
    commands.add(show, options, workload_show_verb);
    commands.add(expand, options, workload_expand_verb);
    add_workload_import(workload, commands);
}

}  // namespace octet
