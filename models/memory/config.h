#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <variant>

namespace octet {

constexpr std::uint64_t unlimited_depth = ~std::uint64_t{0};

// Depths count vectors: R storage values (input), C storage values (weight), C accumulator values (accumulation).
struct BufferConfig {
    std::uint64_t input_depth = 1024;
    bool input_double = true;
    std::uint64_t weight_depth = 1024;
    bool weight_double = true;
    std::uint64_t accumulation_depth = 1024;
    bool accumulation_double = false;
    std::string accumulation_format = "bf16";
};

struct DmaConfig {
    int burst_bytes = 64;
    int outstanding = 16;  // bursts in flight, each direction
};

struct SramConfig {
    std::uint64_t capacity_kib = 2048;
    int banks = 16;
    int width_bits = 128;
    int ports = 1;    // read-or-write ports of each bank
    int latency = 2;  // cycles from the grant of a read to its data
};

struct IdealDramConfig {
    double bytes_per_cycle = 32;
    int latency = 40;  // core cycles from a request to its first byte
};

// A part with banks, from a file of kind `dram`. Timings in tCK, by their names in the data sheets.
struct DramDeviceConfig {
    std::string standard;
    int channels = 1;
    int device_width = 16;
    double tck_ns = 0.625;
    int ranks = 1, bank_groups = 1, banks = 8;  // banks of one group
    std::uint64_t rows = 65536, columns = 1024;
    int burst_length = 16;
    std::map<std::string, int> timing;
    int read_queue = 32, write_buffer = 32, bank_queue = 8;
    bool open_page = true;
    int row_hit_cap = 4;
    std::string mapping = "row|rank|bankgroup|bank|column";  // most significant first
};

using DramConfig = std::variant<IdealDramConfig, DramDeviceConfig>;

}  // namespace octet
