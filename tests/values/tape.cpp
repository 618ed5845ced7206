#include "tests/values/tape.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace octet::test {
namespace {

double sigmoid(double x) {
    return 1 / (1 + std::exp(-x));
}

// A function and its derivative by the rules of calculus, where that is written most simply.
std::pair<double, double> of(const std::string& f, double x) {
    const double pi = std::acos(-1.0);
    if (f == "relu") return {std::max(x, 0.0), x > 0 ? 1 : 0};
    if (f == "gelu")
        return {x * (1 + std::erf(x / std::sqrt(2.0))) / 2,
                (1 + std::erf(x / std::sqrt(2.0))) / 2 + x * std::exp(-x * x / 2) / std::sqrt(2 * pi)};
    if (f == "silu") return {x * sigmoid(x), sigmoid(x) * (1 + x * sigmoid(-x))};
    if (f == "tanh") return {std::tanh(x), 1 - std::tanh(x) * std::tanh(x)};
    if (f == "sigmoid") return {sigmoid(x), sigmoid(x) * sigmoid(-x)};
    if (f == "gelu_sigmoid")
        return {x * sigmoid(1.702 * x), sigmoid(1.702 * x) * (1 + 1.702 * x * sigmoid(-1.702 * x))};
    if (f == "gelu_tanh") {
        const double c = std::sqrt(2 / pi), t = std::tanh(c * (x + 0.044715 * x * x * x));
        return {x / 2 * (1 + t), (1 + t) / 2 + x / 2 * (1 - t * t) * c * (1 + 0.134145 * x * x)};
    }
    if (f != "hgelu") throw std::logic_error(f);
    const double ramp = std::clamp(1.702 * x + 3, 0.0, 6.0);
    const bool inside = ramp > 0 && ramp < 6;
    return {x * ramp / 6, ramp / 6 + (inside ? 1.702 * x / 6 : 0)};
}

}  // namespace

Tape::Id Tape::node(std::size_t rows, std::size_t cols) {
    const Matrix zeros{rows, cols, std::vector<double>(rows * cols)};
    nodes_.push_back({zeros, zeros, {}});
    return nodes_.size() - 1;
}

Tape::Id Tape::leaf(Matrix value) {
    const Id y = node(value.rows, value.cols);
    nodes_[y].value = std::move(value);
    return y;
}

Tape::Id Tape::multiply(Id a, Id b, bool t) {
    const std::size_t m = value(a).rows, k = value(a).cols, n = t ? value(b).rows : value(b).cols;
    if ((t ? value(b).cols : value(b).rows) != k) throw std::logic_error("shapes of a product");
    const Id y = node(m, n);
    const auto each = [=](const auto& f) {
        for (std::size_t i = 0; i < m; ++i)
            for (std::size_t j = 0; j < n; ++j)
                for (std::size_t l = 0; l < k; ++l) f(i, j, l, t ? j : l, t ? l : j);
    };
    each([&](auto i, auto j, auto l, auto r, auto c) {
        nodes_[y].value.at(i, j) += value(a).at(i, l) * value(b).at(r, c);
    });
    nodes_[y].back = [=, this] {
        each([&](auto i, auto j, auto l, auto r, auto c) {
            nodes_[a].gradient.at(i, l) += gradient(y).at(i, j) * value(b).at(r, c);
            nodes_[b].gradient.at(r, c) += gradient(y).at(i, j) * value(a).at(i, l);
        });
    };
    return y;
}

Tape::Id Tape::add(Id a, Id b) {
    const Id y = node(value(a).rows, value(a).cols);
    for (std::size_t i = 0; i < value(y).values.size(); ++i)
        nodes_[y].value.values[i] = value(a).values[i] + value(b).values.at(i);
    nodes_[y].back = [=, this] {
        for (std::size_t i = 0; i < value(y).values.size(); ++i) {
            nodes_[a].gradient.values[i] += gradient(y).values[i];
            nodes_[b].gradient.values[i] += gradient(y).values[i];
        }
    };
    return y;
}

Tape::Id Tape::add_row(Id a, Id row) {
    return add(a, take_rows(row, std::vector<std::size_t>(value(a).rows, 0)));
}

Tape::Id Tape::product(Id a, Id b) {
    const Id y = node(value(a).rows, value(a).cols);
    for (std::size_t i = 0; i < value(y).values.size(); ++i)
        nodes_[y].value.values[i] = value(a).values[i] * value(b).values.at(i);
    nodes_[y].back = [=, this] {
        for (std::size_t i = 0; i < value(y).values.size(); ++i) {
            nodes_[a].gradient.values[i] += gradient(y).values[i] * value(b).values[i];
            nodes_[b].gradient.values[i] += gradient(y).values[i] * value(a).values[i];
        }
    };
    return y;
}

Tape::Id Tape::scale(Id a, double factor) {
    const Id y = node(value(a).rows, value(a).cols);
    for (std::size_t i = 0; i < value(y).values.size(); ++i)
        nodes_[y].value.values[i] = value(a).values[i] * factor;
    nodes_[y].back = [=, this] {
        for (std::size_t i = 0; i < value(y).values.size(); ++i)
            nodes_[a].gradient.values[i] += gradient(y).values[i] * factor;
    };
    return y;
}

Tape::Id Tape::apply(Id a, const std::string& function) {
    const Id y = node(value(a).rows, value(a).cols);
    for (std::size_t i = 0; i < value(y).values.size(); ++i)
        nodes_[y].value.values[i] = of(function, value(a).values[i]).first;
    nodes_[y].back = [=, this] {
        for (std::size_t i = 0; i < value(y).values.size(); ++i)
            nodes_[a].gradient.values[i] += gradient(y).values[i] * of(function, value(a).values[i]).second;
    };
    return y;
}

Tape::Id Tape::softmax(Id a, const std::function<bool(std::size_t, std::size_t)>& seen) {
    const Id y = node(value(a).rows, value(a).cols);
    for (std::size_t r = 0; r < value(a).rows; ++r) {
        double sum = 0, most = -HUGE_VAL;
        for (std::size_t c = 0; c < value(a).cols; ++c)
            if (seen(r, c)) most = std::max(most, value(a).at(r, c));
        for (std::size_t c = 0; c < value(a).cols; ++c)
            if (seen(r, c)) sum += nodes_[y].value.at(r, c) = std::exp(value(a).at(r, c) - most);
        for (std::size_t c = 0; c < value(a).cols; ++c) nodes_[y].value.at(r, c) /= sum;
    }
    nodes_[y].back = [=, this] {  // the whole Jacobian
        for (std::size_t r = 0; r < value(y).rows; ++r)
            for (std::size_t i = 0; i < value(y).cols; ++i)
                for (std::size_t j = 0; j < value(y).cols; ++j)
                    nodes_[a].gradient.at(r, i) +=
                        gradient(y).at(r, j) * value(y).at(r, j) * ((i == j ? 1 : 0) - value(y).at(r, i));
    };
    return y;
}

Tape::Id Tape::norm(Id a, const std::string& kind, double epsilon, Id gamma, Id beta) {
    const std::size_t rows = value(a).rows, n = value(a).cols;
    const auto row_of = [this, rows](Id id) { return take_rows(id, std::vector<std::size_t>(rows, 0)); };
    Id x = a;
    if (kind != "nonorm") {
        x = node(rows, n);
        const double mean_share = kind == "layernorm" ? 1.0 / static_cast<double>(n) : 0;
        const auto statistics = [=, this](std::size_t r) {
            double mean = 0, squares = 0;
            for (std::size_t c = 0; c < n; ++c) mean += value(a).at(r, c) * mean_share;
            for (std::size_t c = 0; c < n; ++c) squares += std::pow(value(a).at(r, c) - mean, 2);
            return std::pair{mean, std::sqrt(squares / static_cast<double>(n) + epsilon)};
        };
        for (std::size_t r = 0; r < rows; ++r) {
            const auto [mean, deviation] = statistics(r);
            for (std::size_t c = 0; c < n; ++c)
                nodes_[x].value.at(r, c) = (value(a).at(r, c) - mean) / deviation;
        }
        nodes_[x].back = [=, this] {  // dx_j / da_i = (delta - share) / deviation - x_j x_i / (n deviation)
            for (std::size_t r = 0; r < rows; ++r) {
                const double deviation = statistics(r).second;
                for (std::size_t i = 0; i < n; ++i)
                    for (std::size_t j = 0; j < n; ++j)
                        nodes_[a].gradient.at(r, i) +=
                            gradient(x).at(r, j) / deviation *
                            ((i == j ? 1 : 0) - mean_share -
                             value(x).at(r, j) * value(x).at(r, i) / static_cast<double>(n));
            }
        };
    }
    const Id y = product(x, row_of(gamma));
    return kind == "rmsnorm" ? y : add(y, row_of(beta));
}

Tape::Id Tape::take_rows(Id a, const std::vector<std::size_t>& rows) {
    const Id y = node(rows.size(), value(a).cols);
    for (std::size_t r = 0; r < rows.size(); ++r)
        for (std::size_t c = 0; c < value(a).cols; ++c) nodes_[y].value.at(r, c) = value(a).at(rows[r], c);
    nodes_[y].back = [=, this] {
        for (std::size_t r = 0; r < rows.size(); ++r)
            for (std::size_t c = 0; c < value(y).cols; ++c)
                nodes_[a].gradient.at(rows[r], c) += gradient(y).at(r, c);
    };
    return y;
}

Tape::Id Tape::take_columns(Id a, std::size_t first, std::size_t count) {
    const Id y = node(value(a).rows, count);
    for (std::size_t r = 0; r < value(a).rows; ++r)
        for (std::size_t c = 0; c < count; ++c) nodes_[y].value.at(r, c) = value(a).at(r, first + c);
    nodes_[y].back = [=, this] {
        for (std::size_t r = 0; r < value(y).rows; ++r)
            for (std::size_t c = 0; c < count; ++c)
                nodes_[a].gradient.at(r, first + c) += gradient(y).at(r, c);
    };
    return y;
}

Tape::Id Tape::beside(const std::vector<Id>& parts) {
    std::size_t cols = 0;
    for (const Id part : parts) cols += value(part).cols;
    const Id y = node(value(parts[0]).rows, cols);
    const auto each = [=, this](const auto& f) {
        std::size_t first = 0;
        for (const Id part : parts) {
            for (std::size_t r = 0; r < value(part).rows; ++r)
                for (std::size_t c = 0; c < value(part).cols; ++c) f(part, r, c, first + c);
            first += value(part).cols;
        }
    };
    each([&](Id part, auto r, auto c, auto to) { nodes_[y].value.at(r, to) = value(part).at(r, c); });
    nodes_[y].back = [=, this] {
        each([&](Id part, auto r, auto c, auto to) {
            nodes_[part].gradient.at(r, c) += gradient(y).at(r, to);
        });
    };
    return y;
}

Tape::Id Tape::below(const std::vector<Id>& parts) {
    std::size_t rows = 0;
    for (const Id part : parts) rows += value(part).rows;
    const Id y = node(rows, value(parts[0]).cols);
    std::size_t first = 0;
    std::vector<std::size_t> begins;
    for (const Id part : parts) {
        begins.push_back(first);
        std::copy(value(part).values.begin(), value(part).values.end(),
                  nodes_[y].value.values.begin() + static_cast<std::ptrdiff_t>(first * value(y).cols));
        first += value(part).rows;
    }
    nodes_[y].back = [=, this] {
        for (std::size_t p = 0; p < parts.size(); ++p)
            for (std::size_t i = 0; i < value(parts[p]).values.size(); ++i)
                nodes_[parts[p]].gradient.values[i] += gradient(y).values[begins[p] * value(y).cols + i];
    };
    return y;
}

Tape::Id Tape::shift(Id a, std::ptrdiff_t by) {
    const Id y = node(value(a).rows, value(a).cols);
    const auto each = [=, this](const auto& f) {
        for (std::size_t r = 0; r < value(y).rows; ++r) {
            const std::ptrdiff_t from = static_cast<std::ptrdiff_t>(r) + by;
            if (from < 0 || from >= static_cast<std::ptrdiff_t>(value(y).rows)) continue;
            for (std::size_t c = 0; c < value(y).cols; ++c) f(r, static_cast<std::size_t>(from), c);
        }
    };
    each([&](auto r, auto from, auto c) { nodes_[y].value.at(r, c) = value(a).at(from, c); });
    nodes_[y].back = [=, this] {
        each([&](auto r, auto from, auto c) { nodes_[a].gradient.at(from, c) += gradient(y).at(r, c); });
    };
    return y;
}

Tape::Id Tape::turn(Id a, const std::vector<double>& angles) {
    const std::size_t half = value(a).cols / 2;
    const Id y = node(value(a).rows, value(a).cols);
    const auto each = [=, this](const auto& f) {
        for (std::size_t r = 0; r < value(y).rows; ++r)
            for (std::size_t c = 0; c < half; ++c)
                f(r, c, std::cos(angles[r * half + c]), std::sin(angles[r * half + c]));
    };
    each([&](auto r, auto c, double cosine, double sine) {
        nodes_[y].value.at(r, c) = value(a).at(r, c) * cosine - value(a).at(r, c + half) * sine;
        nodes_[y].value.at(r, c + half) = value(a).at(r, c + half) * cosine + value(a).at(r, c) * sine;
    });
    nodes_[y].back = [=, this] {
        each([&](auto r, auto c, double cosine, double sine) {
            const double g = gradient(y).at(r, c), h = gradient(y).at(r, c + half);
            nodes_[a].gradient.at(r, c) += g * cosine + h * sine;
            nodes_[a].gradient.at(r, c + half) += h * cosine - g * sine;
        });
    };
    return y;
}

void Tape::backward(Id result, const Matrix& weights) {
    for (Node& n : nodes_) std::fill(n.gradient.values.begin(), n.gradient.values.end(), 0.0);
    nodes_[result].gradient = weights;
    for (Id id = nodes_.size(); id-- > 0;)
        if (nodes_[id].back) nodes_[id].back();
}

}  // namespace octet::test
