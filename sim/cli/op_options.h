// `octet op` and its sub-verbs, one for each kind of operation. For main.cpp alone (CLI11).
#pragma once
#include <iterator>
#include <memory>

#include "sim/cli/commands.h"
#include "sim/cli/options.h"
#include "sim/cli/verbs.h"

namespace octet {

inline void add_op_kind(CLI::App& op, int kind, const char* help, Commands& commands) {
    // Of values tells --in.
    static constexpr auto without = std::to_array<std::string_view>({"values"});
    const bool product = kind == 0;
    const auto options = std::make_shared<OpOptions>();
    options->kind = single_kinds[kind];
    options->kind_index = kind;
    CLI::App& verb = *op.add_subcommand(single_kinds[kind], help);
    add_path(verb, "--accelerator", options->accelerator, "a file of kind accelerator", "YAML")->required();
    auto* in =
        verb.add_option("--in", options->in, "operands as .npy: numbers (f2, f4, f8) or codes (u1, u2)")
            ->check(path_text)
            ->type_name("FILE...");
    auto* shape =
        verb.add_option("--shape", options->shape,
                        product ? "M,N,K instead of --in: time alone" : "M,N instead of --in: time alone")
            ->delimiter(',')
            ->check(CLI::Range(1, 1 << 20))
            ->type_name("N,...");
    in->excludes(shape);
    add_path(verb, "--out", options->out, "results as numbers, .npy of float32", "FILE");
    add_path(verb, "--codes", options->codes, "results as codes, .npy", "FILE");
    add_choice<bool>(verb, "--output", "what --out holds: values as stored, or before the encoder",
                     {{"storage", false}, {"accumulator", true}}, options->accumulator);
    add_path(verb, "--hex", options->hex,
             "folder for golden vectors: operands, results and their cycles for $readmemh", "DIR");
    add_watch(verb, options->watch);
    if (product)
        add_path(verb, "--animate", options->animate,
                 "a page that shows the array clock by clock (with --shape: synthetic values)", "FILE");
    add_seed(verb, options->seed, "of stochastic rounding and synthetic values (default: 0)");
    verb.add_flag("--histogram", options->histogram, "which codes of its format each tensor uses");
    add_json(verb, options->json, "the result document");
    add_settings(verb, true, without);
    verb.callback([in, shape] {
        if (in->count() + shape->count() == 0) throw CLI::RequiredError("--in or --shape");
    });
    commands.add(verb, options, op_verb, without);
}

inline void add_op(CLI::App& app, Commands& commands) {
    CLI::App& op = *app.add_subcommand("op", "one operation with your own values, or for time alone");
    op.require_subcommand(1);
    static constexpr const char* helps[] = {"A (M,K) times B (K,N), plus an optional bias (N)",
                                            "of each row of X (M,N)",
                                            "of X (M,N)",
                                            "of each row of X (M,N), optional gamma and beta (N)",
                                            "of each row of X (M,N), optional gamma (N)",
                                            "X + Y (M,N)"};
    static_assert(std::size(helps) == std::size(single_kinds));
    for (int kind = 0; kind < static_cast<int>(std::size(helps)); ++kind)
        add_op_kind(op, kind, helps[kind], commands);
}

}  // namespace octet
