#include "sim/workload/import/onnx_patterns.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

namespace octet {
namespace {

class Joiner {
  public:
    explicit Joiner(OnnxModel& model) : model_(model) {
        for (std::size_t i = 0; i < model.nodes.size(); ++i) {
            for (const auto& output : model.nodes[i].outputs) maker_.emplace(output, i);
            for (const auto& input : model.nodes[i].inputs) users_[input].push_back(i);
        }
        for (const auto& output : model.outputs) users_[output].push_back(outside);
    }

    void run() {
        for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
            const std::string kind = model_.nodes[i].kind;
            chain_.clear();
            if (kind == "Erf") erf(i);
            if (kind == "Tanh") tanh(i);
            if (kind == "Sigmoid") sigmoid(i);
            if (kind == "Sqrt") norm(i);
            if (kind == "Add") bias(i);
        }
        std::vector<OnnxNode> kept;
        for (std::size_t i = 0; i < model_.nodes.size(); ++i)
            if (!gone_.contains(i)) kept.push_back(std::move(model_.nodes[i]));
        model_.nodes = std::move(kept);
    }

  private:
    static constexpr std::size_t nothing = ~std::size_t{0}, outside = nothing - 1;

    const OnnxNode& node(std::size_t i) const { return model_.nodes[i]; }
    bool is(std::size_t i, std::string_view kind) const {
        return i < model_.nodes.size() && node(i).kind == kind && !gone_.contains(i) &&
               !node(i).inputs.empty() && node(i).outputs.size() == 1;
    }
    bool is(std::size_t i, std::string_view kind, std::size_t inputs) const {
        return is(i, kind) && node(i).inputs.size() == inputs;
    }
    // Who makes a value, and who alone reads it.
    std::size_t maker(const std::string& value) const {
        const auto found = maker_.find(value);
        return found == maker_.end() ? nothing : found->second;
    }
    std::size_t user(std::size_t i) const {
        const auto found = users_.find(node(i).outputs[0]);
        return found == users_.end() || found->second.size() != 1 ? nothing : found->second[0];
    }
    // The one number that a value is, if it is.
    std::optional<double> scalar(const std::string& value) const {
        const OnnxConstant* constant = nullptr;
        if (const auto found = model_.constants.find(value); found != model_.constants.end())
            constant = &found->second;
        const std::size_t i = maker(value);
        if (constant == nullptr && is_constant(i)) constant = &*node(i).attributes.at("value").tensor;
        if (constant == nullptr || !constant->values || constant->values->size() != 1) return {};
        return constant->values->front();
    }
    bool is_constant(std::size_t i) const {
        if (i >= model_.nodes.size() || node(i).kind != "Constant") return false;
        const auto value = node(i).attributes.find("value");
        return value != node(i).attributes.end() && value->second.tensor.has_value();
    }
    bool near(const std::string& value, double wanted) const {
        const auto number = scalar(value);
        return number && std::abs(*number - wanted) <= 1e-3 * std::abs(wanted);
    }
    // The other operand of two.
    const std::string& other(std::size_t i, const std::string& one) const {
        return node(i).inputs[node(i).inputs[0] == one ? 1 : 0];
    }
    bool reads(std::size_t i, const std::string& value) const {
        return std::ranges::find(node(i).inputs, value) != node(i).inputs.end();
    }
    // A product with a number: the other operand, or nothing.
    const std::string* times(std::size_t i, double factor) const {
        if (is(i, "Mul", 2))
            for (const std::size_t k : {0U, 1U})
                if (near(node(i).inputs[k], factor)) return &node(i).inputs[1 - k];
        if (is(i, "Div", 2) && near(node(i).inputs[1], 1 / factor)) return &node(i).inputs[0];
        return nullptr;
    }

    // Replaces the chain so far and `last`, all of whose results but the last's only the chain may read.
    void join(std::size_t last, std::string kind, std::vector<std::string> inputs,
              std::map<std::string, OnnxAttribute> attributes = {}) {
        chain_.push_back(last);
        for (const std::size_t i : chain_) {
            if (i == last) continue;
            for (const std::size_t reader : users_[node(i).outputs[0]])
                if (std::ranges::find(chain_, reader) == chain_.end()) return;
        }
        for (const std::size_t i : chain_)
            if (i != last) gone_.insert(i);
        OnnxNode& root = model_.nodes[last];
        for (const auto& input : inputs) users_[input].push_back(last);
        root.kind = std::move(kind);
        root.inputs = std::move(inputs);
        root.attributes = std::move(attributes);
    }

    static std::map<std::string, OnnxAttribute> approximation(const char* text) {
        OnnxAttribute attribute;
        attribute.text = text;
        return {{"approximate", attribute}};
    }

    // x/2 times (1 + inner), in any order, where `inner` is the value of node i.
    void half_of_one_plus(std::size_t i, const std::string& x, const char* which) {
        const std::size_t plus = user(i);
        if (!is(plus, "Add", 2) || !near(other(plus, node(i).outputs[0]), 1)) return;
        const std::size_t first = user(plus);
        if (!is(first, "Mul", 2)) return;
        chain_.insert(chain_.end(), {i, plus});
        const std::string& factor = other(first, node(plus).outputs[0]);
        if (const std::size_t half = maker(factor); factor != x && !near(factor, 0.5)) {
            const std::string* whole = times(half, 0.5);
            if (whole == nullptr || *whole != x) return;
            chain_.push_back(half);
            return join(first, "Gelu", {x}, approximation(which));
        }
        const std::size_t second = user(first);
        chain_.push_back(first);
        const std::string* halved = times(second, 0.5);
        const bool good = factor == x ? halved != nullptr && *halved == node(first).outputs[0]
                                      : is(second, "Mul", 2) && other(second, node(first).outputs[0]) == x;
        if (good) join(second, "Gelu", {x}, approximation(which));
    }

    void erf(std::size_t i) {
        if (!is(i, "Erf", 1)) return;
        const std::size_t inner = maker(node(i).inputs[0]);
        const std::string* x = times(inner, std::sqrt(0.5));
        if (x == nullptr) return;
        chain_.push_back(inner);
        half_of_one_plus(i, std::string(*x), "none");
    }

    // tanh(sqrt(2/pi) (x + 0.044715 x^3))
    void tanh(std::size_t i) {
        if (!is(i, "Tanh", 1)) return;
        const std::size_t outer = maker(node(i).inputs[0]);
        const std::string* sum_value = times(outer, 0.7978845608);
        if (sum_value == nullptr) return;
        const std::size_t sum = maker(*sum_value);
        if (!is(sum, "Add", 2)) return;
        for (const std::size_t k : {0U, 1U}) {
            const std::string x = node(sum).inputs[k];
            const std::size_t scaled = maker(node(sum).inputs[1 - k]);
            const std::string* cube_value = times(scaled, 0.044715);
            if (cube_value == nullptr) continue;
            const std::size_t cube = maker(*cube_value);
            if (!is(cube, "Pow", 2) || node(cube).inputs[0] != x || !near(node(cube).inputs[1], 3)) continue;
            chain_ = {outer, sum, scaled, cube};
            return half_of_one_plus(i, x, "tanh");
        }
    }

    // x sigmoid(x), or x sigmoid(1.702 x)
    void sigmoid(std::size_t i) {
        if (!is(i, "Sigmoid", 1)) return;
        std::string x = node(i).inputs[0];
        const std::size_t product = user(i);
        if (!is(product, "Mul", 2)) return;
        chain_.push_back(i);
        const std::string& with = other(product, node(i).outputs[0]);
        if (with == x) return join(product, "Silu", {x});
        const std::size_t inner = maker(x);
        const std::string* scaled = times(inner, 1.702);
        if (scaled == nullptr || *scaled != with) return;
        chain_.push_back(inner);
        join(product, "Gelu", {std::string(with)}, approximation("sigmoid"));
    }

    // A product with parameters, and then a vector of them.
    void bias(std::size_t i) {
        if (!is(i, "Add", 2)) return;
        for (const std::size_t k : {0U, 1U}) {
            const std::string vector = node(i).inputs[k];
            const std::size_t product = maker(node(i).inputs[1 - k]);
            const auto constant = model_.constants.find(vector);
            if (!is(product, "MatMul", 2) || constant == model_.constants.end() ||
                constant->second.dims.size() != 1 || constant->second.dims[0] < 2)
                continue;
            const std::string a = node(product).inputs[0], b = node(product).inputs[1];
            const std::size_t turned = maker(b);
            const std::string& parameters = is(turned, "Transpose", 1) ? node(turned).inputs[0] : b;
            if (!model_.constants.contains(parameters)) continue;
            chain_ = {product};
            return join(i, "MatMul", {a, b, vector});
        }
    }

    // The axis that a mean is taken over, if it is one and its dimension is kept.
    std::optional<std::int64_t> axis_of_mean(std::size_t i) const {
        if (!is(i, "ReduceMean")) return {};
        const auto& attributes = node(i).attributes;
        if (const auto keep = attributes.find("keepdims");
            keep != attributes.end() && keep->second.integers != std::vector<std::int64_t>{1})
            return {};
        if (const auto axes = attributes.find("axes"); axes != attributes.end())
            return axes->second.integers.size() == 1 ? std::optional(axes->second.integers[0]) : std::nullopt;
        if (node(i).inputs.size() != 2) return {};
        const auto axis = scalar(node(i).inputs[1]);
        return axis ? std::optional(static_cast<std::int64_t>(*axis)) : std::nullopt;
    }

    // (x - mean) / sqrt(mean((x - mean)^2) + epsilon) gamma + beta, or without the mean and beta.
    void norm(std::size_t root) {
        if (!is(root, "Sqrt", 1)) return;
        const std::size_t sum = maker(node(root).inputs[0]);
        if (!is(sum, "Add", 2)) return;
        std::size_t mean = nothing;
        std::optional<double> epsilon;
        for (const std::size_t k : {0U, 1U})
            if (const auto number = scalar(node(sum).inputs[k])) {
                epsilon = number;
                mean = maker(node(sum).inputs[1 - k]);
            }
        const auto axis = axis_of_mean(mean);
        if (!epsilon || !axis) return;
        const std::size_t square = maker(node(mean).inputs[0]);
        const bool power = is(square, "Pow", 2) && near(node(square).inputs[1], 2);
        if (!power && !(is(square, "Mul", 2) && node(square).inputs[0] == node(square).inputs[1])) return;
        const std::string deviation = node(square).inputs[0];
        chain_ = {root, sum, mean, square};
        // Divided by the root, or times its reciprocal.
        std::size_t quotient = user(root);
        if (is(quotient, "Reciprocal", 1) ||
            (is(quotient, "Div", 2) && near(node(quotient).inputs[0], 1) && !reads(quotient, deviation))) {
            chain_.push_back(quotient);
            quotient = user(quotient);
            if (!is(quotient, "Mul", 2)) return;
        } else if (!is(quotient, "Div", 2) || node(quotient).inputs[1] != node(root).outputs[0]) {
            return;
        }
        const std::string from =
            other(quotient, node(chain_.back() == square ? root : chain_.back()).outputs[0]);
        std::string x = deviation;
        bool centred = false;
        if (const std::size_t difference = maker(deviation); is(difference, "Sub", 2)) {
            const std::size_t average = maker(node(difference).inputs[1]);
            if (axis_of_mean(average) == axis && node(average).inputs[0] == node(difference).inputs[0]) {
                centred = true;
                x = node(difference).inputs[0];
                chain_.insert(chain_.end(), {difference, average});
                if (from != deviation) {  // the difference written a second time
                    const std::size_t again = maker(from);
                    if (!is(again, "Sub", 2) || node(again).inputs != node(difference).inputs) return;
                    chain_.push_back(again);
                }
            }
        }
        if (!centred && from != deviation) return;
        const std::size_t scaled = user(quotient);
        if (!is(scaled, "Mul", 2)) return;
        const std::string gamma = other(scaled, node(quotient).outputs[0]);
        if (scalar(gamma)) return;
        chain_.push_back(quotient);
        OnnxAttribute number, place;
        number.number = *epsilon;
        place.integers = {*axis};
        if (!centred)
            return join(scaled, "RMSNormalization", {x, gamma}, {{"epsilon", number}, {"axis", place}});
        const std::size_t shifted = user(scaled);
        if (!is(shifted, "Add", 2)) return;
        chain_.push_back(scaled);
        const std::string beta = other(shifted, node(scaled).outputs[0]);
        join(shifted, "LayerNormalization", {x, gamma, beta}, {{"epsilon", number}, {"axis", place}});
    }

    OnnxModel& model_;
    std::unordered_map<std::string, std::size_t> maker_;
    std::unordered_map<std::string, std::vector<std::size_t>> users_;
    std::set<std::size_t> gone_;
    std::vector<std::size_t> chain_;
};

}  // namespace

void join_patterns(OnnxModel& model) {
    Joiner(model).run();
}

}  // namespace octet
