#include <gtest/gtest.h>

#include "sim/workload/description.h"
#include "tests/sim/lower/hazards.h"

namespace octet {
namespace {

// The heads of a context share a matrix, which may have to leave the SRAM between two of them.
TEST(Eviction, OfAResultThatIsNotFinishedStoresOnlyWhatIsThere) {
    TransformerDescription d;
    d.name = "small";
    d.layers = 2;
    d.heads = 3;
    d.hidden = 21;
    d.ffn = 150;
    d.vocabulary = d.positions = 64;
    d.token_types = 2;
    d.norm = OperationKind::nonorm;
    d.norm_place = NormPlace::pre;
    PhaseConfig phase;
    phase.batch = 2;
    phase.sequence = 19;
    AcceleratorConfig config;
    config.array.rows = 8;
    config.array.dataflow = Dataflow::input_stationary;
    config.buffers.input_depth = 132;
    config.buffers.weight_depth = 32;
    config.buffers.accumulation_depth = 48;
    config.sram.capacity_kib = 4;
    config.sram.width_bits = 256;
    config.pe.storage = "nf4";
    config.fusion = FusionLevel::scaling;
    config.dram = IdealDramConfig{};
    test::expect_sound(expand(d, phase), config, "4 KiB");
}

}  // namespace
}  // namespace octet
