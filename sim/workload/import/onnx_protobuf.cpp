// The only file that knows protobuf.
#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <onnx/onnx_pb.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "sim/config/diagnostics.h"
#include "sim/workload/import/onnx_model.h"

namespace octet {
namespace {

constexpr std::size_t most_attributes = 64, most_operands = 4096, most_kept_floats = 16;
constexpr std::uint64_t most_elements = std::uint64_t{1} << 40;

class Reader {
  public:
    explicit Reader(const std::string& file) : file_(file) {}

    OnnxModel run(const onnx::ModelProto& proto) {
        if (!proto.has_graph()) fail("holds no graph");
        const auto& graph = proto.graph();
        if (static_cast<std::size_t>(graph.node_size()) > max_onnx_nodes)
            fail(fmt::format("has more than {} nodes", max_onnx_nodes));
        model_.name = printable(graph.name());
        for (const auto& set : proto.opset_import())
            if (set.domain().empty() || set.domain() == "ai.onnx") model_.opset = set.version();
        if (graph.sparse_initializer_size() > 0) fail("holds sparse tensors, which cannot be simulated");
        for (const auto& tensor : graph.initializer())
            model_.constants.insert_or_assign(
                tensor.name(), constant(tensor, fmt::format("tensor {}", in_quotes(tensor.name()))));
        for (const auto& input : graph.input())
            if (!model_.constants.contains(input.name())) model_.inputs.push_back(input_of(input));
        for (const auto& output : graph.output()) model_.outputs.push_back(output.name());
        for (const auto& node : graph.node()) model_.nodes.push_back(node_of(node));
        return std::move(model_);
    }

  private:
    [[noreturn]] void fail(std::string message) const {
        throw InputError(location_in(file_), "", std::move(message));
    }

    static bool floating(int type) {
        using T = onnx::TensorProto;
        return type == T::FLOAT || type == T::FLOAT16 || type == T::BFLOAT16 || type == T::DOUBLE;
    }

    OnnxConstant constant(const onnx::TensorProto& tensor, const std::string& what) const {
        OnnxConstant read;
        read.floating = floating(tensor.data_type());
        if (static_cast<std::size_t>(tensor.dims_size()) > max_onnx_rank)
            fail(fmt::format("{}: more than {} dimensions", what, max_onnx_rank));
        std::uint64_t elements = 1;
        for (const auto side : tensor.dims()) {
            if (side < 0) fail(fmt::format("{}: a side of {}", what, side));
            const auto size = static_cast<std::uint64_t>(side);
            if (size != 0 && elements > most_elements / size) fail(what + ": more than 2^40 values");
            elements *= size;
            read.dims.push_back(size);
        }
        if (elements <= (read.floating ? most_kept_floats : max_kept_values)) keep(tensor, elements, read);
        return read;
    }

    template <class T>
    static void raw(const std::string& bytes, std::uint64_t elements, std::vector<double>& values) {
        if (bytes.size() != elements * sizeof(T)) return;
        for (std::uint64_t i = 0; i < elements; ++i) {
            T value;
            std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
            values.push_back(static_cast<double>(value));
        }
    }
    template <class List>
    static void listed(const List& list, std::uint64_t elements, std::vector<double>& values) {
        if (static_cast<std::uint64_t>(list.size()) == elements)
            for (const auto value : list) values.push_back(static_cast<double>(value));
    }
    static double half(std::uint16_t code) {
        const int exponent = (code >> 10) & 31, fraction = code & 1023;
        const double size = exponent == 0    ? std::ldexp(fraction, -24)
                            : exponent == 31 ? std::numeric_limits<double>::infinity()
                                             : std::ldexp(1024 + fraction, exponent - 25);
        return code >> 15 != 0 ? -size : size;
    }

    // Values in whichever of the two places they are; where they do not fit the shape, none.
    static void keep(const onnx::TensorProto& tensor, std::uint64_t elements, OnnxConstant& into) {
        using T = onnx::TensorProto;
        std::vector<double> values;
        const std::string& bytes = tensor.raw_data();
        const bool is_raw = tensor.has_raw_data();
        switch (tensor.data_type()) {
            case T::FLOAT:
                is_raw ? raw<float>(bytes, elements, values) : listed(tensor.float_data(), elements, values);
                break;
            case T::DOUBLE:
                is_raw ? raw<double>(bytes, elements, values)
                       : listed(tensor.double_data(), elements, values);
                break;
            case T::FLOAT16:
                is_raw ? raw<std::uint16_t>(bytes, elements, values)
                       : listed(tensor.int32_data(), elements, values);
                for (double& value : values)
                    value = half(static_cast<std::uint16_t>(static_cast<std::int64_t>(value)));
                break;
            case T::INT64:
                is_raw ? raw<std::int64_t>(bytes, elements, values)
                       : listed(tensor.int64_data(), elements, values);
                break;
            case T::INT32:
                is_raw ? raw<std::int32_t>(bytes, elements, values)
                       : listed(tensor.int32_data(), elements, values);
                break;
            case T::BOOL:
            case T::UINT8:
                is_raw ? raw<std::uint8_t>(bytes, elements, values)
                       : listed(tensor.int32_data(), elements, values);
                break;
            default:
                return;
        }
        if (values.size() == elements) into.values = std::move(values);
    }

    OnnxInput input_of(const onnx::ValueInfoProto& info) const {
        OnnxInput input;
        input.name = info.name();
        const std::string what = fmt::format("input {}", in_quotes(input.name));
        if (!info.type().has_tensor_type()) fail(what + ": is no tensor");
        const auto& type = info.type().tensor_type();
        input.floating = floating(type.elem_type());
        if (!type.has_shape()) fail(what + ": has no shape");
        if (static_cast<std::size_t>(type.shape().dim_size()) > max_onnx_rank)
            fail(fmt::format("{}: more than {} dimensions", what, max_onnx_rank));
        for (const auto& side : type.shape().dim()) {
            const bool known = side.has_dim_value() && side.dim_value() >= 0;
            input.sides.push_back(known ? std::optional(static_cast<std::uint64_t>(side.dim_value()))
                                        : std::nullopt);
            input.names.push_back(known ? "" : side.dim_param());
        }
        return input;
    }

    OnnxNode node_of(const onnx::NodeProto& proto) const {
        OnnxNode node;
        node.kind = proto.op_type();
        node.name = !proto.name().empty() ? proto.name()
                    : proto.output_size() > 0 && !proto.output(0).empty()
                        ? proto.output(0)
                        : fmt::format("node{}", model_.nodes.size());
        const std::string what = fmt::format("node {} ({})", in_quotes(node.name), printable(node.kind));
        if (static_cast<std::size_t>(proto.input_size()) > most_operands ||
            static_cast<std::size_t>(proto.output_size()) > most_operands)
            fail(fmt::format("{}: more than {} operands", what, most_operands));
        if (static_cast<std::size_t>(proto.attribute_size()) > most_attributes)
            fail(fmt::format("{}: more than {} attributes", what, most_attributes));
        node.inputs.assign(proto.input().begin(), proto.input().end());
        node.outputs.assign(proto.output().begin(), proto.output().end());
        for (const auto& written : proto.attribute()) {
            OnnxAttribute attribute;
            if (static_cast<std::uint64_t>(written.ints_size()) > max_kept_values)
                fail(fmt::format("{}: attribute {} is too long", what, in_quotes(written.name())));
            attribute.integers.assign(written.ints().begin(), written.ints().end());
            if (written.has_i()) attribute.integers = {written.i()};
            if (written.has_f()) attribute.number = static_cast<double>(written.f());
            if (written.has_s()) attribute.text = printable(written.s());
            if (written.has_t())
                attribute.tensor = constant(written.t(), what + ": attribute " + in_quotes(written.name()));
            attribute.graph = written.has_g() || written.graphs_size() > 0;
            node.attributes.insert_or_assign(written.name(), std::move(attribute));
        }
        return node;
    }

    const std::string& file_;
    OnnxModel model_;
};

}  // namespace

bool has_onnx() {
    return true;
}

OnnxModel parse_onnx(std::span<const std::byte> bytes, const std::string& file) {
    const auto fail = [&](const char* message) { return InputError(location_in(file), "", message); };
    if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
        throw fail("is larger than 2 GiB, the limit of its format");
    google::protobuf::io::CodedInputStream stream(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                                  static_cast<int>(bytes.size()));
    onnx::ModelProto proto;
    if (!proto.ParsePartialFromCodedStream(&stream) || !stream.ConsumedEntireMessage())
        throw fail("is no ONNX file, or one that is cut off");
    return Reader(file).run(proto);
}

}  // namespace octet
