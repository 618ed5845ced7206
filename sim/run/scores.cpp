#include "sim/run/scores.h"

#include <algorithm>
#include <cmath>

namespace octet {

Scores score(const Targets& targets, std::span<const double> logits) {
    const std::size_t columns = logits.size() / targets.classes.size();
    std::uint64_t rows = 0, hits = 0;
    double sum = 0;
    for (std::size_t row = 0; row < targets.classes.size(); ++row) {
        if (targets.classes[row] == Targets::none) continue;
        const std::span<const double> x = logits.subspan(row * columns, columns);
        const auto target = static_cast<std::size_t>(targets.classes[row]);
        ++rows;
        if (std::ranges::any_of(x, [](double v) { return std::isnan(v); })) {
            sum = std::nan("");
            continue;
        }
        const auto largest = std::ranges::max_element(x);
        hits += static_cast<std::size_t>(largest - x.begin()) == target;
        double exponentials = 0;
        for (const double v : x) exponentials += std::exp(v - *largest);
        sum += std::log(exponentials) + *largest - x[target];
    }
    const auto finite = [](double v) { return std::isfinite(v) ? std::optional(v) : std::nullopt; };
    const double nll = sum / static_cast<double>(rows);
    return {finite(nll), finite(std::exp(nll)), static_cast<double>(hits) / static_cast<double>(rows)};
}

}  // namespace octet
