#include "sim/run/comparison.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace octet {

ErrorSums& ErrorSums::operator+=(const ErrorSums& other) {
    signal += other.signal;
    noise += other.noise;
    largest =
        std::isnan(largest) || std::isnan(other.largest) ? std::nan("") : std::max(largest, other.largest);
    return *this;
}

double ErrorSums::sqnr_db() const {
    return 10 * std::log10(signal / noise);
}

ResultPlace place_of(const Graph& graph, OperationId id, const ResultPart& part) {
    const Operation& op = graph.operations[id];
    const Tensor& tensor = graph.tensors[op.output];
    const std::uint64_t item = part.matrix;
    const std::uint64_t column = part.first_column;
    std::uint64_t matrix = 0, row = part.first_row;
    if (tensor.batch == op.batch)
        matrix = item;
    else
        row += item * (tensor.rows / op.batch);
    return {(matrix * tensor.rows + row) * tensor.cols + column, tensor.cols};
}

Comparison::Comparison(const Graph& graph, std::uint64_t limit)
    : graph_(graph), limit_(limit), tensors_(graph.operations.size()), errors_(graph.operations.size()) {
    for (OperationId id = 0; id < graph.operations.size(); ++id)
        tensors_[id].missing = graph.tensors[graph.operations[id].output].elements();
}

void Comparison::produced(OperationId id, const ResultPart& part, std::size_t rows, std::size_t columns,
                          std::span<const float> values) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return kept_ <= limit_ || reference_waits_ || reference_ended_; });
    if (reference_ended_) return;
    Tensor& tensor = tensors_[id];
    const std::uint64_t size = graph_.tensors[graph_.operations[id].output].elements();
    if (tensor.values.empty()) {
        tensor.values.resize(size);
        kept_ += size * sizeof(float);
    }
    const ResultPlace place = place_of(graph_, id, part);
    if (tensor.missing < rows * columns || place.first + (rows - 1) * place.stride + columns > size)
        throw std::logic_error("an operation has more results than its output has values");
    for (std::size_t row = 0; row < rows; ++row)
        std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(row * columns), columns,
                    tensor.values.begin() + static_cast<std::ptrdiff_t>(place.first + row * place.stride));
    tensor.missing -= rows * columns;
    if (tensor.missing == 0) changed_.notify_all();
}

bool Comparison::compare(OperationId id, std::span<const double> reference) {
    std::vector<float> values;
    {
        std::unique_lock lock(mutex_);
        reference_waits_ = true;
        changed_.notify_all();
        changed_.wait(lock, [&] { return tensors_[id].missing == 0 || machine_ended_; });
        reference_waits_ = false;
        if (tensors_[id].missing != 0) return false;
        values = std::move(tensors_[id].values);
    }
    ErrorSums sums;
    bool nan = false;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double wanted = reference[i], seen = double{values[i]};
        const double difference = seen == wanted ? 0 : seen - wanted;  // equal infinities do not differ
        if (std::isfinite(wanted)) sums.signal += wanted * wanted;
        sums.noise += difference * difference;
        nan |= std::isnan(difference);
        sums.largest = std::max(sums.largest, std::fabs(difference));
    }
    if (nan) sums.largest = std::nan("");
    std::unique_lock lock(mutex_);
    errors_[id] = sums;
    kept_ -= values.size() * sizeof(float);
    changed_.notify_all();
    return true;
}

void Comparison::machine_ended() {
    const std::unique_lock lock(mutex_);
    machine_ended_ = true;
    changed_.notify_all();
}

void Comparison::reference_ended() {
    const std::unique_lock lock(mutex_);
    reference_ended_ = true;
    changed_.notify_all();
}

}  // namespace octet
