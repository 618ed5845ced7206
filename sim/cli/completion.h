// `octet completion bash`: what a shell needs to complete the command line, made from the very tables of
// verbs and options that the command line is read by. Only main.cpp includes this.
//
// Which values an option takes is read off its type name, which --help shows too:
//   a|b|c        one of these words          a|b|c,...    a list of them
//   PRESET       of MAC formats              PRESET,...   a list of them       FORMAT  a number format
//   DIR          a folder                    FILE         a file               YAML    one of these
// Positionals are files, unless they say otherwise.
#pragma once
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "models/formats/registry.h"

namespace octet {

namespace completion {

inline std::string words_of(std::string type) {
    std::vector<std::string_view> names;
    if (type == "PRESET")
        for (const Preset& preset : presets()) names.push_back(preset.name);
    if (type == "FORMAT")
        for (const FormatInfo& format : formats()) names.push_back(format.name);
    if (!names.empty()) return fmt::format("{}", fmt::join(names, " "));
    const bool choice = type.find('|') != type.npos;
    std::ranges::replace(type, '|', ' ');
    return choice ? type : std::string{};
}

// "flag"; "words a b"; "list a b"; "dirs", "yaml", "files"; "text" if nothing is known of it.
inline std::string kind_of(const CLI::Option& option) {
    if (option.get_items_expected_max() == 0) return "flag";
    std::string type = option.get_type_name();
    if (const auto open = type.find('{'); open != type.npos) {  // a set that the value is checked against
        type = type.substr(open + 1, type.find('}') - open - 1);
        std::ranges::replace(type, ',', ' ');
        return "words " + type;
    }
    type = type.substr(0, type.find(':'));
    constexpr std::string_view more = ",...";
    const bool list = type.ends_with(more);
    if (list) type.resize(type.size() - more.size());
    if (const std::string words = words_of(type); !words.empty()) return (list ? "list " : "words ") + words;
    if (type == "DIR") return "dirs";
    if (type == "YAML" || type.ends_with(".yaml")) return "yaml";
    if (type.starts_with("FILE")) return "files";
    if (!option.get_positional()) return "text";
    const std::string name = option.get_name(true);
    return name == "EXPERIMENT" || name == "SWEEP" || name == "FILE" ? "yaml" : "files";
}

struct Tables {
    std::string verbs, options, kinds;  // lines of `case` statements
};

inline void describe(const CLI::App& app, const std::string& path, Tables& tables) {
    std::vector<std::string> verbs, options;
    for (const CLI::App* verb : app.get_subcommands({})) verbs.push_back(verb->get_name());
    int place = 0;
    for (const CLI::Option* option : app.get_options({})) {
        const std::string kind = kind_of(*option);
        if (option->get_positional()) {
            // One that takes several words comes last, and stands at every place from its own on.
            const bool several = option->get_items_expected_max() > 1;
            const std::string at = several ? "'*" : fmt::format("{}'", ++place);
            tables.kinds += fmt::format("    '{} @{}) echo '{}' ;;\n", path, at, kind);
            continue;
        }
        std::vector<std::string> names;
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
        for (const std::string& name : option->get_snames()) names.push_back("-" + name);
        options.insert(options.end(), names.begin(), names.end());
        for (const std::string& name : names)
            tables.kinds += fmt::format("    '{} {}') echo '{}' ;;\n", path, name, kind);
    }
    tables.verbs += fmt::format("    '{}') echo '{}' ;;\n", path, fmt::join(verbs, " "));
    tables.options += fmt::format("    '{}') echo '{}' ;;\n", path, fmt::join(options, " "));
    for (const CLI::App* verb : app.get_subcommands({}))
        describe(*verb, path + " " + verb->get_name(), tables);
}

// Words before the one that is completed lead to a verb; options with values skip a word.
inline constexpr std::string_view bash_code = R"bash(
_octet() {
    local cur=${COMP_WORDS[COMP_CWORD]} path=octet place=1 option= kind word i prefix=
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == '=' ]]; then
            [[ $option ]] || option=--set
        elif [[ $option ]]; then
            option=
        elif [[ $word == -* ]]; then
            kind=$(_octet_kind "$path $word")
            [[ -z $kind || $kind == flag ]] || option=$word
        elif [[ $place == 1 && " $(_octet_verbs "$path") " == *" $word "* ]]; then
            path+=" $word"
        else
            [[ $path != 'octet sweep' ]] || path='octet sweep run'
            place=$((place + 1))
        fi
    done
    [[ $cur != '=' ]] || cur=
    COMPREPLY=()
    if [[ -z $option && $cur == -* ]]; then
        [[ $path != 'octet sweep' ]] || path='octet sweep run'
        mapfile -t COMPREPLY < <(compgen -W "$(_octet_options "$path")" -- "$cur")
        return
    fi
    if [[ $option ]]; then
        kind=$(_octet_kind "$path $option")
    else
        [[ $place != 1 ]] || mapfile -t COMPREPLY < <(compgen -W "$(_octet_verbs "$path")" -- "$cur")
        [[ $path != 'octet sweep' ]] || path='octet sweep run'
        kind=$(_octet_kind "$path @$place")
    fi
    case $kind in
    'words '*) mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W "${kind#words }" -- "$cur") ;;
    'list '*)
        [[ $cur != *,* ]] || prefix=${cur%,*},
        mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "${kind#list }" -- "${cur##*,}")
        compopt -o nospace 2>/dev/null
        ;;
    dirs)
        mapfile -t COMPREPLY < <(compgen -d -- "$cur")
        compopt -o filenames 2>/dev/null
        ;;
    yaml)
        mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(
            compgen -f -X '!*.yaml' -- "$cur"
            compgen -d -- "$cur"
        )
        compopt -o filenames 2>/dev/null
        ;;
    esac
}
complete -o default -F _octet octet
)bash";

}  // namespace completion

// A script for bash to read (`source <(octet completion bash)`).
inline std::string bash_completion(const CLI::App& app) {
    completion::Tables tables;
    completion::describe(app, app.get_name(), tables);
    const auto function = [](const char* name, const std::string& lines) {
        return fmt::format("{}() {{\n    case $1 in\n{}    esac\n}}\n", name, lines);
    };
    return fmt::format("# Completion of octet {} for bash, made by `octet completion bash`.\n",
                       OCTET_VERSION) +
           function("_octet_verbs", tables.verbs) + function("_octet_options", tables.options) +
           function("_octet_kind", tables.kinds) + std::string(completion::bash_code);
}

}  // namespace octet
