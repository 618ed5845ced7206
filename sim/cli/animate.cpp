#include "sim/cli/animate.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <optional>
#include <sstream>

#include "models/arithmetic/mac.h"
#include "sim/cli/numbers.h"
#include "sim/config/accelerator_keys.h"
#include "sim/report/html/animation.h"
#include "sim/report/terminal.h"
#include "sim/tensors/tensor_file.h"

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

constexpr int largest_side = 32;                 // elements smaller than that are not seen
constexpr std::uint64_t largest_page = 200'000;  // elements x cycles: some megabytes

InputError too_large(const std::string& path, const std::string& what) {
    return InputError(location_in("--animate " + path), "", what);
}

// The groups of field_text, by name.
Json fields_of(const FormatInfo& format, Code code) {
    std::istringstream groups(field_text(format, code));
    std::vector<std::string> bits;
    for (std::string group; groups >> group;) bits.push_back(group);
    std::vector<const char*> names{"sign", "exponent", "mantissa"};
    if (format.kind == FormatKind::codebook)
        names = {"index"};
    else if (format.kind == FormatKind::posit && bits.size() == 2 &&
             (code & ((Code{1} << (format.bits - 1)) - 1)) == 0)
        names = {"sign", "none"};  // zero and NaR
    else if (format.kind == FormatKind::posit && format.exponent_bits == 0)
        names = {"sign", "regime", "fraction"};
    else if (format.kind == FormatKind::posit)
        names = {"sign", "regime", "exponent", "fraction"};
    else if (format.exponent_bits == 0)
        names = {"sign", "rest"};
    Json list = Json::array();
    for (std::size_t i = 0; i < bits.size(); ++i) list.push_back({names[i], bits[i]});
    return list;
}

// Values that occur, each once, and where it stands.
class Values {
  public:
    int place(double value) {
        const auto [found, added] =
            places_.try_emplace(std::bit_cast<std::uint64_t>(value), static_cast<int>(values_.size()));
        if (added) values_.push_back(value);
        return found->second;
    }
    // Each value with its text and its size among all, and what `describe` adds.
    template <class Describe>
    Json table(Describe describe) const {
        double largest = 0;
        for (const double value : values_)
            if (std::isfinite(value)) largest = std::max(largest, std::fabs(value));
        Json list = Json::array();
        for (const double value : values_) {
            Json entry{{"v", number_text(value)}};
            entry["t"] =
                std::isfinite(value) && largest > 0 ? std::round(value / largest * 1000) / 1000 : 0.0;
            describe(entry, value);
            list.push_back(std::move(entry));
        }
        return list;
    }
    Json texts() const {
        Json list = Json::array();
        for (const double value : values_) list.push_back(number_text(value));
        return list;
    }

  private:
    std::map<std::uint64_t, int> places_;
    std::vector<double> values_;
};

// nullopt: the value is no number of the format (a machine whose tensors have formats of their own).
std::optional<Code> code_of(const FormatInfo& format, double value) {
    const Code code = format.encode(value, format.overflow);
    if (value == value && format.decode(code) != value) return std::nullopt;
    return code;
}

// What the registers hold of a tensor: its codes and, if the multiplier takes another format, theirs.
Json operands(const Values& values, const FormatInfo& storage, int zero, const FormatInfo& operand) {
    return values.table([&](Json& entry, double value) {
        if (const auto code = code_of(storage, value + zero)) {
            entry["c"] = code_text(*code, storage.bits);
            entry["f"] = fields_of(storage, *code);
        }
        if (operand.name == storage.name) return;
        if (const auto code = code_of(operand, value))
            entry["o"] = {{"c", code_text(*code, operand.bits)}, {"f", fields_of(operand, *code)}};
    });
}

Json sums(const Values& values, const std::string& accumulator) {
    const FormatInfo* format = find_format(accumulator);
    return values.table([&](Json& entry, double value) {
        if (format == nullptr || value != value) return;
        if (const auto code = code_of(*format, value)) entry["c"] = code_text(*code, format->bits);
    });
}

Json format_of(const FormatInfo& format, TensorScale scale) {
    constexpr std::array kinds{"integer", "minifloat", "posit", "block_scaled", "codebook", "logarithmic"};
    return {{"name", format.name},  {"kind", kinds.at(static_cast<std::size_t>(format.kind))},
            {"bits", format.bits},  {"exponent_bits", format.exponent_bits},
            {"scale", scale.scale}, {"zero", scale.zero}};
}

// What takes part in a frame, and the tables that its numbers index.
struct Film {
    Values inputs, weights, sums, products;
    bool sums_stay = false;

    Json frame(const RegisterRecording::Frame& frame) {
        Json list = Json::array({frame.cycle});
        for (const auto& [element, pe] : frame.changes) {
            list.push_back(element);
            list.push_back((pe.input_valid ? pe_flags::input : 0U) |
                           (pe.weight_present ? pe_flags::weight : 0U) |
                           (pe.shadow_full ? pe_flags::shadow : 0U) |
                           (pe.passing_valid ? pe_flags::passing : 0U) | (pe.sum_valid ? pe_flags::sum : 0U));
            list.push_back(pe.input_valid ? inputs.place(pe.input) : -1);
            list.push_back(pe.weight_present ? weights.place(pe.weight) : -1);
            list.push_back(pe.passing_valid ? weights.place(pe.passing) : -1);
            list.push_back(!pe.shadow_full ? -1
                           : sums_stay     ? sums.place(pe.shadow)
                                           : weights.place(pe.shadow));
            list.push_back(pe.sum_valid ? sums.place(pe.sum) : -1);
            list.push_back(pe.input_valid && pe.weight_present ? products.place(pe.input * pe.weight) : -1);
        }
        return list;
    }
};

}  // namespace

std::string AnimatedProduct::misuse(const OpOptions& options, Fidelity fidelity) {
    return options.animate.empty() || fidelity == Fidelity::registers
               ? ""
               : "--animate shows registers: without --fidelity pass";
}

AnimatedProduct::AnimatedProduct(const std::string& path, const AcceleratorConfig& machine,
                                 const Single& single)
    : path_(path), recording_(largest_page), file_(path) {
    const ArrayConfig& array = machine.array;
    if (array.rows > largest_side || array.cols > largest_side)
        throw too_large(path, fmt::format("a page shows arrays of at most {0} x {0} elements, not {1} x {2}",
                                          largest_side, array.rows, array.cols));
    const Operation& product = single.graph.operations.front();
    const double elements =
        static_cast<double>(product.m) * static_cast<double>(product.n) * static_cast<double>(product.k);
    if (elements > static_cast<double>(largest_page))
        throw too_large(path, fmt::format("a page has room for {} elements x cycles; this product alone "
                                          "multiplies {} x {} x {} times: take a smaller one",
                                          largest_page, product.m, product.n, product.k));
}

void AnimatedProduct::finish(const AcceleratorConfig& machine, const Single& single, const ValueRun& values) {
    const ArrayConfig& array = machine.array;
    if (recording_.size() == 0)
        throw too_large(path_, "the array takes no part in this product (matvec: vector)");
    if (!recording_.complete())
        throw too_large(path_,
                        fmt::format("a page has room for {} elements x cycles; in this product the {} "
                                    "elements move in {} cycles: take a smaller one or a smaller array",
                                    largest_page, array.rows * array.cols,
                                    recording_.size() / static_cast<std::uint64_t>(array.rows * array.cols)));
    const bool turned = array.dataflow == Dataflow::input_stationary;
    const TensorId input = single.inputs[turned ? 1 : 0], weight = single.inputs[turned ? 0 : 1];
    const ValueRun::Contents a = values.contents(input), b = values.contents(weight);
    const FormatInfo& operand = *find_format(machine.pe.operand);
    Film film;
    film.sums_stay = array.dataflow == Dataflow::output_stationary;
    Json frames = Json::array();
    for (const auto& frame : recording_.frames()) frames.push_back(film.frame(frame));
    const Operation& product = single.graph.operations.front();
    const Cycle first = recording_.frames().front().cycle, last = recording_.frames().back().cycle;
    Animation animation;
    animation.title = fmt::format("A {0} x {1} matrix times a {1} x {2} matrix on {3}", product.m, product.k,
                                  product.n, machine.name);
    std::string dataflow(name_in(dataflow_names, array.dataflow));
    std::ranges::replace(dataflow, '_', '-');
    animation.headline =
        fmt::format("{} numbers go through the {} array of {} x {} elements in {} cycles ({} to {}).",
                    machine.pe.storage, dataflow, array.rows, array.cols, last - first + 1, first, last);
    animation.document = {{"machine",
                           {{"name", machine.name},
                            {"rows", array.rows},
                            {"columns", array.cols},
                            {"dataflow", name_in(dataflow_names, array.dataflow)},
                            {"latency", array.pe_latency},
                            {"operand", operand.name},
                            {"accumulator", machine.pe.accumulator},
                            {"block", a.format->block_length}}},
                          {"formats",
                           {{"input", format_of(*a.format, values.scale(input))},
                            {"weight", format_of(*b.format, values.scale(weight))}}},
                          {"inputs", operands(film.inputs, *a.format, values.scale(input).zero, operand)},
                          {"weights", operands(film.weights, *b.format, values.scale(weight).zero, operand)},
                          {"sums", sums(film.sums, machine.pe.accumulator)},
                          {"products", film.products.texts()},
                          {"frames", std::move(frames)}};
    file_.write(animation_page(animation));
    file_.keep();
}

Sources synthetic_operands(const Single& single, std::uint64_t seed) {
    return bind_sources(single.graph, {}, seed, 1);
}

}  // namespace octet
