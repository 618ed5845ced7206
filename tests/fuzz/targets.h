// What reads files that users or other programs wrote, one function a format. Each takes any bytes: it reads
// them, or refuses them with an InputError, and lets nothing else out.
#pragma once
#include <cstddef>
#include <cstdint>

namespace octet::fuzz {

void yaml(const std::uint8_t* data, std::size_t size);
void csv(const std::uint8_t* data, std::size_t size);
void json(const std::uint8_t* data, std::size_t size);  // a Hugging Face config.json
void onnx(const std::uint8_t* data, std::size_t size);
void safetensors(const std::uint8_t* data, std::size_t size);
void npy(const std::uint8_t* data, std::size_t size);

}  // namespace octet::fuzz
