#include "sim/run/ends.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace octet {
namespace {

// What the ends are those of: numbers or, without a zero point, magnitudes.
double seen(double value, const FormatInfo& format) {
    return format.zero_point != nullptr ? value : std::fabs(value);
}

Ends all_of(std::span<const double> values, const FormatInfo& format) {
    Ends ends;
    for (const double value : values) {
        const double x = seen(value, format);
        if (std::isfinite(x)) ends = {std::min(ends.low, x), std::max(ends.high, x)};
    }
    return ends;
}

std::vector<double> sample_of(std::span<const double> values, const FormatInfo& format) {
    constexpr std::size_t most = 1 << 16;
    const std::size_t step = (values.size() + most - 1) / most;
    std::vector<double> sample;
    for (std::size_t i = 0; i < values.size(); i += step)
        if (std::isfinite(values[i])) sample.push_back(seen(values[i], format));
    return sample;
}

// By nearest rank.
double percentile_of(std::vector<double> numbers, double percentile) {
    // A percentile that is written in decimals may lie a little beside them.
    const double exact = percentile * static_cast<double>(numbers.size()) / 100;
    const auto rank = static_cast<std::size_t>(std::ceil(exact * (1 - 1e-12)));
    const auto at = numbers.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
    std::nth_element(numbers.begin(), at, numbers.end());
    return *at;
}

// Half of what is left out lies beyond each end, if there are two.
Ends percentiles(std::vector<double> sample, double percentile, const FormatInfo& format) {
    if (format.zero_point == nullptr) return {0, percentile_of(std::move(sample), percentile)};
    const double of_each = 50 + percentile / 2, high = percentile_of(sample, of_each);
    for (double& x : sample) x = -x;
    return {std::min(-percentile_of(std::move(sample), of_each), 0.0), std::max(high, 0.0)};
}

Ends least_squares(const std::vector<double>& sample, const Ends& all, const FormatInfo& format) {
    if (format.encode_block_scale != nullptr) return all;  // blocks fit themselves to their numbers
    Ends best = all;
    double least = std::numeric_limits<double>::infinity();
    for (int part = 64; part >= 16; --part) {
        const Ends ends{all.low * part / 64, all.high * part / 64};
        const double scale = format.tensor_scale(ends.range());
        if (!(scale > 0)) continue;
        const int zero = format.zero_point != nullptr ? format.zero_point(ends.low, scale) : 0;
        double error = 0;
        for (const double x : sample) {
            const Code code = format.encode_around != nullptr ? format.encode_around(x, scale, zero)
                                                              : format.encode_scaled(x, scale);
            const double off = (format.decode(code) - zero) * scale - x;
            error += off * off;
        }
        if (error < least) least = error, best = ends;
    }
    return best;
}

// The regression of Choi et al. over six distributions, for 15 and for 255 levels.
Ends sawb(const std::vector<double>& sample, const Ends& all, const FormatInfo& format) {
    const auto [of_root, of_mean] = format.bits <= 4 ? std::pair{12.68, -12.80} : std::pair{31.76, -35.04};
    double squares = 0, sum = 0;
    for (const double x : sample) squares += x * x, sum += std::fabs(x);
    const double count = static_cast<double>(sample.size());
    const double clip = of_root * std::sqrt(squares / count) + of_mean * sum / count;
    return clip > 0 ? Ends{std::max(all.low, -clip), std::min(all.high, clip)} : all;
}

}  // namespace

Ends ends_of(std::span<const double> values, const FormatInfo& format, ClipRule rule,
             const CalibrationConfig& config) {
    const Ends all = all_of(values, format);
    if (all.range() == 0 || rule == ClipRule::amax) return all;
    if (rule == ClipRule::clip) return {all.low < 0 ? -config.clip : 0, all.high > 0 ? config.clip : 0};
    std::vector<double> sample = sample_of(values, format);
    const Ends ends = rule == ClipRule::percentile ? percentiles(std::move(sample), config.percentile, format)
                      : rule == ClipRule::mse      ? least_squares(sample, all, format)
                                                   : sawb(sample, all, format);
    return ends.range() > 0 ? ends : all;
}

TensorScale scale_between(const Ends& ends, const FormatInfo& format) {
    const float scale = ends.range() > 0 ? static_cast<float>(format.tensor_scale(ends.range())) : 0;
    if (!(scale > 0)) return {};
    return {scale, format.zero_point != nullptr ? format.zero_point(ends.low, double{scale}) : 0};
}

}  // namespace octet
