// Checkpoints that tests write.
#pragma once
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace octet::test {

using Shapes = std::vector<std::pair<std::string, std::vector<std::uint64_t>>>;

// Value i of tensor t is 1000 t + i (below 2^24, so a float holds it).
inline std::string safetensors(const Shapes& shapes, std::uint64_t first_tensor = 0) {
    std::string header = "{";
    std::vector<float> values;
    for (std::size_t t = 0; t < shapes.size(); ++t) {
        const auto& [name, shape] = shapes[t];
        std::uint64_t count = 1;
        std::string sides;
        for (const std::uint64_t side : shape) {
            count *= side;
            sides += fmt::format("{}{}", sides.empty() ? "" : ",", side);
        }
        header += fmt::format("{}\"{}\":{{\"dtype\":\"F32\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                              t == 0 ? "" : ",", name, sides, 4 * values.size(), 4 * (values.size() + count));
        for (std::uint64_t i = 0; i < count; ++i)
            values.push_back(static_cast<float>(1000 * (first_tensor + t) + i));
    }
    header += "}";
    std::string text(8, '\0');
    const std::uint64_t size = header.size();
    std::memcpy(text.data(), &size, 8);
    return text + header + std::string(reinterpret_cast<const char*>(values.data()), 4 * values.size());
}

class CheckpointFolder {
  public:
    CheckpointFolder() { std::filesystem::create_directories(path_); }
    ~CheckpointFolder() { std::filesystem::remove_all(path_); }
    std::string path() const { return path_.string(); }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path_ / name, std::ios::binary) << text;
        return (path_ / name).string();
    }

  private:
    std::filesystem::path path_ =
        std::filesystem::temp_directory_path() / ("octet-checkpoint-" + std::to_string(::getpid()));
};

}  // namespace octet::test
