#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include "sim/workload/builder.h"
#include "sim/workload/description.h"

namespace octet {
namespace {

class Expansion {
  public:
    Expansion(const TransformerDescription& model, const PhaseConfig& phase)
        : model_(model), phase_(phase), graph_(model.name) {}

    Graph run() {
        mask_ = graph_.tensor("attention_mask", TensorRole::input, 1, phase_.sequence, phase_.batch);
        TensorId x = embeddings();
        for (std::uint64_t i = 0; i < model_.layers; ++i) {
            const auto layer = fmt::format("layer{}", i);
            x = sublayer(layer + ".attention", x, &Expansion::attention);
            x = sublayer(layer + ".ffn", x, &Expansion::ffn);
        }
        if (model_.norm_place == NormPlace::pre) x = norm("norm", x);
        graph_.mark_output(x);
        if (model_.head == Head::pooler)
            pooler(x);
        else if (model_.pooler)
            idle_pooler();
        return graph_.finish();
    }

  private:
    TensorId embeddings() {
        std::vector<TensorId> tables{graph_.weight("embeddings.word", model_.vocabulary, model_.hidden)};
        if (model_.positions != 0)
            tables.push_back(graph_.weight("embeddings.position", model_.positions, model_.hidden));
        if (model_.token_types != 0)
            tables.push_back(graph_.weight("embeddings.token_type", model_.token_types, model_.hidden));
        const auto x = graph_.embedding("embeddings", std::move(tables), phase_.batch, phase_.sequence);
        return model_.embedding_norm ? norm("embeddings.norm", x) : x;
    }

    // post: norm(x + f(x)); pre: x + f(norm(x)).
    TensorId sublayer(const std::string& name, TensorId x,
                      TensorId (Expansion::*f)(const std::string&, TensorId)) {
        const bool pre = model_.norm_place == NormPlace::pre;
        const auto y = (this->*f)(name, pre ? norm(name + ".norm", x) : x);
        const auto sum = graph_.elementwise(name + ".residual", OperationKind::add, {y, x});
        return pre ? sum : norm(name + ".norm", sum);
    }

    TensorId attention(const std::string& name, TensorId x) {
        const auto heads = model_.heads, kv_heads = model_.key_value_heads(), size = model_.head_size();
        const auto query = dense(name + ".query", x, model_.hidden);
        const auto key = dense(name + ".key", x, kv_heads * size);
        const auto value = dense(name + ".value", x, kv_heads * size);
        auto scores = graph_.scores(name + ".scores", query, key, phase_.batch, heads, kv_heads);
        scores = graph_.scale(name + ".scale", scores, 1 / std::sqrt(static_cast<double>(size)));
        scores = graph_.mask(name + ".mask", scores, mask_, heads);
        const auto weights = graph_.elementwise(name + ".softmax", OperationKind::softmax, {scores});
        const auto context = graph_.context(name + ".context", weights, value, heads, kv_heads);
        return dense(name + ".output", context, model_.hidden);
    }

    TensorId ffn(const std::string& name, TensorId x) {
        const auto up = dense(name + ".up", x, model_.ffn);
        const auto active = graph_.elementwise(name + ".activation", model_.activation, {up});
        return dense(name + ".down", active, model_.hidden);
    }

    void pooler(TensorId x) {
        const auto first = graph_.first_rows("pooler.first_token", x, phase_.batch, 1);
        const auto y = graph_.dense("pooler", first, model_.hidden, true);
        graph_.mark_output(graph_.elementwise("pooler.tanh", OperationKind::tanh, {y}));
    }

    void idle_pooler() {
        graph_.weight("pooler.weight", model_.hidden, model_.hidden);
        graph_.weight("pooler.bias", 1, model_.hidden);
    }

    TensorId norm(const std::string& name, TensorId x) {
        return graph_.norm(name, model_.norm, x, model_.epsilon);
    }
    TensorId dense(const std::string& name, TensorId x, std::uint64_t n) {
        return graph_.dense(name, x, n, model_.bias);
    }

    const TransformerDescription& model_;
    const PhaseConfig& phase_;
    GraphBuilder graph_;
    TensorId mask_ = no_tensor;
};

}  // namespace

Graph expand(const TransformerDescription& description, const PhaseConfig& phase) {
    const auto wrong = faults(description, phase);
    if (!wrong.empty())
        throw std::invalid_argument(
            fmt::format("workload '{}': {}: {}", description.name, wrong.front().key, wrong.front().message));
    return Expansion(description, phase).run();
}

}  // namespace octet
