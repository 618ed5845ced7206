// A cost table as written: rows of prices, and which keys may be interpolated. Plain data; read.h makes it
// from YAML.
#pragma once
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/cost/shares.h"

namespace octet {

enum class Quantity : std::uint8_t { energy, area, leakage, count };  // pJ, um2, uW
constexpr std::size_t quantity_count = static_cast<std::size_t>(Quantity::count);
std::string_view name(Quantity quantity);
const std::string_view& unit_of(Quantity quantity);

// The space in which a straight line is drawn between two points of an axis.
enum class Interpolation : std::uint8_t { none, linear, sqrt };

// A row's demand on a key: one of some words, or a number. Several numbers are the points of an axis,
// ascending.
struct RowKey {
    std::string name;
    std::vector<std::string> words;
    std::vector<double> points;
    bool is_axis() const { return points.size() > 1; }
};

// What is known of one quantity of a row if it differs from the rest of the row.
struct Adjusted {
    Confidence confidence = Confidence::assumed;
    std::optional<double> uncertainty;
};

struct CostRow {
    std::vector<std::string> components;  // any of these
    std::vector<std::string>
        actions;  // any of these; empty: the row prices existence (area, leakage), not use
    std::vector<RowKey> keys;
    // Per quantity: one number, or a number for each point of the axes, the last axis running fastest. Empty:
    // not priced.
    std::array<std::vector<double>, quantity_count> values;
    std::string source;
    std::optional<double> node_nm, voltage, uncertainty;
    Confidence confidence = Confidence::assumed;
    std::string where;  // path:line:column
    std::string place;  // file:line without folders; or the option that holds it
    std::uint32_t line = 0;

    std::array<std::optional<Adjusted>, quantity_count> adjusted;  // by an adjustment

    const std::vector<double>& operator[](Quantity quantity) const {
        return values[static_cast<std::size_t>(quantity)];
    }
    Adjusted known(Quantity quantity) const {
        return adjusted[static_cast<std::size_t>(quantity)].value_or(Adjusted{confidence, uncertainty});
    }
    const RowKey* find(std::string_view key) const;
};

// A factor on prices (adjustment.h).
struct Adjustment {
    std::vector<std::string> components, actions;  // actions empty: all, and what prices existence
    std::array<std::optional<double>, quantity_count> factors;
    std::string source;
    Confidence confidence = Confidence::assumed;
    std::optional<double> uncertainty;
};

struct AxisRule {
    std::string key;
    std::array<Interpolation, quantity_count> how{};
    Interpolation& operator[](Quantity quantity) { return how[static_cast<std::size_t>(quantity)]; }
};
// The rule of a key, made if it is not there.
AxisRule& rule_of(std::vector<AxisRule>& axes, std::string_view key);

// A node and its supply.
struct Process {
    double node_nm = 0, voltage = 0;
    friend bool operator==(const Process&, const Process&) = default;
};

// What was done to a table whose prices were carried over to another process (scaling.h).
struct Scaling {
    struct From {
        Process process;
        double energy = 1, area = 1;  // factors
        std::size_t rows = 0;
    };
    Process to;
    std::vector<From> from;
    std::size_t off_chip_rows = 0;  // of DRAM: left as they were
};

struct CostTable {
    std::string path;
    std::vector<CostRow> rows;
    std::vector<AxisRule> axes;
    std::vector<Adjustment> adjustments;  // as written; the rows are adjusted ones
    std::optional<Process> scale;         // as written
    std::optional<Scaling> scaling;       // what came of it: the rows are scaled ones
    Interpolation interpolation(std::string_view key, Quantity quantity) const;
};

// What a machine asks of a table.
struct CostKey {
    std::string name;
    std::variant<std::string, double> value;
};
struct CostQuery {
    std::string component;
    std::string action;  // empty: existence, answered by any row of the component that has the quantity
    std::vector<CostKey> keys;  // all that rows may name; the first `telling` identify the price to a reader
    std::size_t telling = 0;
    const CostKey* find(std::string_view key) const;
};

struct Price {
    double value = 0;  // pJ, um2 or uW
    Confidence confidence = Confidence::assumed;
    std::uint32_t row = 0;     // index into CostTable::rows
    bool names_width = false;  // the row has a key width_bits
    std::optional<double> uncertainty;
};

// No price, or no single one. what() says which row to add, or names the two rows that compete.
class CostError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// The price of the row that matches with the most keys; of those, with the fewest axes. A key matches if the
// query's word is among the row's, its number equals the row's, or the row has an axis there: then the value
// lies on straight lines between the axis' points, and beyond its ends on the outermost ones (which turns
// `published` and `measured` into `scaled`). Throws CostError if no row matches, if two match equally well,
// or if the value would be negative.
Price look_up(const CostTable& table, const CostQuery& query, Quantity quantity);

}  // namespace octet
