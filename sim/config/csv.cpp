#include "sim/config/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "sim/config/text.h"

namespace octet {
namespace {

constexpr std::string_view blanks = " \t\r";

Node scalar(std::string_view text, const Location& where) {
    Node node;
    node.kind = Node::Kind::scalar;
    node.location = where;
    node.text = text;
    return node;
}

class Row {
  public:
    Row(std::string_view text, std::string_view file, std::uint32_t line)
        : text_(text), file_(file), line_(line) {}

    Node read() {
        Node row;
        row.kind = Node::Kind::list;
        row.location = at(0);
        for (std::size_t begin = 0;;) {
            const std::size_t comma = std::min(text_.find(',', begin), text_.size());
            if (row.items.size() == max_csv_cells)
                throw InputError(at(begin), "", fmt::format("more than {} cells in a row", max_csv_cells));
            const std::string_view whole = text_.substr(begin, comma - begin);
            const std::size_t first = std::min(whole.find_first_not_of(blanks), whole.size());
            const std::string_view cell =
                whole.substr(first, whole.find_last_not_of(blanks) + 1 - first);  // npos + 1 is 0
            if (cell.starts_with('#')) return row;
            if (const auto quote = cell.find('"'); quote != std::string_view::npos)
                throw InputError(at(begin + first + quote), "", "a quote; cells are plain text");
            row.items.push_back(scalar(first == whole.size() ? "" : cell, at(begin + first)));
            if (comma == text_.size()) return row;
            begin = comma + 1;
        }
    }

  private:
    Location at(std::size_t byte) const {
        return location_in(file_, line_, static_cast<std::uint32_t>(byte + 1));
    }

    std::string_view text_, file_;
    std::uint32_t line_;
};

}  // namespace

bool is_csv(std::string_view path) {
    constexpr std::string_view ending = ".csv";
    if (path.size() <= ending.size()) return false;
    return std::ranges::equal(path.substr(path.size() - ending.size()), ending, [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == b;
    });
}

Node parse_csv(std::string_view text, std::string_view file) {
    text = checked_text(text, file, Tabs::allowed);
    Node root;
    root.kind = Node::Kind::map;
    root.location = location_in(file, 1, 1);
    root.entries.push_back({"kind", root.location, scalar("trace", root.location)});
    for (std::uint32_t line = 1; !text.empty(); ++line) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        Node row = Row(text.substr(0, end), file, line).read();
        text.remove_prefix(std::min(end + 1, text.size()));
        if (std::ranges::all_of(row.items, [](const Node& cell) { return cell.text.empty(); })) continue;
        if (root.items.size() == max_csv_rows)
            throw InputError(row.location, "",
                             fmt::format("more than {} rows below the header", max_csv_rows - 1));
        root.items.push_back(std::move(row));
    }
    if (root.items.empty()) throw InputError(root.location, "", "an empty file, expected a row of names");
    return root;
}

Node read_csv(const std::string& path) {
    return parse_csv(read_text_file(path), path);
}

}  // namespace octet
