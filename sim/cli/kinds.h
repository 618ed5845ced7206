// What `octet check` and `octet schema` know of each kind of file. The one place where a kind is wired in.
#pragma once
#include <span>
#include <string_view>

#include "sim/config/diagnostics.h"
#include "sim/config/node.h"
#include "sim/config/schema.h"
#include "sim/cost/table.h"

namespace octet {

struct Findings {
    Diagnostics errors;
    // Of an experiment whose prices are complete: the table, and its rows that price nothing of the machine.
    CostTable costs;
    std::vector<std::size_t> unused;
};

struct KindOfFile {
    std::string_view name;
    // Reports every error of a tree of this kind (load_layers has merged it, put_files has not run).
    void (*check)(Node root, Findings& findings);
    Json (*schema)();
};

std::span<const KindOfFile> kinds_of_files();
const KindOfFile* find_kind(std::string_view name);  // nullptr if unknown

}  // namespace octet
