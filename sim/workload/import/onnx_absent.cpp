// A build without protobuf and ONNX.
#include "sim/config/diagnostics.h"
#include "sim/workload/import/onnx_model.h"

namespace octet {

bool has_onnx() {
    return false;
}

OnnxModel parse_onnx(std::span<const std::byte>, const std::string& file) {
    throw InputError(
        location_in(file), "",
        "this build cannot read ONNX files; install protobuf and ONNX (scripts/packages) and build again");
}

}  // namespace octet
