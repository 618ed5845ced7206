#include "tests/values/tape_model.h"

#include <cmath>

namespace octet::test {
namespace {

using Id = Tape::Id;

class Forward {
  public:
    explicit Forward(const TapeModel& model)
        : m_(model), d_(model.description), samples_(model.phase.batch), rows_(model.phase.sequence) {}

    Id run() {
        Id x = d_.patches != 0 ? patches() : words();
        for (std::uint64_t i = 0; i < d_.layers; ++i) x = layer("layer" + std::to_string(i), x);
        if (d_.norm_place == NormPlace::pre) x = norm("norm", x);
        return head(x);
    }
    Tape tape;
    std::map<std::string, Id> leaves;

  private:
    Id leaf(const std::string& name) {
        const auto [it, is_new] = leaves.try_emplace(name, 0);
        if (is_new) it->second = tape.leaf(m_.tensors.at(name));
        return it->second;
    }
    bool has(const std::string& name) const { return m_.tensors.count(name) != 0; }

    Id dense(const std::string& name, Id x) {
        Id y = tape.multiply(x, leaf(name + ".weight"));
        if (has(name + ".bias")) y = tape.add_row(y, leaf(name + ".bias"));
        if (!has(name + ".lora_a.weight")) return y;
        const Id change =
            tape.multiply(tape.multiply(x, leaf(name + ".lora_a.weight")), leaf(name + ".lora_b.weight"));
        return tape.add(y, tape.scale(change, m_.phase.alpha / double(m_.phase.rank)));
    }
    Id norm(const std::string& name, Id x) {
        const std::string kind(octet::name(d_.norm));
        return tape.norm(x, kind, d_.epsilon, leaf(name + ".gamma"),
                         kind == "rmsnorm" ? 0 : leaf(name + ".beta"));
    }
    std::vector<std::size_t> counted(std::size_t first, std::size_t count) const {
        std::vector<std::size_t> rows;
        for (std::size_t i = 0; i < count; ++i) rows.push_back(first + i);
        return rows;
    }
    Id sample(Id x, std::size_t s) { return tape.take_rows(x, counted(s * rows_, rows_)); }

    Id words() {
        std::vector<Id> all;
        const bool projected = has("embeddings.projection.weight");
        for (std::size_t s = 0; s < samples_; ++s) {
            std::vector<std::size_t> ids;
            for (std::size_t i = 0; i < rows_; ++i) ids.push_back(m_.tokens.at(s * rows_ + i));
            Id x = tape.take_rows(leaf("embeddings.word"), ids);
            if (d_.trigram) x = tape.beside({tape.shift(x, 1), x, tape.shift(x, -1)});
            if (projected) x = dense("embeddings.projection", x);
            all.push_back(places(x));
        }
        const Id x = tape.below(all);
        return d_.embedding_norm ? norm("embeddings.norm", x) : x;
    }
    Id places(Id x) {
        if (d_.positions != 0)
            x = tape.add(x, tape.take_rows(leaf("embeddings.position"), counted(d_.position_offset, rows_)));
        return d_.token_types != 0 ? tape.add(x, tape.take_rows(leaf("embeddings.token_type"),
                                                                std::vector<std::size_t>(rows_, 0)))
                                   : x;
    }
    Id patches() {
        const Id x = dense("embeddings.projection", leaf("patches"));
        std::vector<Id> all;
        for (std::size_t s = 0; s < samples_; ++s)
            all.push_back(places(tape.below(
                {leaf("embeddings.class"), tape.take_rows(x, counted(s * (rows_ - 1), rows_ - 1))})));
        const Id y = tape.below(all);
        return d_.embedding_norm ? norm("embeddings.norm", y) : y;
    }

    Id layer(const std::string& name, Id hidden) {
        Id x = hidden;
        if (d_.bottleneck != 0)
            x = norm(name + ".bottleneck.input.norm", dense(name + ".bottleneck.input", hidden));
        x = around(name + ".attention", x, [&](Id in) {
            Id query = in, value = in;
            if (d_.bottleneck != 0 && d_.bottleneck_attention == BottleneckAttention::hidden)
                query = value = hidden;
            if (d_.bottleneck != 0 && d_.bottleneck_attention == BottleneckAttention::shared_query_key) {
                query =
                    norm(name + ".bottleneck.attention.norm", dense(name + ".bottleneck.attention", hidden));
                value = hidden;
            }
            return attention(name + ".attention", query, value);
        });
        for (std::uint64_t i = 0; i < d_.ffn_count; ++i) {
            const std::string ffn = name + (d_.ffn_count == 1 ? ".ffn" : ".ffn" + std::to_string(i));
            x = around(ffn, x, [&](Id in) {
                const std::string function(octet::name(d_.activation));
                if (!d_.gated) return dense(ffn + ".down", tape.apply(dense(ffn + ".up", in), function));
                const Id gate = tape.apply(dense(ffn + ".gate", in), function);
                return dense(ffn + ".down", tape.product(dense(ffn + ".up", in), gate));
            });
        }
        if (d_.bottleneck == 0) return x;
        return norm(name + ".bottleneck.norm", tape.add(dense(name + ".bottleneck.output", x), hidden));
    }
    template <class F>
    Id around(const std::string& name, Id x, F&& f) {
        if (d_.norm_place == NormPlace::pre) return tape.add(f(norm(name + ".norm", x)), x);
        return norm(name + ".norm", tape.add(f(x), x));
    }

    Id attention(const std::string& name, Id from, Id value_from) {
        const Id query = dense(name + ".query", from), key = dense(name + ".key", from),
                 value = dense(name + ".value", value_from);
        const std::size_t size = d_.head_size(), share = d_.heads / d_.key_value_heads();
        std::vector<Id> samples;
        for (std::size_t s = 0; s < samples_; ++s) {
            std::vector<Id> heads;
            for (std::size_t h = 0; h < d_.heads; ++h) {
                Id q = tape.take_columns(sample(query, s), h * size, size);
                Id k = tape.take_columns(sample(key, s), h / share * size, size);
                const Id v = tape.take_columns(sample(value, s), h / share * size, size);
                if (d_.rotary) q = tape.turn(q, angles()), k = tape.turn(k, angles());
                Id scores = tape.multiply(q, k, true);
                if (d_.attention_scale) scores = tape.scale(scores, 1 / std::sqrt(double(size)));
                if (d_.padding_mask) {
                    const Matrix& mask = m_.tensors.at("attention_mask");
                    const auto first = mask.values.begin() + std::ptrdiff_t(s * rows_);
                    scores =
                        tape.add_row(scores, tape.leaf({1, rows_, {first, first + std::ptrdiff_t(rows_)}}));
                }
                const Id p = tape.softmax(scores, [this](std::size_t r, std::size_t c) {
                    return !d_.causal || (c <= r && (d_.window == 0 || c + d_.window > r));
                });
                heads.push_back(tape.multiply(p, v));
            }
            samples.push_back(tape.beside(heads));
        }
        return dense(name + ".output", tape.below(samples));
    }
    std::vector<double> angles() const {
        const Rotation& r = d_.rotation;
        std::vector<double> all;
        const std::size_t half = d_.head_size() / 2;
        for (std::size_t p = 0; p < rows_; ++p)
            for (std::size_t i = 0; i < half; ++i)
                all.push_back(double(p) * std::pow(r.theta, -double(i) / double(half)));
        return all;
    }

    Id head(Id x) {
        if (d_.has_vocabulary_head()) {
            if (d_.head == Head::mlm)
                x = norm("head.norm",
                         tape.apply(dense("head.transform", x), std::string(octet::name(d_.activation))));
            if (!d_.tied) return dense("head", x);
            x = tape.multiply(x, leaf("embeddings.word"), true);
            return has("head.bias") ? tape.add_row(x, leaf("head.bias")) : x;
        }
        if (d_.head == Head::none) return x;
        std::vector<std::size_t> first;
        for (std::size_t s = 0; s < samples_; ++s) first.push_back(s * rows_);
        x = tape.take_rows(x, first);
        if (d_.pooler) x = tape.apply(dense("pooler", x), "tanh");
        return d_.head == Head::classifier ? dense("classifier", x) : x;
    }

    const TapeModel& m_;
    const TransformerDescription& d_;
    std::size_t samples_, rows_;
};

}  // namespace

double TapeModel::loss() const {
    Forward forward(*this);
    const Matrix& y = forward.tape.value(forward.run());
    double total = 0;
    if (const auto given = tensors.find("output_gradient"); given != tensors.end()) {
        for (std::size_t i = 0; i < y.values.size(); ++i) total += y.values[i] * given->second.values.at(i);
        return total;
    }
    for (std::size_t r = 0; r < y.rows; ++r) {
        double sum = 0;
        for (std::size_t c = 0; c < y.cols; ++c) sum += std::exp(y.at(r, c));
        for (std::size_t c = 0; c < y.cols; ++c)
            total -= tensors.at("labels").at(r, c) * (std::log(sum) - y.at(r, c));
    }
    return total / double(y.rows);
}

std::map<std::string, Matrix> TapeModel::gradients() const {
    Forward forward(*this);
    const Id result = forward.run();
    Matrix weights = forward.tape.value(result);
    if (const auto given = tensors.find("output_gradient"); given != tensors.end()) {
        weights = given->second;
    } else {
        const Matrix y = weights;
        for (std::size_t r = 0; r < y.rows; ++r) {
            double sum = 0;
            for (std::size_t c = 0; c < y.cols; ++c) sum += std::exp(y.at(r, c));
            for (std::size_t c = 0; c < y.cols; ++c)
                weights.at(r, c) =
                    (std::exp(y.at(r, c)) / sum + tensors.at("labels").at(r, c)) / double(y.rows);
        }
    }
    forward.tape.backward(result, weights);
    std::map<std::string, Matrix> all;
    for (const auto& [name, id] : forward.leaves) all[name] = forward.tape.gradient(id);
    return all;
}

}  // namespace octet::test
