#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "sim/config/diagnostics.h"
#include "sim/tensors/tensor_file.h"
#include "sim/workload/import/onnx.h"
#include "tests/fuzz/targets.h"

namespace octet::fuzz {
namespace {

// A file without a place on disk.
class Memory {
  public:
    Memory(const std::uint8_t* data, std::size_t size) : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)) {
        if (descriptor_ < 0) std::abort();
        for (std::size_t done = 0; done < size;) {
            const ssize_t wrote = write(descriptor_, data + done, size - done);
            if (wrote <= 0) std::abort();
            done += static_cast<std::size_t>(wrote);
        }
    }
    ~Memory() { close(descriptor_); }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

  private:
    int descriptor_;
};

// All that may be asked of a tensor, of large ones a part.
void look_at(const StoredTensor& tensor) {
    const std::uint64_t count = tensor.elements();
    if (count * size_of(tensor.dtype) != tensor.bytes.size()) std::abort();
    for (std::uint64_t i = 0; i < count; i += 1 + count / 1000) static_cast<void>(tensor.at(i));
    if (count > 0) static_cast<void>(tensor.at(count - 1));
}

}  // namespace

void onnx(const std::uint8_t* data, std::size_t size) {
    for (const bool approximate : {false, true}) {
        try {
            const OnnxOptions options{.name = "fuzz", .dims = {}, .approximate = approximate};
            OnnxModel model = parse_onnx({reinterpret_cast<const std::byte*>(data), size}, "fuzz.onnx");
            for (auto& input : model.inputs)
                for (auto& side : input.sides)
                    if (!side) side = 4;
            const OnnxImport import = import_onnx(std::move(model), options, "fuzz.onnx");
            if (!faults(import.graph).empty()) std::abort();
        } catch (const InputError& error) {
            if (error.diagnostics().empty()) std::abort();
        }
    }
}

void safetensors(const std::uint8_t* data, std::size_t size) {
    const Memory memory(data, size);
    try {
        const SafetensorsFile file(memory.path());
        for (const auto& [name, tensor] : file.tensors()) look_at(tensor);
    } catch (const InputError& error) {
        if (error.diagnostics().empty()) std::abort();
    }
}

void npy(const std::uint8_t* data, std::size_t size) {
    const Memory memory(data, size);
    try {
        look_at(NpyFile(memory.path()).tensor());
    } catch (const InputError& error) {
        if (error.diagnostics().empty()) std::abort();
    }
}

}  // namespace octet::fuzz
