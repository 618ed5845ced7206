#include "tests/values/tape_model.h"

#include <cmath>

#include "tests/values/plain_gradients.h"

namespace octet::test {
namespace {

using Id = Tape::Id;

class Forward {
  public:
    explicit Forward(const TapeModel& model)
        : m_(model), d_(model.description), samples_(model.phase.batch), rows_(model.phase.sequence) {}

    Id run() {
        Id x = d_.patches != 0 ? patches() : d_.frames != 0 ? frames() : words("embeddings");
        for (std::uint64_t i = 0; i < d_.layers; ++i) x = layer("layer" + std::to_string(i), x);
        if (d_.norm_place == NormPlace::pre) x = norm("norm", x);
        return head(d_.has_decoder() ? decoder(x) : x);
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
    // Of x with `rows` rows a sample.
    Id sample(Id x, std::size_t s, std::size_t rows) { return tape.take_rows(x, counted(s * rows, rows)); }
    Id sample(Id x, std::size_t s) { return sample(x, s, rows_); }

    Id words(const std::string& name) {
        std::vector<Id> all;
        const bool projected = has("embeddings.projection.weight");
        for (std::size_t s = 0; s < samples_; ++s) {
            std::vector<std::size_t> ids;
            for (std::size_t i = 0; i < rows_; ++i) ids.push_back(m_.tokens.at(tokens_taken_++));
            Id x = tape.take_rows(leaf("embeddings.word"), ids);
            if (d_.trigram) x = tape.beside({tape.shift(x, 1), x, tape.shift(x, -1)});
            if (projected) x = dense("embeddings.projection", x);
            all.push_back(places(name, x));
        }
        const Id x = tape.below(all);
        return d_.embedding_norm ? norm(name + ".norm", x) : x;
    }
    Id places(const std::string& name, Id x) {
        if (has(name + ".position"))
            x = tape.add(x, tape.take_rows(leaf(name + ".position"), counted(d_.position_offset, rows_)));
        return d_.token_types != 0 ? tape.add(x, tape.take_rows(leaf("embeddings.token_type"),
                                                                std::vector<std::size_t>(rows_, 0)))
                                   : x;
    }
    Id patches() {
        const Id x = dense("embeddings.projection", leaf("patches"));
        std::vector<Id> all;
        for (std::size_t s = 0; s < samples_; ++s)
            all.push_back(
                places("embeddings", tape.below({leaf("embeddings.class"),
                                                 tape.take_rows(x, counted(s * (rows_ - 1), rows_ - 1))})));
        const Id y = tape.below(all);
        return d_.embedding_norm ? norm("embeddings.norm", y) : y;
    }

    // The first convolution's three frames are given side by side; of what it makes every second row is the
    // middle of three.
    Id frames() {
        const std::string function(octet::name(d_.activation));
        const Id made = tape.apply(dense("embeddings.conv1", leaf("frames")), function);
        std::vector<Id> all;
        for (std::size_t s = 0; s < samples_; ++s) {
            const Id x = sample(made, s, 2 * rows_);
            std::vector<std::size_t> second;
            for (std::size_t i = 0; i < rows_; ++i) second.push_back(2 * i);
            const Id three = tape.take_rows(tape.beside({tape.shift(x, -1), x, tape.shift(x, 1)}), second);
            all.push_back(places("embeddings", tape.apply(dense("embeddings.conv2", three), function)));
        }
        const Id x = tape.below(all);
        return d_.embedding_norm ? norm("embeddings.norm", x) : x;
    }

    // Its own tokens, each of which sees those before and all states of the encoder.
    Id decoder(Id states) {
        const std::size_t source = rows_;
        rows_ = decoder_tokens(d_, m_.phase);
        in_decoder_ = true;
        Id x = words("decoder.embeddings");
        for (std::uint64_t i = 0; i < d_.decoder_layers; ++i) {
            const std::string name = "decoder.layer" + std::to_string(i);
            x = around(name + ".attention", x, [&](Id in) {
                return attention(name + ".attention", in, {in, in, rows_});
            });
            x = around(name + ".cross", x, [&](Id in) {
                return attention(name + ".cross", in, {states, states, source});
            });
            x = around(name + ".ffn", x, [&](Id in) { return ffn(name + ".ffn", in); });
        }
        return d_.norm_place == NormPlace::pre ? norm("decoder.norm", x) : x;
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
            return attention(name + ".attention", query, {query, value, rows_});
        });
        for (std::uint64_t i = 0; i < d_.ffn_count; ++i) {
            const std::string ffn = name + (d_.ffn_count == 1 ? ".ffn" : ".ffn" + std::to_string(i));
            x = around(ffn, x, [&](Id in) { return this->ffn(ffn, in); });
        }
        if (d_.bottleneck == 0) return x;
        return norm(name + ".bottleneck.norm", tape.add(dense(name + ".bottleneck.output", x), hidden));
    }
    Id ffn(const std::string& name, Id in) {
        const std::string function(octet::name(d_.activation));
        if (!d_.gated) return dense(name + ".down", tape.apply(dense(name + ".up", in), function));
        const Id gate = tape.apply(dense(name + ".gate", in), function);
        return dense(name + ".down", tape.product(dense(name + ".up", in), gate));
    }
    template <class F>
    Id around(const std::string& name, Id x, F&& f) {
        if (d_.norm_place == NormPlace::pre) return tape.add(f(norm(name + ".norm", x)), x);
        return norm(name + ".norm", tape.add(f(x), x));
    }

    // A head's row of the table, taken by distance.
    Id distance_bias(std::size_t head) {
        const std::size_t buckets = d_.relative_buckets;
        const Id row = tape.take_rows(
            leaf(in_decoder_ ? "decoder.relative_bias.weight" : "relative_bias.weight"), {head});
        std::vector<Id> rows;
        for (std::size_t q = 0; q < rows_; ++q) {
            Matrix taken{buckets, rows_, std::vector<double>(buckets * rows_)};
            for (std::size_t k = 0; k < rows_; ++k)
                taken.at(plain_bucket(std::int64_t(k) - std::int64_t(q), buckets, in_decoder_), k) = 1;
            rows.push_back(tape.multiply(row, tape.leaf(taken)));
        }
        return tape.below(rows);
    }

    struct Seen {
        Id key, value;
        std::size_t rows;  // of a sample
    };
    Id attention(const std::string& name, Id from, const Seen& seen) {
        const Id query = dense(name + ".query", from), key = dense(name + ".key", seen.key),
                 value = dense(name + ".value", seen.value);
        const bool cross = name.ends_with(".cross"), by_distance = d_.relative_buckets != 0 && !cross;
        const std::size_t size = d_.head_size(), share = d_.heads / d_.key_value_heads();
        std::vector<Id> samples;
        for (std::size_t s = 0; s < samples_; ++s) {
            std::vector<Id> heads;
            for (std::size_t h = 0; h < d_.heads; ++h) {
                Id q = tape.take_columns(sample(query, s), h * size, size);
                Id k = tape.take_columns(sample(key, s, seen.rows), h / share * size, size);
                const Id v = tape.take_columns(sample(value, s, seen.rows), h / share * size, size);
                if (d_.rotary) q = tape.turn(q, angles()), k = tape.turn(k, angles());
                Id scores = tape.multiply(q, k, true);
                if (d_.attention_scale) scores = tape.scale(scores, 1 / std::sqrt(double(size)));
                if (by_distance) {
                    scores = tape.add(scores, distance_bias(h));
                } else if (d_.padding_mask && (cross || !in_decoder_)) {
                    const Matrix& mask = m_.tensors.at("attention_mask");
                    const auto first = mask.values.begin() + std::ptrdiff_t(s * seen.rows);
                    scores = tape.add_row(
                        scores, tape.leaf({1, seen.rows, {first, first + std::ptrdiff_t(seen.rows)}}));
                }
                const bool causal = d_.causal || (in_decoder_ && !cross);
                const Id p = tape.softmax(scores, [this, causal](std::size_t r, std::size_t c) {
                    return !causal || (c <= r && (d_.window == 0 || c + d_.window > r));
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
            if (d_.head_scale) x = tape.scale(x, 1 / std::sqrt(double(d_.hidden)));
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
    std::size_t tokens_taken_ = 0;
    bool in_decoder_ = false;
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
