// Matrices of numbers in .npy files, for tests of octet op.
#pragma once
#include <random>

#include "sim/tensors/tensor_file.h"
#include "tests/system/octet.h"

namespace octet::test {

inline const std::string edge16 = std::string(OCTET_SOURCE_DIR) + "/configs/accelerators/edge16-posit8.yaml";

inline std::vector<float> normal(std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> number;
    std::vector<float> values(count);
    for (float& x : values) x = number(random);
    return values;
}

inline std::string file(const Folder& folder, const std::string& name, std::vector<std::uint64_t> shape,
                        const std::vector<float>& values) {
    return folder.write(name, npy_text(Dtype::f32, shape, std::as_bytes(std::span(values))));
}

inline std::vector<double> read(const std::filesystem::path& path) {
    return NpyFile(path.string()).tensor().numbers();
}

}  // namespace octet::test
