// Mutated valid files: read, or refused with at least one error that has a place. Nothing else may happen.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>

#include "sim/cli/kinds.h"
#include "sim/config/layers.h"
#include "sim/config/yaml.h"

namespace octet {
namespace {

namespace fs = std::filesystem;

std::vector<std::pair<std::string, std::string>> seeds() {
    std::vector<std::pair<std::string, std::string>> files;
    for (const char* folder :
         {"/configs/accelerators", "/configs/experiments", "/workloads", "/tests/hostile"})
        for (const auto& entry : fs::recursive_directory_iterator(OCTET_SOURCE_DIR + std::string(folder))) {
            std::ostringstream text;
            text << std::ifstream(entry.path()).rdbuf();
            if (text.str().size() < 4000) files.emplace_back(entry.path().string(), text.str());
        }
    std::ranges::sort(files);
    return files;
}

constexpr std::string_view tokens[] = {"\"",    "'",         "[",
                                       "]",     "{",         "}",
                                       ",",     ":",         ": ",
                                       "- ",    "\n",        "  ",
                                       "#",     "&a ",       "*a",
                                       "!",     "|",         ">",
                                       "%",     "@",         "?",
                                       "\\",    "---\n",     "...\n",
                                       "~",     "<<: ",      "\t",
                                       "\r",    "0",         "-1",
                                       "1e999", ".nan",      "99999999999999999999",
                                       "\xFF",  "extends: ", "kind: ",
                                       "true",  "null",      "unlimited",
                                       "auto"};

std::string mutate(std::string text, std::mt19937_64& random) {
    const auto below = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
    for (std::size_t edits = 1 + below(3); edits > 0; --edits) {
        const std::size_t at = below(text.size() + 1), length = std::min(1 + below(8), text.size() - at);
        const std::string_view token = tokens[below(std::size(tokens))];
        switch (below(5)) {
            case 0:
                text.insert(at, token);
                break;
            case 1:
                text.erase(at, length);
                break;
            case 2:
                text.replace(at, length, token);
                break;
            case 3:
                text.insert(at, text.substr(below(text.size()), below(60)));
                break;
            default:
                if (at < text.size()) text[at] = static_cast<char>(below(256));
        }
    }
    return text;
}

// What `octet check` does with a text that lies at `path`.
void check(const std::string& text, const std::string& path) {
    Findings findings;
    Diagnostics& diagnostics = findings.errors;
    try {
        Node root = parse_yaml(text, path);
        const KindOfFile* kind = root.is_map() ? find_kind(kind_of(root)) : nullptr;
        if (kind == nullptr) return;
        kind->check(std::move(root), findings);
    } catch (const InputError& error) {
        ASSERT_FALSE(error.diagnostics().empty());
        diagnostics = error.diagnostics();
    }
    for (const auto& diagnostic : diagnostics.all()) {
        ASSERT_NE(diagnostic.where.file, nullptr) << diagnostic.message;
        ASSERT_GT(diagnostic.where.line, 0U) << to_string(diagnostic);
        ASSERT_FALSE(diagnostic.message.empty());
    }
}

TEST(MutatedFiles, AreReadOrRefusedWithAPlace) {
    const char* given = std::getenv("OCTET_FUZZ_SEED");
    const std::uint64_t seed = given == nullptr ? 1 : std::strtoull(given, nullptr, 10);
    std::cout << "OCTET_FUZZ_SEED=" << seed << "\n";
    std::mt19937_64 random(seed);
    const auto files = seeds();
    for (int i = 0; i < 5000; ++i) {
        const auto& [path, text] = files[random() % files.size()];
        const std::string mutated = mutate(text, random);
        SCOPED_TRACE(path + "\n" + mutated);
        ASSERT_NO_THROW(check(mutated, path));
        if (HasFatalFailure()) return;
    }
}

}  // namespace
}  // namespace octet
