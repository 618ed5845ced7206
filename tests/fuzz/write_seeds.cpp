// write_seeds TARGET SOURCE FOLDER: the inputs that a target starts from, as files.
#include <filesystem>
#include <fstream>

#include "tests/fuzz/seeds.h"

int main(int count, char** arguments) {
    if (count != 4) return 2;
    std::filesystem::create_directories(arguments[3]);
    int i = 0;
    for (const auto& bytes : octet::fuzz::seeds(arguments[1], arguments[2]))
        std::ofstream(std::filesystem::path(arguments[3]) / std::to_string(i++), std::ios::binary) << bytes;
    return i == 0;
}
