#include "sim/run/histogram.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>

namespace octet {
namespace {

using Json = nlohmann::ordered_json;

constexpr int counted_bits = 16;

// Negative zero comes before zero, NaN after all.
bool comes_before(const HistogramBin& a, const HistogramBin& b) {
    if (std::isnan(a.low) || std::isnan(b.low)) return !std::isnan(a.low);
    return a.low != b.low ? a.low < b.low : std::signbit(a.low) > std::signbit(b.low);
}

// Numbers by sign and exponent; zeros and NaNs each have a place of their own.
constexpr std::size_t octave_places = 4098, zeros_place = 4096, nans_place = 4097;

std::size_t octave_place(double value) {
    if (value == 0) return zeros_place;
    return std::isnan(value) ? nans_place : std::bit_cast<std::uint64_t>(value) >> 52U;
}
double octave_low(std::size_t place) {
    if (place == zeros_place) return 0;
    return place == nans_place ? std::nan("") : std::bit_cast<double>(std::uint64_t{place} << 52U);
}

// The octaves of codes.
std::vector<std::uint64_t> octaves_of(const std::vector<HistogramBin>& codes) {
    std::vector<std::uint64_t> octaves(octave_places);
    for (const HistogramBin& bin : codes) octaves[octave_place(bin.low)] += bin.count;
    return octaves;
}
std::vector<HistogramBin> bins_of(const std::vector<std::uint64_t>& octaves) {
    std::vector<HistogramBin> bins;
    for (std::size_t i = 0; i < octaves.size(); ++i)
        if (octaves[i] > 0) bins.push_back({0, octave_low(i), octaves[i]});
    return bins;
}

double entropy_of(const std::vector<HistogramBin>& bins, std::uint64_t values) {
    double bits = 0;
    for (const HistogramBin& bin : bins) {
        const double share = static_cast<double>(bin.count) / static_cast<double>(values);
        bits += share * std::log2(1 / share);
    }
    return bits;
}

std::string code_text(const TensorHistogram& h, const HistogramBin& bin) {
    return fmt::format("0x{:0{}x}", bin.code, (h.format->bits + 3) / 4);
}

Json finite(double value) {
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}

}  // namespace

void CodeCounter::add(TensorId tensor, const FormatInfo& format, std::span<const Code> codes) {
    const std::unique_lock lock(mutex_);
    Counts& counts = tensors_.at(tensor);
    counts.format = &format;
    if (format.bits <= counted_bits) {
        counts.codes.resize(std::size_t{1} << format.bits);
        for (const Code code : codes) ++counts.codes[code];
        return;
    }
    counts.octaves.resize(octave_places);
    for (const Code code : codes) {
        const double value = format.decode(code);
        ++counts.octaves[octave_place(value)];
        counts.at_largest += std::abs(value) >= format.max;
    }
}

std::vector<TensorHistogram> CodeCounter::histograms(std::span<const TensorScale> scales) const {
    std::vector<TensorHistogram> list;
    for (TensorId id = 0; id < tensors_.size(); ++id) {
        const Counts& counts = tensors_[id];
        if (counts.format == nullptr) continue;
        TensorHistogram& h = list.emplace_back();
        h.tensor = graph_.tensors[id].name;
        h.format = counts.format;
        if (h.format->tensor_scale != nullptr && id < scales.size()) h.scale = double{scales[id].scale};
        if (h.format->zero_point != nullptr && id < scales.size()) h.zero = scales[id].zero;
        h.bins = bins_of(counts.octaves);
        h.saturated = counts.at_largest;
        for (Code code = 0; code < counts.codes.size(); ++code) {
            if (counts.codes[code] == 0) continue;
            const double number = h.format->decode(code);
            h.bins.push_back({code, number - h.zero, counts.codes[code]});
            const double below = h.format->zero_point != nullptr ? h.format->max + 1 : h.format->max;
            h.saturated += number >= h.format->max || number <= -below ? counts.codes[code] : 0;
        }
        for (const HistogramBin& bin : h.bins) {
            h.values += bin.count;
            h.zeros += bin.low == 0 ? bin.count : 0;
            h.nar += std::isnan(bin.low) ? bin.count : 0;
        }
        if (!counts.codes.empty()) {
            h.codes_used = h.bins.size();
            h.entropy_bits = entropy_of(h.bins, h.values);
            if (!h.by_code()) h.bins = bins_of(octaves_of(h.bins));
        }
        std::ranges::sort(h.bins, comes_before);
    }
    return list;
}

Json to_json(const TensorHistogram& h) {
    Json json{{"tensor", h.tensor}, {"format", h.format->name}, {"scale", h.scale}, {"values", h.values}};
    if (h.format->zero_point != nullptr) json["zero"] = h.zero;
    json["codes"] = std::uint64_t{1} << h.format->bits;
    json["codes_used"] = h.codes_used ? Json(*h.codes_used) : Json(nullptr);
    json["entropy_bits"] = h.entropy_bits ? Json(*h.entropy_bits) : Json(nullptr);
    json["saturated"] = h.saturated;
    json["zeros"] = h.zeros;
    json["nar"] = h.nar;
    Json& bins = json[h.by_code() ? "counts" : "octaves"];
    bins = h.by_code() ? Json::object() : Json::array();
    for (const HistogramBin& bin : h.bins)
        if (h.by_code())
            bins[code_text(h, bin)] = bin.count;
        else
            bins.push_back({{"from", finite(bin.low)}, {"count", bin.count}});
    return json;
}

// A field of a CSV file.
static std::string field(const std::string& text) {
    if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + '"';
}

std::string csv_of(const std::vector<TensorHistogram>& histograms) {
    std::string text = "tensor,format,scale,code,value,count\n";
    for (const TensorHistogram& h : histograms)
        for (const HistogramBin& bin : h.bins)
            fmt::format_to(std::back_inserter(text), "{},{},{},{},{},{}\n", field(h.tensor), h.format->name,
                           h.scale, h.by_code() ? code_text(h, bin) : "", bin.low * h.scale, bin.count);
    return text;
}

}  // namespace octet
