#include <cstdlib>
#include <string_view>

#include "sim/config/csv.h"
#include "sim/config/json_reader.h"
#include "sim/config/yaml.h"
#include "sim/workload/import/huggingface.h"
#include "sim/workload/load.h"
#include "sim/workload/topology.h"
#include "tests/fuzz/targets.h"

namespace octet::fuzz {
namespace {

std::string_view text(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

void require(bool holds) {
    if (!holds) std::abort();
}

// Small enough that a graph of it is made quickly.
bool is_small(const TransformerDescription& d) {
    return d.layers <= 4 && d.ffn_count <= 4;
}

}  // namespace

void yaml(const std::uint8_t* data, std::size_t size) {
    try {
        const Node root = parse_yaml(text(data, size), "fuzz.yaml");
        if (!root.is_map()) return;
        Diagnostics diagnostics;
        check_workload(root, diagnostics);
    } catch (const InputError& error) {
        require(!error.diagnostics().empty());
    }
}

void csv(const std::uint8_t* data, std::size_t size) {
    try {
        Diagnostics diagnostics;
        const Graph graph = read_topology(parse_csv(text(data, size), "fuzz.csv"), diagnostics);
        if (diagnostics.empty()) require(faults(graph).empty());
    } catch (const InputError& error) {
        require(!error.diagnostics().empty());
    }
}

void json(const std::uint8_t* data, std::size_t size) {
    try {
        const Node root = parse_json(text(data, size), "fuzz.json");
        for (const char* head : {"", "none", "mlm", "classifier"}) {
            Diagnostics diagnostics;
            const auto model = read_huggingface(root, "fuzz", head, diagnostics);
            if (!diagnostics.empty() || !is_small(model.description)) continue;
            try {
                require(faults(expand(model.description, {.sequence = 2})).empty());
            } catch (const std::invalid_argument&) {  // sizes whose product is too large, too few positions
            }
        }
    } catch (const InputError& error) {
        require(!error.diagnostics().empty());
    }
}

}  // namespace octet::fuzz
