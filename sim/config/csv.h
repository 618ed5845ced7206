// The strict reader of comma-separated tables (SCALE-Sim topology files). It knows cells, not what they mean.
#pragma once
#include <string>
#include <string_view>

#include "sim/config/diagnostics.h"
#include "sim/config/node.h"

namespace octet {

constexpr std::size_t max_csv_rows = 10'001, max_csv_cells = 64;  // rows that are not blank; cells of a row

// Whether a path names a table: it ends in `.csv`, in either case.
bool is_csv(std::string_view path);

// The tree of a text: a mapping with `kind: trace` alone, whose items (which no YAML mapping has) are the
// rows, each a list of cells; at least one row. Blanks and tabs around a cell do not count, nor do rows whose
// cells are all empty; a last row needs no line feed. Nothing is quoted: a quote is an error. A cell that
// starts with `#` is a comment up to the end of its row. `file` is what locations name. Throws InputError.
Node parse_csv(std::string_view text, std::string_view file);

// read_text_file and parse_csv.
Node read_csv(const std::string& path);

// Whether a tree was read from a table.
inline bool is_table(const Node& root) {
    return root.is_map() && !root.items.empty();
}

}  // namespace octet
