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
        for (std::uint64_t i = 0; i < model_.layers; ++i) x = layer(fmt::format("layer{}", i), x);
        if (model_.norm_place == NormPlace::pre) x = norm("norm", x);
        graph_.mark_output(x);
        head(x);
        return graph_.finish();
    }

  private:
    // Words of the model's size and their places come from one look-up; other words are projected first.
    TensorId embeddings() {
        const bool projected = model_.trigram || model_.word_size() != model_.hidden;
        const auto word = graph_.weight("embeddings.word", model_.vocabulary, model_.word_size());
        std::vector<TensorId> places;
        if (model_.positions != 0)
            places.push_back(graph_.weight("embeddings.position", model_.positions, model_.hidden));
        if (model_.token_types != 0)
            places.push_back(graph_.weight("embeddings.token_type", model_.token_types, model_.hidden));
        std::vector<TensorId> tables{word};
        if (!projected) tables.insert(tables.end(), places.begin(), places.end());
        auto x = model_.trigram ? graph_.trigram("embeddings", word, phase_.batch, phase_.sequence)
                                : graph_.embedding("embeddings", tables, phase_.batch, phase_.sequence);
        if (projected) x = dense("embeddings.projection", x, model_.hidden);
        if (projected && !places.empty()) x = graph_.position("embeddings.sum", x, places, phase_.batch);
        return model_.embedding_norm ? norm("embeddings.norm", x) : x;
    }

    TensorId layer(const std::string& name, TensorId hidden) {
        const bool narrow = model_.bottleneck != 0;
        TensorId x = narrow ? bottleneck(name + ".bottleneck.input", hidden) : hidden;
        x = sublayer(name + ".attention", x, [&](TensorId input) {
            Sources sources{input, input, input};
            if (narrow) sources = narrow_sources(name, hidden, input);
            return attention(name + ".attention", sources);
        });
        for (std::uint64_t i = 0; i < model_.ffn_count; ++i) {
            const auto ffn_name = model_.ffn_count == 1 ? name + ".ffn" : fmt::format("{}.ffn{}", name, i);
            x = sublayer(ffn_name, x, [&](TensorId input) { return ffn(ffn_name, input); });
        }
        if (!narrow) return x;
        const auto wide = dense(name + ".bottleneck.output", x, model_.hidden);
        const auto sum =
            graph_.elementwise(name + ".bottleneck.residual", OperationKind::add, {wide, hidden});
        return norm(name + ".bottleneck.norm", sum);
    }

    // post: norm(x + f(x)); pre: x + f(norm(x)).
    template <class F>
    TensorId sublayer(const std::string& name, TensorId x, F&& f) {
        const bool pre = model_.norm_place == NormPlace::pre;
        const auto y = f(pre ? norm(name + ".norm", x) : x);
        const auto sum = graph_.elementwise(name + ".residual", OperationKind::add, {y, x});
        return pre ? sum : norm(name + ".norm", sum);
    }

    TensorId bottleneck(const std::string& name, TensorId hidden) {
        return norm(name + ".norm", dense(name, hidden, model_.bottleneck));
    }

    // What query, key and value are made of.
    struct Sources {
        TensorId query, key, value;
    };
    Sources narrow_sources(const std::string& layer, TensorId hidden, TensorId input) {
        switch (model_.bottleneck_attention) {
            case BottleneckAttention::shared_query_key: {
                const auto shared = bottleneck(layer + ".bottleneck.attention", hidden);
                return {shared, shared, hidden};
            }
            case BottleneckAttention::input:
                return {input, input, input};
            default:
                return {hidden, hidden, hidden};
        }
    }

    TensorId attention(const std::string& name, const Sources& from) {
        const auto heads = model_.heads, kv_heads = model_.key_value_heads(), size = model_.head_size();
        const auto query = dense(name + ".query", from.query, heads * size);
        const auto key = dense(name + ".key", from.key, kv_heads * size);
        const auto value = dense(name + ".value", from.value, kv_heads * size);
        auto scores = graph_.scores(name + ".scores", query, key, phase_.batch, heads, kv_heads);
        scores = graph_.scale(name + ".scale", scores, 1 / std::sqrt(static_cast<double>(size)));
        scores = graph_.mask(name + ".mask", scores, mask_, heads);
        const auto weights = graph_.elementwise(name + ".softmax", OperationKind::softmax, {scores});
        const auto context = graph_.context(name + ".context", weights, value, heads, kv_heads);
        return dense(name + ".output", context, model_.layer_size());
    }

    TensorId ffn(const std::string& name, TensorId x) {
        const auto up = dense(name + ".up", x, model_.ffn);
        const auto active = graph_.elementwise(name + ".activation", model_.activation, {up});
        return dense(name + ".down", active, model_.layer_size());
    }

    // The head works on the first token of each sample. A pooler that it does not run keeps its weights.
    void head(TensorId x) {
        if (model_.head == Head::none) {
            if (model_.pooler) idle_pooler();
            return;
        }
        const bool classifies = model_.head == Head::classifier;
        const auto first = classifies && !model_.pooler ? "classifier.first_token" : "pooler.first_token";
        x = graph_.first_rows(first, x, phase_.batch, 1);
        if (model_.pooler)
            x = graph_.elementwise("pooler.tanh", OperationKind::tanh,
                                   {graph_.dense("pooler", x, model_.hidden, true)});
        if (classifies) x = graph_.dense("classifier", x, model_.labels, true);
        graph_.mark_output(x);
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
