// Tensors in files: .npy (one) and .safetensors (many by name).
//
// Files are mapped, and nothing is read beyond what their headers and sizes allow. Every malformed file is an
// InputError `path: what was seen, what is allowed`, with the byte where that helps.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sim/config/diagnostics.h"
#include "sim/tensors/mapped_file.h"

namespace octet {

enum class Dtype : std::uint8_t { f64, f32, f16, bf16, i64, i32, i16, i8, u64, u32, u16, u8, boolean };
std::size_t size_of(Dtype dtype);
std::string_view name(Dtype dtype);
inline bool is_float(Dtype d) {
    return d <= Dtype::bf16;
}

// Lies in its file, row by row; little-endian.
struct StoredTensor {
    Dtype dtype = Dtype::f32;
    std::vector<std::uint64_t> shape;  // at most 8 dimensions, at most 2^40 values
    std::span<const std::byte> bytes;
    std::uint64_t elements() const;
    double at(std::uint64_t i) const;
    std::vector<double> numbers() const;
};
std::string shape_text(std::span<const std::uint64_t> shape);  // "3 x 4"; "a number"

InputError file_error(const std::string& path, const std::string& message);

class NpyFile {
  public:
    explicit NpyFile(const std::string& path);
    const StoredTensor& tensor() const { return tensor_; }
    const std::string& path() const { return file_.path(); }

  private:
    MappedFile file_;
    StoredTensor tensor_;
};

class SafetensorsFile {
  public:
    explicit SafetensorsFile(const std::string& path);
    const std::map<std::string, StoredTensor>& tensors() const { return tensors_; }
    const std::string& path() const { return file_.path(); }

  private:
    MappedFile file_;
    std::map<std::string, StoredTensor> tensors_;
};

// The bytes of a .npy file of version 1.0.
std::string npy_text(Dtype dtype, std::span<const std::uint64_t> shape, std::span<const std::byte> values);

}  // namespace octet
