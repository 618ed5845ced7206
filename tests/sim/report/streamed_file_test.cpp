#include "sim/report/streamed_file.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "sim/report/files.h"

namespace octet {
namespace {

namespace fs = std::filesystem;

class Streamed : public testing::Test {
  protected:
    Streamed() { fs::create_directories(root); }
    ~Streamed() override { fs::remove_all(root); }
    std::size_t count() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(root), fs::directory_iterator()));
    }
    const fs::path root = fs::temp_directory_path() / ("octet-streamed-" + std::to_string(getpid()));
};

TEST_F(Streamed, IsThereUnderItsNameOnlyWhenItIsKept) {
    const std::string line(1000, 'x');
    {
        StreamedFile file(root / "a");
        for (int i = 0; i < 5000; ++i) file.write(line);
        EXPECT_FALSE(fs::exists(root / "a"));
        EXPECT_EQ(count(), 1u) << "under another name meanwhile";
        file.keep();
    }
    EXPECT_EQ(fs::file_size(root / "a"), 5'000'000u);
    EXPECT_EQ(count(), 1u);
}

TEST_F(Streamed, LeavesNothingBehindAndTheOldFileAloneIfItIsNotKept) {
    std::ofstream(root / "a") << "old";
    { StreamedFile(root / "a").write("new"); }
    std::ostringstream text;
    text << std::ifstream(root / "a").rdbuf();
    EXPECT_EQ(text.str(), "old");
    EXPECT_EQ(count(), 1u);
}

TEST_F(Streamed, TellsAtTheEndThatTheDiskWasFull) {
    StreamedFile file("/dev/full");
    file.write("x");
    EXPECT_THROW(
        {
            try {
                file.keep();
            } catch (const OutputError& error) {
                EXPECT_THAT(error.what(), testing::HasSubstr("cannot write /dev/full: No space left"));
                throw;
            }
        },
        OutputError);
    EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

}  // namespace
}  // namespace octet
