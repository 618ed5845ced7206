#include <fmt/format.h>

#include <algorithm>

#include "sim/config/diagnostics.h"
#include "sim/cost/describe.h"
#include "sim/cost/write.h"

namespace octet {
namespace {

// A column: how CSV and YAML call it.
struct Column {
    std::string csv, yaml;
    enum class Kind : std::uint8_t { words, numbers, text } kind;
};

const std::vector<Column>& columns() {
    static const auto list = [] {
        using enum Column::Kind;
        std::vector<Column> made{{"component", "component", words}, {"action", "action", words}};
        for (const CostKeyName& key : word_keys())
            made.push_back(
                {std::string(key.name), std::string(key.name), words_of(key.name).empty() ? text : words});
        for (const CostKeyName& key : number_keys())
            made.push_back({std::string(key.name), std::string(key.name), numbers});
        made.insert(made.end(), {{"energy_pj", "energy", numbers},
                                 {"area_um2", "area", numbers},
                                 {"leakage_uw", "leakage", numbers},
                                 {"source", "source", text},
                                 {"node_nm", "node_nm", numbers},
                                 {"voltage", "voltage", numbers},
                                 {"confidence", "confidence", words},
                                 {"uncertainty", "uncertainty", numbers}});
        // The key area_um2 of leakage rows would have the name of the area's column.
        for (Column& column : made)
            if (column.yaml == "area_um2") column.csv = "of_area_um2";
        return made;
    }();
    return list;
}

std::string quoted(const std::string& cell) {
    if (cell.find_first_of(",\"\n\r") == std::string::npos) return cell;
    std::string text = "\"";
    for (const char c : cell) text += c == '"' ? std::string("\"\"") : std::string(1, c);
    return text + '"';
}

std::string cell_of(const CostRow& row, const Column& column) {
    const auto numbers = [](const auto& list) { return fmt::format("{}", fmt::join(list, " ")); };
    const auto optional = [](const std::optional<double>& n) { return n ? fmt::format("{}", *n) : ""; };
    if (column.yaml == "component") return numbers(row.components);
    if (column.yaml == "action") return numbers(row.actions);
    if (column.yaml == "source") return row.source;
    if (column.yaml == "node_nm") return optional(row.node_nm);
    if (column.yaml == "voltage") return optional(row.voltage);
    if (column.yaml == "uncertainty") return optional(row.uncertainty);
    if (column.yaml == "confidence") return std::string(name(row.confidence));
    for (std::size_t q = 0; q < quantity_count; ++q)
        if (column.yaml == name(static_cast<Quantity>(q))) return numbers(row.values[q]);
    const RowKey* key = row.find(column.yaml);
    if (key == nullptr) return "";
    return key->words.empty() ? numbers(key->points) : numbers(key->words);
}

template <class Cell>
std::string line_of(Cell cell) {
    std::string line;
    for (const Column& column : columns())
        line += (line.empty() && &column == columns().data() ? "" : ",") + quoted(cell(column));
    return line + "\n";
}

struct Cell {
    std::string text;
    std::uint32_t line = 1, column = 1;
};

// The cells of a CSV text: commas between, quotes around what holds commas, quotes or line ends.
class CsvReader {
  public:
    CsvReader(std::string_view text, const std::string& path) : text_(text), path_(path) {}

    std::vector<std::vector<Cell>> read() {
        std::vector<std::vector<Cell>> lines;
        while (at_ < text_.size()) {
            std::vector<Cell> line;
            do line.push_back(read_cell());
            while (take(','));
            if (take('\r') && at_ < text_.size() && text_[at_] != '\n')
                fail("a carriage return without a line end");
            if (at_ < text_.size() && !take('\n')) fail("a quoted cell must end before the next comma");
            if (line.size() > 1 || !line.front().text.empty()) lines.push_back(std::move(line));
        }
        return lines;
    }

  private:
    bool take(char c) {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        ++column_;
        if (c == '\n') {
            ++line_;
            column_ = 1;
        }
        return true;
    }
    [[noreturn]] void fail(const std::string& message) {
        throw InputError(location_in(path_, line_, column_), "", message);
    }
    Cell read_cell() {
        Cell cell{"", line_, column_};
        if (!take('"')) {
            while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n' && text_[at_] != '\r') {
                cell.text += text_[at_++];
                ++column_;
            }
            return cell;
        }
        while (true) {
            if (at_ >= text_.size())
                throw InputError(location_in(path_, cell.line, cell.column), "", "a quote without its end");
            if (take('"')) {
                if (!take('"')) return cell;
                cell.text += '"';
            } else {
                const char c = text_[at_];
                take(c);
                cell.text += c;
            }
        }
    }

    std::string_view text_;
    const std::string& path_;
    std::size_t at_ = 0;
    std::uint32_t line_ = 1, column_ = 1;
};

std::vector<std::string> words_in(const std::string& text) {
    std::vector<std::string> words;
    std::string word;
    for (const char c : text + " ") {
        if (c != ' ')
            word += c;
        else if (!word.empty())
            words.push_back(std::move(word)), word.clear();
    }
    return words;
}

// Which column each cell of the header names.
std::vector<const Column*> header_of(const std::vector<Cell>& cells, const std::string& path) {
    std::vector<std::string_view> names;
    for (const Column& column : columns()) names.push_back(column.csv);
    std::vector<const Column*> header;
    Diagnostics errors;
    for (const Cell& cell : cells) {
        const Location where = location_in(path, cell.line, cell.column);
        const auto it = std::ranges::find(columns(), cell.text, &Column::csv);
        const bool known = it != columns().end();
        if (!known)
            errors.add(
                where, "",
                fmt::format("{} is no column{}", in_quotes(cell.text), did_you_mean(cell.text, names)));
        else if (std::ranges::find(header, &*it) != header.end())
            errors.add(where, "", fmt::format("the column {} is there twice", cell.text));
        header.push_back(known ? &*it : nullptr);
    }
    errors.throw_if_any();
    return header;
}

Node scalar(std::string text, const Location& where, bool quoted) {
    Node node;
    node.kind = Node::Kind::scalar;
    node.text = std::move(text);
    node.quoted = quoted;
    node.location = where;
    return node;
}

Node map_at(const Location& where) {
    Node node;
    node.kind = Node::Kind::map;
    node.location = where;
    return node;
}

Node value_of(const Column& column, const Cell& cell, const Location& where) {
    if (column.kind == Column::Kind::text) return scalar(cell.text, where, true);
    std::vector<std::string> words = words_in(cell.text);
    if (words.size() == 1) return scalar(std::move(words.front()), where, false);
    Node list;
    list.kind = Node::Kind::list;
    list.location = where;
    for (std::string& word : words) list.items.push_back(scalar(std::move(word), where, false));
    return list;
}

bool is_section(const std::string& component) {
    return component.starts_with("interpolate");
}

}  // namespace

std::string costs_csv(const CostTable& table) {
    std::string out = line_of([](const Column& column) { return column.csv; });
    struct Section {
        std::string key;
        Quantity quantity;
    };
    for (const Section& section :
         {Section{"interpolate", Quantity::energy}, Section{"interpolate_area", Quantity::area},
          Section{"interpolate_leakage", Quantity::leakage}})
        out += line_of([&](const Column& column) -> std::string {
            if (column.yaml == "component") return section.key;
            const bool is_key =
                std::ranges::find(number_keys(), column.yaml, &CostKeyName::name) != number_keys().end();
            if (!is_key) return "";
            return std::string(
                name_in(interpolation_table, table.interpolation(column.yaml, section.quantity)));
        });
    for (const CostRow& row : plain_rows(table))
        out += line_of([&](const Column& column) { return cell_of(row, column); });
    return out;
}

Node tree_of_csv(std::string_view text, const std::string& path) {
    const std::vector<std::vector<Cell>> lines = CsvReader(text, path).read();
    const Location start = location_in(path, 1, 1);
    if (lines.empty()) throw InputError(start, "", "there is no header");
    const std::vector<const Column*> header = header_of(lines.front(), path);
    const auto component = std::ranges::find(header, &columns().front()) - header.begin();
    if (component == std::ssize(header)) throw InputError(start, "", "there is no column component");
    Node root = map_at(start), units = map_at(start), rows;
    for (std::size_t q = 0; q < quantity_count; ++q)
        units.entries.push_back({std::string(name(static_cast<Quantity>(q))), start,
                                 scalar(std::string(unit_of(static_cast<Quantity>(q))), start, false)});
    root.entries.push_back({"kind", start, scalar("costs", start, false)});
    root.entries.push_back({"units", start, std::move(units)});
    rows.kind = Node::Kind::list;
    rows.location = start;
    for (std::size_t l = 1; l < lines.size(); ++l) {
        const std::vector<Cell>& line = lines[l];
        const Location where = location_in(path, line.front().line, 1);
        if (line.size() != header.size())
            throw InputError(where, "",
                             fmt::format("{} cells under a header of {}", line.size(), header.size()));
        const std::string& what = line[static_cast<std::size_t>(component)].text;
        Node row = map_at(where);
        for (std::size_t c = 0; c < line.size(); ++c) {
            const bool names_section = is_section(what) && static_cast<std::ptrdiff_t>(c) == component;
            if (names_section || line[c].text.empty()) continue;
            const Location at = location_in(path, line[c].line, line[c].column);
            row.entries.push_back({header[c]->yaml, at, value_of(*header[c], line[c], at)});
        }
        if (!is_section(what))
            rows.items.push_back(std::move(row));
        else if (root.find(what) == nullptr)
            root.entries.push_back({what, where, std::move(row)});
        else
            throw InputError(where, what, "is there twice");
    }
    root.entries.push_back({"rows", start, std::move(rows)});
    return root;
}

}  // namespace octet
