#include "sim/workload/topology.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <optional>
#include <unordered_map>

#include "sim/config/scalars.h"

namespace octet {
namespace {

constexpr std::uint64_t max_number = 1 << 24, max_side = std::uint64_t{1} << 40;

// What a column says of a product.
enum class Column : std::uint8_t {
    name,
    m,
    n,
    k,
    ifmap_height,
    ifmap_width,
    filter_height,
    filter_width,
    channels,
    filters,
    strides,  // of both directions
    stride_height,
    stride_width,
    batch,
    sparsity,
    nameless  // ends a row with a comma
};

struct Heading {
    std::string_view text;  // as the simulator's own files write it; letters in either case
    Column column;
};
constexpr auto headings = std::to_array<Heading>({
    {"Layer name", Column::name},
    {"Layer", Column::name},
    {"M", Column::m},
    {"N", Column::n},
    {"K", Column::k},
    {"IFMAP Height", Column::ifmap_height},
    {"IFMAP Width", Column::ifmap_width},
    {"Filter Height", Column::filter_height},
    {"Filter Width", Column::filter_width},
    {"Channels", Column::channels},
    {"Num Filter", Column::filters},
    {"Strides", Column::strides},
    {"Stride Height", Column::stride_height},
    {"Stride Width", Column::stride_width},
    {"Batch Size", Column::batch},
    {"Batch", Column::batch},
    {"Sparsity", Column::sparsity},
    {"Sparsity Ratio", Column::sparsity},
    {"", Column::nameless},
});

std::string_view text_of(Column column) {
    return std::ranges::find(headings, column, &Heading::column)->text;
}

// Two headings are the same whatever the case of their letters and the blanks between their words.
std::optional<Column> column_of(std::string_view written) {
    std::string words;
    for (const char c : written)
        if (c != ' ' && c != '\t')
            words += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        else if (!words.empty() && words.back() != ' ')
            words += ' ';
    const auto same = [&](const Heading& heading) {
        return std::ranges::equal(heading.text, words, [](char a, char b) {
            return std::tolower(static_cast<unsigned char>(a)) == b;
        });
    };
    const auto found = std::ranges::find_if(headings, same);
    return found == headings.end() ? std::nullopt : std::optional(found->column);
}

using Columns = std::vector<Column>;
const Columns gemm{Column::name, Column::m, Column::n, Column::k};
const Columns convolution{Column::name,          Column::ifmap_height, Column::ifmap_width,
                          Column::filter_height, Column::filter_width, Column::channels,
                          Column::filters};

struct Row {
    std::string name;
    std::array<std::uint64_t, 16> values{};  // by column
    std::uint64_t operator[](Column column) const { return values[static_cast<std::size_t>(column)]; }
};

class TopologyReader {
  public:
    TopologyReader(const Node& table, Diagnostics& diagnostics) : table_(table), diagnostics_(diagnostics) {}

    Graph run() {
        const auto before = diagnostics_.total();
        if (!read_header()) return {};
        graph_.name = std::filesystem::path(*table_.location.file).stem().string();
        for (std::size_t i = 1; i < table_.items.size(); ++i) read_row(table_.items[i]);
        if (table_.items.size() == 1)
            diagnostics_.add(table_.items[0].location, "", "no rows below the header");
        if (diagnostics_.total() != before) return {};
        mark_weights(graph_);
        for (const GraphFault& fault : faults(graph_)) report(fault);
        return std::move(graph_);
    }

  private:
    void complain(const Node& cell, std::string_view column, std::string message) {
        diagnostics_.add(cell.location, std::string(column), std::move(message));
    }

    // The columns that a form demands stand first and in its order, as the simulator takes them by place.
    bool read_header() {
        if (table_.entries.size() > 1) {
            diagnostics_.add(table_.entries[1].key_location, table_.entries[1].key,
                             "a table has no keys to set");
            return false;
        }
        const auto before = diagnostics_.total();
        const std::vector<Node>& cells = table_.items[0].items;
        convolution_ = cells.size() < 2 || column_of(cells[1].text) != Column::m;
        const Columns& form = convolution_ ? convolution : gemm;
        for (std::size_t i = 0; i < form.size(); ++i) demand(cells, i, form[i]);
        if (convolution_ && diagnostics_.total() == before) {
            const bool two =
                cells.size() > form.size() && column_of(cells[form.size()].text) == Column::stride_height;
            demand(cells, form.size(), two ? Column::stride_height : Column::strides);
            if (two) demand(cells, form.size() + 1, Column::stride_width);
        }
        if (diagnostics_.total() != before) return false;
        for (const Node& cell : cells) {
            const auto column = column_of(cell.text);
            const bool more = columns_.size() >= form.size() + (convolution_ ? 1 : 0);
            const bool wanted =
                column && (!more || *column == Column::batch || *column == Column::sparsity ||
                           *column == Column::nameless ||
                           (*column == Column::stride_width && columns_.back() == Column::stride_height));
            if (!wanted)
                complain(cell, cell.text, "unknown column, expected Batch Size, Sparsity or none");
            else if (*column != Column::nameless && std::ranges::find(columns_, *column) != columns_.end())
                complain(cell, cell.text, "a column that stands here twice");
            columns_.push_back(column.value_or(Column::nameless));
        }
        return diagnostics_.total() == before;
    }

    void demand(const std::vector<Node>& cells, std::size_t i, Column column) {
        if (i >= cells.size() || cells[i].text.empty())
            complain(table_.items[0], text_of(column), "missing column");
        else if (column_of(cells[i].text) != column)
            complain(cells[i], "",
                     fmt::format("expected column {} to be {}, got {}", i + 1,
                                 i == 1 && convolution_ ? "M or IFMAP Height" : text_of(column),
                                 in_quotes(cells[i].text)));
    }

    void read_row(const Node& line) {
        const auto before = diagnostics_.total();
        Row row;
        row.values.fill(1);
        for (std::size_t i = 0; i < std::max(columns_.size(), line.items.size()); ++i) {
            const Column column = i < columns_.size() ? columns_[i] : Column::nameless;
            const bool optional = column >= Column::batch;
            if (i >= line.items.size() || line.items[i].text.empty()) {
                if (!optional)
                    complain(i < line.items.size() ? line.items[i] : line, text_of(column), "missing value");
            } else {
                read_cell(line.items[i], column, row);
            }
        }
        if (diagnostics_.total() == before) add(line, row);
    }

    void read_cell(const Node& cell, Column column, Row& row) {
        std::string problem;
        if (column == Column::nameless)
            return complain(cell, "", fmt::format("{} stands in no column", in_quotes(cell.text)));
        if (column == Column::name) {
            if (const auto text = as_text(cell, problem))
                row.name = *text;
            else
                complain(cell, text_of(column), fmt::format("expected a name: {}", problem));
            return;
        }
        if (column == Column::sparsity) {
            if (cell.text != "1:1" && cell.text != "1")
                complain(cell, text_of(column),
                         fmt::format("expected 1:1, got {}: sparse weights cannot be simulated",
                                     in_quotes(cell.text)));
            return;
        }
        const auto value = as_integer(cell, problem);
        if (value && *value >= 1 && static_cast<std::uint64_t>(*value) <= max_number) {
            row.values[static_cast<std::size_t>(column)] = static_cast<std::uint64_t>(*value);
            return;
        }
        complain(cell, text_of(column),
                 fmt::format("expected an integer from 1 to {}, got {}{}", max_number, in_quotes(cell.text),
                             problem.empty() ? "" : ": " + problem));
    }

    void add(const Node& line, const Row& row) {
        if (const auto [known, fresh] = lines_.emplace(row.name, line.location.line); !fresh)
            return complain(line.items[0], text_of(Column::name),
                            fmt::format("{} is the name of line {} too", in_quotes(row.name), known->second));
        Operation o;
        o.name = row.name;
        o.batch = 1;
        if (convolution_) {
            if (!fits(line, row)) return;
            const std::uint64_t stride_height = row[Column::strides] * row[Column::stride_height],
                                stride_width = row[Column::strides] * row[Column::stride_width];
            // Names with DP are depth-wise to the simulator: each channel is a convolution of its own.
            const bool depth_wise = row.name.find("DP") != std::string::npos;
            o.batch = depth_wise ? row[Column::channels] : 1;
            // The last window may reach beyond the input; what it finds there is zero.
            o.m = product(windows(row[Column::ifmap_height], row[Column::filter_height], stride_height),
                          windows(row[Column::ifmap_width], row[Column::filter_width], stride_width));
            o.m = product(o.m, row[Column::batch]);
            o.k = product(row[Column::filter_height], row[Column::filter_width]);
            if (!depth_wise) o.k = product(o.k, row[Column::channels]);
            o.n = row[Column::filters];
            for (const auto& [side, what] : {std::pair{o.m, "windows"}, std::pair{o.k, "values of a window"}})
                if (side > max_side)
                    return complain(line, "",
                                    fmt::format("{}: more than 2^40 {}", in_quotes(row.name), what));
        } else {
            o.batch = row[Column::batch];
            o.m = row[Column::m], o.n = row[Column::n], o.k = row[Column::k];
        }
        append(line, std::move(o));
    }

    bool fits(const Node& line, const Row& row) {
        const auto check = [&](Column filter, Column ifmap) {
            if (row[filter] <= row[ifmap]) return true;
            const auto place = std::ranges::find(columns_, filter) - columns_.begin();
            complain(line.items[static_cast<std::size_t>(place)], text_of(filter),
                     fmt::format("expected at most the {} of {}, got {}", row[ifmap], text_of(ifmap),
                                 row[filter]));
            return false;
        };
        const bool height = check(Column::filter_height, Column::ifmap_height);
        return check(Column::filter_width, Column::ifmap_width) && height;
    }

    // Of two sides; 2^40 + 1 if it is larger than 2^40.
    static std::uint64_t product(std::uint64_t a, std::uint64_t b) {
        std::uint64_t result = 0;
        return __builtin_mul_overflow(a, b, &result) ? max_side + 1 : std::min(result, max_side + 1);
    }

    static std::uint64_t windows(std::uint64_t input, std::uint64_t filter, std::uint64_t stride) {
        return (input - filter + stride - 1) / stride + 1;
    }

    void append(const Node& line, Operation o) {
        const auto tensor = [&](std::string name, TensorRole role, std::uint64_t rows, std::uint64_t cols) {
            graph_.tensors.push_back({std::move(name), role, o.batch, rows, cols});
            lines_of_tensors_.push_back(&line);
            return static_cast<TensorId>(graph_.tensors.size() - 1);
        };
        const TensorId ifmap = tensor(o.name + ".ifmap", TensorRole::input, o.m, o.k),
                       filter = tensor(o.name + ".filter", TensorRole::weight, o.k, o.n);
        if (!graph_.operations.empty()) graph_.tensors[ifmap].after = graph_.operations.back().output;
        o.inputs = {ifmap, filter};
        o.output = tensor(o.name, TensorRole::output, o.m, o.n);
        graph_.operations.push_back(std::move(o));
        lines_of_operations_.push_back(&line);
    }

    void report(const GraphFault& fault) {
        using Where = GraphFault::Where;
        const Node& line = fault.where == Where::tensor      ? *lines_of_tensors_[fault.index]
                           : fault.where == Where::operation ? *lines_of_operations_[fault.index]
                                                             : table_.items[0];
        const std::string_view name = fault.where == Where::tensor      ? graph_.tensors[fault.index].name
                                      : fault.where == Where::operation ? graph_.operations[fault.index].name
                                                                        : graph_.name;
        complain(line, "", fmt::format("{} {}", in_quotes(name), fault.message));
    }

    const Node& table_;
    Diagnostics& diagnostics_;
    bool convolution_ = false;
    Columns columns_;
    Graph graph_;
    std::unordered_map<std::string, std::uint32_t> lines_;  // of names
    std::vector<const Node*> lines_of_tensors_, lines_of_operations_;
};

}  // namespace

Graph read_topology(const Node& table, Diagnostics& diagnostics) {
    return TopologyReader(table, diagnostics).run();
}

}  // namespace octet
