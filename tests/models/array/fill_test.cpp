#include "tests/models/accelerator/machines.h"

namespace octet::testing {
namespace {

// One fill of `vectors` vectors of `width` bytes in one slab; its first beat can be granted in cycle 1.
Case fill_of(std::uint32_t vectors, std::uint32_t width, int banks = 16, int word_bits = 128) {
    Case c{ample_machine(4, 4), Program(2)};
    c.config.sram.banks = banks;
    c.config.sram.width_bits = word_bits;
    c.config.sram.ports = 1;
    c.config.sram.latency = 2;
    c.program.fill(Engine::input_fill, 0, 1, vectors, width);
    return c;
}

Cycle end(const MachineReport& r, OperationId operation = 0) {
    return r.operations[operation].end;
}
Cycle sram_busy(const MachineReport& r) {
    return r.units[static_cast<std::size_t>(Unit::sram)].busy;
}

TEST(Fill, TakesTwoVectorsACycle) {
    std::deque<Case> cases;
    for (const std::uint32_t vectors : {1U, 2U, 100U, 101U}) cases.push_back(fill_of(vectors, 16));
    const auto r = run_all(cases);
    // Granted in cycle 1, there in 3, in the buffer one later.
    EXPECT_EQ(end(r[0]), 4u);
    EXPECT_EQ(end(r[1]), 4u);
    EXPECT_EQ(end(r[2]), 4u + 49);
    EXPECT_EQ(end(r[3]), 4u + 50);
}

TEST(Fill, TakesOneVectorWhereTwoAreMoreThanHalfOfWhatTheSramCanGive) {
    std::deque<Case> cases;
    for (const int banks : {4, 3, 1}) cases.push_back(fill_of(100, 16, banks));
    cases.push_back(fill_of(100, 16, 1, 32));  // four words, one after another
    const auto r = run_all(cases);
    EXPECT_EQ(end(r[0]), 4u + 49);
    EXPECT_EQ(end(r[1]), 4u + 99);
    EXPECT_EQ(end(r[2]), 4u + 99);
    EXPECT_EQ(end(r[3]), 4u + 399);
}

TEST(Fill, ReadsAWordOnceForAllVectorsInIt) {
    std::deque<Case> cases;
    for (const std::uint32_t width : {1U, 2U, 4U, 8U}) cases.push_back(fill_of(64, width));
    const auto r = run_all(cases);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(sram_busy(r[i]), 64u * (std::size_t{1} << i) / 16) << i;
        EXPECT_EQ(end(r[i]), 4u + 31) << "still two vectors a cycle into the buffer";
    }
}

TEST(Fill, CutsASlabEvenlySoThatItsEndIsNoLoss) {
    std::deque<Case> cases;
    // Slabs that do not follow one another in SRAM: 17 vectors of a byte, 16 of which a word could hold.
    Case c = fill_of(1, 1);
    FillCommand f;
    f.sram = {0, 10, 17, 17, 64, 0};
    f.slabs = 10;
    f.vectors = f.vectors_last = 17;
    f.values = 170;
    c.program.commands()[0].body = f;
    cases.push_back(std::move(c));
    const auto r = run_all(cases);
    // Nine and eight vectors: five cycles each. The last four pairs of cycles take the last eight.
    EXPECT_EQ(end(r[0]), 4u + 19 * 5 + 3);
}

TEST(Fill, LetsAWordWaitForItsBankAloneAndTheVectorForItsWords) {
    std::deque<Case> cases;
    for (const bool crossing : {false, true}) {
        Case c{ample_machine(4, 64), Program(2)};
        c.config.sram.banks = 64;
        c.config.sram.ports = 1;
        // A slow stream, little more than a word a cycle, and a wide one that overtakes it again and again.
        if (crossing) c.program.fill(Engine::input_fill, 0, 1, 4000, 10, {}, 1);
        c.program.fill(Engine::weight_fill, 1 << 20, 1, 400, 53);
        cases.push_back(std::move(c));
    }
    const auto r = run_all(cases);
    const auto length = [&](std::size_t i) { return end(r[i]) - r[i].operations[0].start; };
    EXPECT_EQ(length(0), 200u + 2);
    EXPECT_GT(length(1), length(0));
    EXPECT_LE(length(1), length(0) + 20) << "a word that waits does not stop the others";
}

}  // namespace
}  // namespace octet::testing
