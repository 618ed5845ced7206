// A table of short texts: aligned for a terminal, as Markdown, or as CSV.
#pragma once
#include <string>
#include <vector>

namespace octet {

class TextTable {
  public:
    struct Column {
        std::string title;
        bool right = true;  // aligned, as numbers are
    };
    explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
    // One text a column, or nothing of the row is shown right of the last one.
    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

    std::string aligned(bool colour = false) const;  // with `colour` the titles are bold
    std::string markdown() const;                    // bars in a cell are escaped
    std::string csv() const;                         // as in RFC 4180, lines end in a newline

  private:
    const std::string& cell(const std::vector<std::string>& row, std::size_t column) const;
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace octet
