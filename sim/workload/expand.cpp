#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "sim/workload/backward.h"
#include "sim/workload/builder.h"
#include "sim/workload/clip.h"
#include "sim/workload/description.h"
#include "sim/workload/update.h"

namespace octet {
namespace {

class Expansion {
  public:
    Expansion(const TransformerDescription& model, const PhaseConfig& phase)
        : model_(model), phase_(phase), graph_(model.name) {}

    Graph run() {
        if (trains(phase_)) return step();
        if (phase_.kind != PhaseKind::decode) {
            rows_ = phase_.sequence;
            pass();
            if (model_.has_decoder() && phase_.kind == PhaseKind::prefill) {
                rows_ = model_.decoder_prompt;
                decoder_pass();
            }
            if (model_.has_decoder()) idle_stacks();
            return graph_.finish();
        }
        rows_ = 1;
        const std::uint64_t last = phase_.context + phase_.tokens - 1;
        caches(seen_of(last));
        for (first_ = phase_.context - 1; first_ < last; ++first_) {
            if (phase_.tokens > 1) graph_.prefix(fmt::format("token{}.", first_ + 1 - phase_.context));
            keys_ = seen_of(first_ + 1);
            model_.has_decoder() ? decoder_pass() : pass();
        }
        if (model_.has_decoder()) idle_stacks();
        return graph_.finish();
    }

  private:
    // One step of training.
    Graph step() {
        graph_.trains(phase_.kind == PhaseKind::train);
        if (phase_.wide_wgrad) graph_.keep_wide_inputs();
        rows_ = phase_.sequence;
        pass();
        if (model_.has_decoder()) {
            rows_ = decoder_tokens(model_, phase_);
            decoder_pass();
        }
        graph_.trains(false);
        Backward backward(graph_, std::move(merged_));
        backward.run(result_, loss_gradient());
        if (phase_.gradient_scaling) graph_.scale_gradients();
        std::vector<TensorId> weights, gradients;
        for (const TensorId weight : graph_.trained()) {
            if (backward.of(weight) == no_tensor) continue;
            weights.push_back(weight);
            gradients.push_back(backward.of(weight));
        }
        if (phase_.clip_norm > 0) gradients = clip(graph_, weights, gradients, phase_.clip_norm);
        for (std::size_t i = 0; i < weights.size(); ++i) update(graph_, phase_, weights[i], gradients[i]);
        return graph_.finish();
    }

    // Of cross-entropy with labels, on average over the rows of the result; of another result it is given.
    TensorId loss_gradient() {
        const Tensor result = graph_[result_];
        if (!model_.has_vocabulary_head() && model_.head != Head::classifier)
            return graph_.filled("output_gradient", result.rows, result.cols, TensorFill::given);
        const auto labels = graph_.filled("labels", result.rows, result.cols, TensorFill::labels);
        const auto likely = graph_.softmax("loss.softmax", result_, std::nullopt);
        const auto excess = graph_.elementwise("loss.difference", OperationKind::add, {likely, labels});
        return graph_.scale("loss.gradient", excess, 1 / static_cast<double>(result.rows));
    }

    // Tokens that the last of so many sees.
    std::uint64_t seen_of(std::uint64_t tokens) const {
        return model_.window == 0 ? tokens : std::min(tokens, model_.window);
    }

    // Of every layer; those of all tokens, though a token sees the first ones alone.
    void caches(std::uint64_t keys) {
        const bool decoder = model_.has_decoder();
        for (std::uint64_t i = 0; i < (decoder ? model_.decoder_layers : model_.layers); ++i) {
            const std::string layer = fmt::format("{}layer{}", decoder ? "decoder." : "", i);
            caches(caches_, layer + ".attention", keys);
            if (decoder) caches(source_caches_, layer + ".cross", model_.decoder_source);
        }
    }
    void caches(std::vector<TensorId>& list, const std::string& name, std::uint64_t keys) {
        for (const char* what : {"key", "value"}) {
            list.push_back(graph_.tensor(fmt::format("{}.{}_cache", name, what), TensorRole::input,
                                         phase_.batch * keys, model_.key_value_heads() * model_.head_size()));
            graph_.mark_use(list.back(), FormatUse::kv_cache);
        }
    }

    // All layers over rows_ tokens of each sample, the first at position first_.
    void pass() {
        if (model_.padding_mask && phase_.kind != PhaseKind::decode)
            mask_ = padding_ = graph_.tensor("attention_mask", TensorRole::input, 1, rows_, phase_.batch);
        if (model_.rotary)
            angles_ = graph_.tensor(graph_.prefix() + "angles", TensorRole::input, rows_, model_.head_size());
        if (model_.relative_buckets != 0) mask_ = relative_bias("relative_bias", rows_);
        TensorId x = model_.patches != 0  ? patches()
                     : model_.frames != 0 ? frames()
                                          : embeddings("embeddings", model_.positions);
        for (layer_ = 0; layer_ < model_.layers; ++layer_) x = layer(fmt::format("layer{}", layer_), x);
        if (model_.norm_place == NormPlace::pre) x = norm("norm", x);
        if (model_.has_decoder()) return end_of_encoder(x);
        if (model_.has_vocabulary_head()) return vocabulary_head(x);
        graph_.mark_output(result_ = x);
        head(x);
    }

    // The states are a result of encode; else the decoder takes them.
    void end_of_encoder(TensorId x) {
        states_ = x;
        if (phase_.kind == PhaseKind::encode) graph_.mark_output(x);
    }

    // All layers of the decoder over rows_ tokens of each sample.
    void decoder_pass() {
        in_decoder_ = true;
        mask_ = no_tensor;
        if (model_.relative_buckets != 0)
            mask_ = relative_bias("decoder.relative_bias", phase_.kind == PhaseKind::decode ? keys_ : rows_);
        TensorId x = embeddings("decoder.embeddings", model_.decoder_positions);
        for (layer_ = 0; layer_ < model_.decoder_layers; ++layer_) {
            const std::string name = fmt::format("decoder.layer{}", layer_);
            x = sublayer(name + ".attention", x, [&](TensorId input) {
                return attention(name + ".attention", {input, input, input});
            });
            x = sublayer(name + ".cross", x, [&](TensorId input) { return cross(name + ".cross", input); });
            x = sublayer(name + ".ffn", x, [&](TensorId input) { return ffn(name + ".ffn", input); });
        }
        if (model_.norm_place == NormPlace::pre) x = norm("decoder.norm", x);
        if (model_.has_vocabulary_head()) return vocabulary_head(x);
        graph_.mark_output(result_ = x);
    }

    // What is added to the scores of each head, by distance; the host makes it from the table.
    TensorId relative_bias(const std::string& name, std::uint64_t keys) {
        distances_ = graph_.table(name + ".weight", model_.heads, model_.relative_buckets);
        return graph_.tensor(graph_.prefix() + name, TensorRole::input, rows_, keys,
                             phase_.batch * model_.heads);
    }

    // Two convolutions of three frames each, the second at every second frame, as products of rows that hold
    // the values of three frames. The host lays out those of the first. Places are fixed.
    TensorId frames() {
        const auto columns =
            graph_.tensor("frames", TensorRole::input, phase_.batch * 2 * rows_, 3 * model_.frames);
        const auto first = active("embeddings.conv1", columns);
        const auto next = graph_.windows("embeddings.windows", first, phase_.batch);
        const bool trained = graph_.trains();
        graph_.trains(false);
        const auto places = position_table();
        graph_.trains(trained);
        const auto x = graph_.position("embeddings.sum", active("embeddings.conv2", next), {places},
                                       phase_.batch, model_.position_offset);
        return model_.embedding_norm ? norm("embeddings.norm", x) : x;
    }
    TensorId active(const std::string& name, TensorId x) {
        return graph_.elementwise(name + ".activation", model_.activation, {dense(name, x, model_.hidden)});
    }

    // A class token before the patches of a sample, and positions.
    TensorId patches() {
        const auto input =
            graph_.tensor("patches", TensorRole::input, phase_.batch * (rows_ - 1), model_.patches);
        auto x = dense("embeddings.projection", input, model_.hidden);
        x = graph_.prepend("embeddings.prepend", x, graph_.table("embeddings.class", 1, model_.hidden),
                           phase_.batch);
        x = graph_.position("embeddings.sum", x, {position_table()}, phase_.batch, model_.position_offset);
        return model_.embedding_norm ? norm("embeddings.norm", x) : x;
    }

    TensorId position_table() { return graph_.table("embeddings.position", model_.positions, model_.hidden); }

    // Words of the model's size and their places come from one look-up; other words are projected first.
    TensorId embeddings(const std::string& name, std::uint64_t positions) {
        const std::uint64_t first = positions != 0 ? first_ + model_.position_offset : 0;
        const bool projected = model_.trigram || model_.word_size() != model_.hidden;
        // A head that uses the words multiplies with them in the storage format: the look-up takes the same.
        const auto word = model_.tied
                              ? graph_.weight("embeddings.word", model_.vocabulary, model_.word_size())
                              : graph_.table("embeddings.word", model_.vocabulary, model_.word_size());
        std::vector<TensorId> places;
        if (positions != 0) places.push_back(graph_.table(name + ".position", positions, model_.hidden));
        if (model_.token_types != 0)
            places.push_back(graph_.table("embeddings.token_type", model_.token_types, model_.hidden));
        std::vector<TensorId> tables{word};
        if (!projected) tables.insert(tables.end(), places.begin(), places.end());
        auto x = model_.trigram
                     ? graph_.trigram(name, word, phase_.batch, rows_)
                     : graph_.embedding(name, tables, phase_.batch, rows_, tables.size() > 1 ? first : 0);
        if (projected) x = dense(name + ".projection", x, model_.hidden);
        if (projected && !places.empty()) x = graph_.position(name + ".sum", x, places, phase_.batch, first);
        return model_.embedding_norm ? norm(name + ".norm", x) : x;
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
        auto query = dense(name, "query", from.query, heads * size);
        auto key = dense(name, "key", from.key, kv_heads * size);
        auto value = dense(name, "value", from.value, kv_heads * size);
        if (model_.rotary) {
            query = graph_.rope(name + ".query.rope", query, angles_, model_.rotation, heads, first_);
            key = graph_.rope(name + ".key.rope", key, angles_, model_.rotation, kv_heads, first_);
        }
        if ((phase_.kind == PhaseKind::prefill || phase_.kind == PhaseKind::decode) &&
            (in_decoder_ || !model_.has_decoder()))
            keep(key, value);
        if (phase_.kind == PhaseKind::decode) {
            key = caches_[2 * layer_];
            value = caches_[2 * layer_ + 1];
        }
        std::optional<CausalMask> causal;  // a token alone sees all keys that there are
        if ((model_.causal || in_decoder_) && rows_ > 1)
            causal = {0, model_.window < rows_ ? model_.window : 0};
        return attend(name, query, key, value, {keys_, mask_, causal, distances_});
    }

    // To the encoder's states, whose keys and values a later token finds in a cache.
    TensorId cross(const std::string& name, TensorId x) {
        const auto size = model_.head_size(), columns = model_.key_value_heads() * size;
        const auto query = dense(name, "query", x, model_.heads * size);
        if (phase_.kind == PhaseKind::decode)
            return attend(name, query, source_caches_[2 * layer_], source_caches_[2 * layer_ + 1], {});
        const auto key = dense(name, "key", states_, columns), value = dense(name, "value", states_, columns);
        if (phase_.kind == PhaseKind::prefill) keep(key, value);
        return attend(name, query, key, value, {0, padding_, std::nullopt});
    }

    // For later tokens.
    void keep(TensorId key, TensorId value) {
        for (const TensorId kept : {key, value}) {
            graph_.mark_output(kept);
            graph_.mark_use(kept, FormatUse::kv_cache);
        }
    }

    struct Seen {
        std::uint64_t keys = 0;     // of a cache; 0: all
        TensorId mask = no_tensor;  // is added to the scores
        std::optional<CausalMask> causal{};
        TensorId table = no_tensor;  // the mask is made of it, by distance
    };
    TensorId attend(const std::string& name, TensorId query, TensorId key, TensorId value, const Seen& seen) {
        const auto heads = model_.heads, kv_heads = model_.key_value_heads();
        auto scores = graph_.scores(name + ".scores", query, key, phase_.batch, heads, kv_heads, seen.keys);
        if (model_.attention_scale)
            scores =
                graph_.scale(name + ".scale", scores, 1 / std::sqrt(static_cast<double>(model_.head_size())));
        if (seen.table != no_tensor)
            scores = graph_.bias(name + ".mask", scores, seen.mask, seen.table, in_decoder_, first_);
        else if (seen.mask != no_tensor)
            scores = graph_.mask(name + ".mask", scores, seen.mask, heads);
        const auto weights = graph_.softmax(name + ".softmax", scores, seen.causal);
        const auto context = graph_.context(name + ".context", weights, value, heads, kv_heads);
        return dense(name, "output", context, model_.layer_size());
    }

    TensorId ffn(const std::string& name, TensorId x) {
        if (model_.gated) {
            auto gate = dense(name, "gate", x, model_.ffn);
            gate = graph_.elementwise(name + ".activation", model_.activation, {gate});
            const auto up = dense(name, "up", x, model_.ffn);
            const auto product = graph_.elementwise(name + ".product", OperationKind::multiply, {up, gate});
            return dense(name, "down", product, model_.layer_size());
        }
        const auto up = dense(name, "up", x, model_.ffn);
        const auto active = graph_.elementwise(name + ".activation", model_.activation, {up});
        return dense(name, "down", active, model_.layer_size());
    }

    // On every token; of a prefill on the last of each sample, which makes the next one.
    void vocabulary_head(TensorId x) {
        if (model_.pooler) idle_pooler();
        if (phase_.kind == PhaseKind::prefill)
            x = graph_.some_rows("head.last_token", x, phase_.batch, 1, rows_ - 1);
        const bool transforms = model_.head == Head::mlm;
        if (transforms) {
            x = graph_.dense("head.transform", x, model_.hidden, true);
            x = norm("head.norm", graph_.elementwise("head.activation", model_.activation, {x}));
        }
        if (model_.head_scale)
            x = graph_.scale("head.scale", x, 1 / std::sqrt(static_cast<double>(model_.hidden)));
        x = model_.tied
                ? graph_.tied("head", x, graph_.weight("embeddings.word", model_.vocabulary, model_.hidden),
                              transforms)
                : graph_.dense("head", x, model_.vocabulary, transforms);
        graph_.mark_output(result_ = x, logits());
    }

    // The head works on the first token of each sample. A pooler that it does not run keeps its weights.
    void head(TensorId x) {
        if (model_.head == Head::none) {
            if (model_.pooler) idle_pooler();
            return;
        }
        // A head that classifies starts from nothing: it is trained as a whole beside adapters too.
        const bool classifies = model_.head == Head::classifier, trained = graph_.trains();
        graph_.trains(trained || (classifies && phase_.kind == PhaseKind::finetune_lora));
        const auto first = classifies && !model_.pooler ? "classifier.first_token" : "pooler.first_token";
        x = graph_.some_rows(first, x, phase_.batch, 1);
        if (model_.pooler)
            x = graph_.elementwise("pooler.tanh", OperationKind::tanh,
                                   {graph_.dense("pooler", x, model_.hidden, true)});
        if (classifies) x = graph_.dense("classifier", x, model_.labels, true);
        graph_.trains(trained);
        graph_.mark_output(result_ = x, classifies ? logits() : TensorRole::output);
    }

    // Weights of an encoder and a decoder that this phase does not read: they are parameters all the same.
    void idle_stacks() {
        const auto hidden = model_.hidden;
        if (model_.frames != 0) {
            idle("embeddings", "conv1", 3 * model_.frames, hidden);
            idle("embeddings", "conv2", 3 * hidden, hidden);
        }
        if (model_.vocabulary != 0) graph_.weight("embeddings.word", model_.vocabulary, hidden);
        idle_stack("", model_.layers, model_.positions, false);
        idle_stack("decoder.", model_.decoder_layers, model_.decoder_positions, true);
        if (model_.has_vocabulary_head() && !model_.tied)
            graph_.weight("head.weight", hidden, model_.vocabulary);
    }
    void idle_stack(const std::string& stack, std::uint64_t layers, std::uint64_t positions, bool cross) {
        const auto hidden = model_.hidden, query = model_.heads * model_.head_size(),
                   kv = model_.key_value_heads() * model_.head_size();
        if (positions != 0) graph_.weight(stack + "embeddings.position", positions, hidden);
        if (model_.embedding_norm) idle_norm(stack + "embeddings.norm");
        if (model_.relative_buckets != 0)
            graph_.weight(stack + "relative_bias.weight", model_.heads, model_.relative_buckets);
        for (std::uint64_t i = 0; i < layers; ++i) {
            const std::string layer = fmt::format("{}layer{}", stack, i);
            for (const char* kind : {".attention", ".cross"}) {
                if (!cross && std::string_view(kind) == ".cross") continue;
                idle(layer + kind, "query", hidden, query);
                idle(layer + kind, "key", hidden, kv);
                idle(layer + kind, "value", hidden, kv);
                idle(layer + kind, "output", query, hidden);
                idle_norm(layer + kind + ".norm");
            }
            if (model_.gated) idle(layer + ".ffn", "gate", hidden, model_.ffn);
            idle(layer + ".ffn", "up", hidden, model_.ffn);
            idle(layer + ".ffn", "down", model_.ffn, hidden);
            idle_norm(layer + ".ffn.norm");
        }
        if (model_.norm_place == NormPlace::pre) idle_norm(stack + "norm");
    }
    void idle(const std::string& name, std::string_view layer, std::uint64_t k, std::uint64_t n) {
        graph_.weight(fmt::format("{}.{}.weight", name, layer), k, n);
        if (model_.has_bias(layer)) graph_.weight(fmt::format("{}.{}.bias", name, layer), 1, n);
    }
    void idle_norm(const std::string& name) {
        graph_.weight(name + ".gamma", 1, model_.hidden);
        if (model_.norm == OperationKind::layernorm || model_.norm == OperationKind::nonorm)
            graph_.weight(name + ".beta", 1, model_.hidden);
    }

    // Its weights change as little as it runs.
    // In training the loss reads them.
    TensorRole logits() const { return trains(phase_) ? TensorRole::output : TensorRole::logits; }

    void idle_pooler() {
        const bool trained = graph_.trains();
        graph_.trains(false);
        graph_.weight("pooler.weight", model_.hidden, model_.hidden);
        graph_.weight("pooler.bias", 1, model_.hidden);
        graph_.trains(trained);
    }

    TensorId norm(const std::string& name, TensorId x) {
        return graph_.norm(name, model_.norm, x, model_.epsilon);
    }
    TensorId dense(const std::string& name, std::string_view layer, TensorId x, std::uint64_t n) {
        return adapted(fmt::format("{}.{}", name, layer), x, n, model_.has_bias(layer), has_adapter(layer));
    }
    TensorId dense(const std::string& name, TensorId x, std::uint64_t n) {
        return adapted(name, x, n, model_.bias, name.starts_with("layer") && has_adapter("bottleneck"));
    }

    bool has_adapter(std::string_view layer) const {
        if (phase_.kind != PhaseKind::finetune_lora) return false;
        const std::string_view target = layer == "up" || layer == "gate" ? "ffn_in"
                                        : layer == "down"                ? "ffn_out"
                                                                         : layer;
        return std::ranges::any_of(phase_.targets,
                                   [&](const std::string& t) { return t == "all" || t == target; });
    }

    // A dense layer, with an adapter of two narrow products beside it, or in its weight.
    TensorId adapted(const std::string& name, TensorId x, std::uint64_t n, bool bias, bool adapter) {
        if (!adapter) return graph_.dense(name, x, n, bias);
        const double factor = phase_.alpha / static_cast<double>(phase_.rank);
        const auto scaled = [&](TensorId t) {
            return factor == 1 ? t : graph_.scale(name + ".lora_scale", t, factor);
        };
        if (phase_.merged) {
            const auto w = graph_.weight(name + ".weight", graph_[x].cols, n);
            graph_.trains(true);
            const auto a = graph_.weight(name + ".lora_a.weight", graph_[x].cols, phase_.rank);
            const auto b = graph_.weight(name + ".lora_b.weight", phase_.rank, n);
            graph_.trains(false);
            const auto change = scaled(graph_.product(name + ".lora_product", a, b));
            const auto merged = graph_.elementwise(name + ".merged_weight", OperationKind::add, {change, w});
            merged_[merged] = {a, b, factor};
            return graph_.product(name, x, merged, bias ? graph_.table(name + ".bias", 1, n) : no_tensor);
        }
        const auto y = graph_.dense(name, x, n, bias);
        graph_.trains(true);
        const auto narrow = graph_.dense(name + ".lora_a", x, phase_.rank, false);
        const auto change = scaled(graph_.dense(name + ".lora_b", narrow, n, false));
        graph_.trains(false);
        return graph_.elementwise(name + ".lora", OperationKind::add, {change, y});
    }

    const TransformerDescription& model_;
    const PhaseConfig& phase_;
    GraphBuilder graph_;
    std::uint64_t rows_ = 0;   // tokens of a sample in a pass
    std::uint64_t first_ = 0;  // position of the first
    std::uint64_t keys_ = 0;   // of a cache that they see
    std::uint64_t layer_ = 0;
    TensorId mask_ = no_tensor, angles_ = no_tensor;
    TensorId padding_ = no_tensor;  // of the encoder's tokens
    TensorId states_ = no_tensor;   // what the encoder makes
    bool in_decoder_ = false;
    TensorId result_ = no_tensor;  // of the last operation
    std::map<TensorId, MergedWeight> merged_;
    TensorId distances_ = no_tensor;                // the table that mask_ is made of
    std::vector<TensorId> caches_, source_caches_;  // keys and values, layer by layer
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
