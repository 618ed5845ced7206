// Builds ONNX files for tests, as exporters write them.
#pragma once
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace octet::test {

class OnnxFile {
  public:
    using Names = std::vector<std::string>;
    using Integers = std::vector<std::int64_t>;

    explicit OnnxFile(std::int64_t opset = 17) {
        model_.mutable_graph()->set_name("test");
        model_.add_opset_import()->set_version(opset);
    }

    // Sides that are words are open.
    void input(const std::string& name, const Names& sides, bool floating = false) {
        describe(*model_.mutable_graph()->add_input(), name, floating);
        auto* shape = model_.mutable_graph()
                          ->mutable_input()
                          ->rbegin()
                          ->mutable_type()
                          ->mutable_tensor_type()
                          ->mutable_shape();
        for (const auto& side : sides) {
            auto* dim = shape->add_dim();
            side.find_first_not_of("0123456789") == side.npos ? dim->set_dim_value(std::stoll(side))
                                                              : dim->set_dim_param(side);
        }
    }
    void output(const std::string& name) { describe(*model_.mutable_graph()->add_output(), name, true); }
    // Without values: importers look at shapes.
    std::string weight(const std::string& name, const Integers& dims) {
        auto* tensor = model_.mutable_graph()->add_initializer();
        tensor->set_name(name);
        tensor->set_data_type(onnx::TensorProto::FLOAT);
        for (const auto side : dims) tensor->add_dims(side);
        return name;
    }
    std::string number(double value) {
        const std::string name = "number" + std::to_string(fresh_++);
        auto* tensor = model_.mutable_graph()->add_initializer();
        tensor->set_name(name);
        tensor->set_data_type(onnx::TensorProto::FLOAT);
        tensor->add_float_data(static_cast<float>(value));
        return name;
    }
    std::string integers(const Integers& values, bool scalar = false) {
        const std::string name = "integers" + std::to_string(fresh_++);
        auto* tensor = model_.mutable_graph()->add_initializer();
        tensor->set_name(name);
        tensor->set_data_type(onnx::TensorProto::INT64);
        if (!scalar) tensor->add_dims(static_cast<std::int64_t>(values.size()));
        std::string bytes(values.size() * sizeof(std::int64_t), '\0');
        std::copy_n(reinterpret_cast<const char*>(values.data()), bytes.size(), bytes.data());
        tensor->set_raw_data(bytes);
        return name;
    }
    // The value that a node makes.
    std::string node(const std::string& kind, const Names& inputs, const std::string& name = {},
                     const std::vector<std::pair<std::string, Integers>>& attributes = {},
                     std::size_t outputs = 1) {
        auto* node = model_.mutable_graph()->add_node();
        const std::string made = name.empty() ? kind + std::to_string(fresh_++) : name;
        node->set_name(made);
        node->set_op_type(kind);
        for (const auto& input : inputs) node->add_input(input);
        for (std::size_t i = 0; i < outputs; ++i)
            node->add_output(i == 0 ? made : made + "." + std::to_string(i));
        for (const auto& [key, values] : attributes) {
            auto* attribute = node->add_attribute();
            attribute->set_name(key);
            const bool list =
                key == "perm" || key == "axes" || key == "strides" || key == "pads" || key == "split";
            attribute->set_type(list ? onnx::AttributeProto::INTS : onnx::AttributeProto::INT);
            if (!list) attribute->set_i(values.front());
            if (list)
                for (const auto value : values) attribute->add_ints(value);
        }
        return made;
    }
    std::string bytes() const { return model_.SerializeAsString(); }

  private:
    static void describe(onnx::ValueInfoProto& info, const std::string& name, bool floating) {
        info.set_name(name);
        info.mutable_type()->mutable_tensor_type()->set_elem_type(floating ? onnx::TensorProto::FLOAT
                                                                           : onnx::TensorProto::INT64);
    }

    onnx::ModelProto model_;
    std::size_t fresh_ = 0;
};

// A product with parameters as torch writes it: MatMul, then Add.
inline std::string linear(OnnxFile& file, const std::string& x, const std::string& name, std::int64_t k,
                          std::int64_t n) {
    const auto product = file.node("MatMul", {x, file.weight(name + ".weight", {k, n})}, name + "/MatMul");
    return file.node("Add", {file.weight(name + ".bias", {n}), product}, name + "/Add");
}

// LayerNorm as it was written before it became an operator.
inline std::string layernorm(OnnxFile& file, const std::string& x, const std::string& name, std::int64_t n) {
    const auto mean = file.node("ReduceMean", {x}, {}, {{"axes", {-1}}});
    const auto difference = file.node("Sub", {x, mean});
    const auto square = file.node("Pow", {difference, file.number(2)});
    const auto variance = file.node("ReduceMean", {square}, {}, {{"axes", {-1}}});
    const auto root = file.node("Sqrt", {file.node("Add", {variance, file.number(1e-12)})});
    const auto unit = file.node("Div", {difference, root});
    const auto scaled = file.node("Mul", {unit, file.weight(name + ".gamma", {n})});
    return file.node("Add", {scaled, file.weight(name + ".beta", {n})}, name + "/norm");
}

inline std::string erf_gelu(OnnxFile& file, const std::string& x) {
    const auto erf = file.node("Erf", {file.node("Div", {x, file.number(1.41421356)})});
    const auto product = file.node("Mul", {x, file.node("Add", {erf, file.number(1)})});
    return file.node("Mul", {product, file.number(0.5)});
}

struct BertSizes {
    std::int64_t layers = 2, hidden = 24, heads = 3, ffn = 40, vocabulary = 50, positions = 32;
};

// An encoder with the operators of torch's exporter.
inline OnnxFile bert_file(const BertSizes& size = {}) {
    OnnxFile file(14);
    file.input("input_ids", {"batch", "sequence"});
    file.input("attention_mask", {"batch", "sequence"});
    const std::int64_t h = size.hidden, d = h / size.heads;
    const auto shape = file.node("Shape", {"input_ids"});
    const auto length = file.node("Gather", {shape, file.integers({1}, true)});
    // Extended mask: (1 - mask) * -10000, batch x 1 x 1 x sequence.
    const auto wide = file.node(
        "Unsqueeze", {file.node("Unsqueeze", {"attention_mask", file.integers({1})}), file.integers({2})});
    const auto mask =
        file.node("Mul", {file.node("Sub", {file.number(1), file.node("Cast", {wide}, {}, {{"to", {1}}})}),
                          file.number(-10000)});
    const auto words =
        file.node("Gather", {file.weight("word", {size.vocabulary, h}), "input_ids"}, "embeddings/word");
    const auto ids =
        file.node("Slice", {file.integers([&] {
                                OnnxFile::Integers all;
                                for (std::int64_t i = 0; i < size.positions; ++i) all.push_back(i);
                                return all;
                            }()),
                            file.integers({0}), file.node("Unsqueeze", {length, file.integers({0})}),
                            file.integers({0})});
    const auto places =
        file.node("Gather", {file.weight("position", {size.positions, h}), ids}, "embeddings/position");
    auto x = layernorm(file, file.node("Add", {words, places}, "embeddings/Add"), "embeddings", h);
    for (std::int64_t i = 0; i < size.layers; ++i) {
        const std::string name = "layer" + std::to_string(i);
        const auto heads = [&](const std::string& what, const OnnxFile::Integers& perm) {
            const auto y = linear(file, x, name + "/" + what, h, h);
            return file.node("Transpose", {file.node("Reshape", {y, file.integers({0, 0, size.heads, d})})},
                             {}, {{"perm", perm}});
        };
        const auto query = heads("query", {0, 2, 1, 3}), key = heads("key", {0, 2, 3, 1}),
                   value = heads("value", {0, 2, 1, 3});
        const auto scores = file.node("Div", {file.node("MatMul", {query, key}, name + "/scores"),
                                              file.number(std::sqrt(static_cast<double>(d)))});
        const auto weights = file.node("Softmax", {file.node("Add", {scores, mask})}, {}, {{"axis", {-1}}});
        const auto context =
            file.node("Transpose", {file.node("MatMul", {weights, value}, name + "/context")}, {},
                      {{"perm", {0, 2, 1, 3}}});
        const auto joined = file.node("Reshape", {context, file.integers({0, 0, -1})});
        x = layernorm(file, file.node("Add", {linear(file, joined, name + "/output", h, h), x}),
                      name + "/attention", h);
        const auto up = erf_gelu(file, linear(file, x, name + "/up", h, size.ffn));
        x = layernorm(file, file.node("Add", {linear(file, up, name + "/down", size.ffn, h), x}),
                      name + "/ffn", h);
    }
    file.output(x);
    return file;
}

}  // namespace octet::test
