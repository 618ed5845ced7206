// Typed experiments and accelerators.
#include "sim/config/experiment.h"

#include <gtest/gtest.h>

#include "sim/config/experiment_keys.h"
#include "sim/config/json_writer.h"
#include "tests/sim/config/messages.h"
#include "tests/support/program.h"

namespace octet {
namespace {

using test::errors_of;
using test::scratch_file;
using testing::HasSubstr;

const std::string configs = OCTET_SOURCE_DIR "/configs/";
const std::string reference = configs + "experiments/bert-base-edge16-posit8.yaml";

ExperimentConfig load(const std::vector<std::string>& settings, const std::string& path = reference) {
    std::vector<Setting> parsed;
    for (const auto& text : settings) parsed.push_back(parse_setting(text));
    return load_experiment(path, parsed);
}

TEST(Experiment, OfTheReferenceMachineHasTheKeysOfItsFiles) {
    const ExperimentConfig e = load({});
    EXPECT_EQ(e.accelerator.name, "edge16-posit8");
    EXPECT_EQ(e.accelerator.array.rows, 16);
    EXPECT_EQ(e.accelerator.vector.drain_depth, 40);
    EXPECT_EQ(std::get<IdealDramConfig>(e.accelerator.dram).bytes_per_cycle, 32);
    EXPECT_EQ(e.phase.kind, PhaseKind::encode);
    EXPECT_EQ(e.phase.sequence, 384U);
    EXPECT_EQ(kind_of(e.workload()), "workload");
    EXPECT_EQ(kind_of(e.costs()), "costs");
}

TEST(Preset, FillsItsColumnsWhereNothingElseIsWritten) {
    const AcceleratorConfig a = load({"pe.preset=int8"}).accelerator;
    EXPECT_EQ(a.pe.storage, "int8");
    EXPECT_EQ(a.pe.operand, "int8");
    EXPECT_EQ(a.pe.accumulator, "int24");
    EXPECT_EQ(a.buffers.accumulation_format, "int32");
    EXPECT_EQ(a.vector.format, "bf16");
    EXPECT_EQ(a.softmax.unit, SoftmaxUnitKind::exact);
}

TEST(Preset, YieldsToKeysBesideItAndAfterItButNotBeforeIt) {
    EXPECT_EQ(load({"pe.accumulator=fp32", "pe.preset=int8"}).accelerator.pe.accumulator, "int24");
    EXPECT_EQ(load({"pe.preset=int8", "pe.accumulator=int32"}).accelerator.pe.accumulator, "int32");
    EXPECT_EQ(load({"pe={preset: int8, accumulator: int32}"}).accelerator.pe.accumulator, "int32");
}

TEST(Preset, LeavesAValueThatIsNotAuto) {
    const AcceleratorConfig a = load({"vector.format=fp32", "softmax.unit=ibert",
                                      "buffers.accumulation.format=int24", "pe.preset=int8"})
                                    .accelerator;
    EXPECT_EQ(a.vector.format, "fp32");
    EXPECT_EQ(a.softmax.unit, SoftmaxUnitKind::ibert);
    EXPECT_EQ(a.buffers.accumulation_format, "int24");
}

TEST(Preset, OfEveryRowResolvesToFormatsThatExist) {
    for (const auto& preset : presets()) {
        const AcceleratorConfig a =
            load({"array.rows=32", "pe.preset=" + std::string(preset.name)}).accelerator;
        for (const auto& format :
             {a.pe.storage, a.pe.operand, a.pe.accumulator, a.buffers.accumulation_format, a.vector.format})
            EXPECT_TRUE(format == "fixed" || find_format(format) != nullptr) << preset.name << ": " << format;
    }
}

TEST(VectorFormat, IsOneThatTheUnitCanRoundTo) {
    for (const char* format : {"bf16", "fp16", "dlfloat16", "fp32"})
        EXPECT_EQ(load({std::string("vector.format=") + format}).accelerator.vector.format, format);
    for (const char* format : {"tf32", "int32", "posit8_1"})
        EXPECT_THAT(errors_of([&] { load({std::string("vector.format=") + format}); }),
                    HasSubstr(std::string("--set vector.format=") + format + ": vector.format: "));
}

TEST(Buffers, MayBeUnlimited) {
    EXPECT_EQ(load({"buffers.input.depth=unlimited"}).accelerator.buffers.input_depth, unlimited_depth);
}

TEST(Phase, TakesTheKeysOfItsKind) {
    const PhaseConfig p = load({"phase={kind: decode, context: 7, tokens: 3}"}).phase;
    EXPECT_EQ(p.kind, PhaseKind::decode);
    EXPECT_EQ(p.context, 7U);
    EXPECT_EQ(p.batch, 1U);
    EXPECT_EQ(errors_of([] { load({"phase.tokens=3"}); }),
              "--set phase.tokens=3: phase.tokens: only with kind decode");
}

TEST(Paths, AreRelativeToTheFileThatNamesThemAndSettingsToTheWorkingDirectory) {
    const std::string machine =
        scratch_file("machines/own.yaml", "kind: accelerator\nextends: base.yaml\nname: own\n");
    scratch_file(
        "machines/base.yaml",
        "kind: accelerator\narray: {rows: 4, cols: 4}\npe: {preset: int8}\ndram: ../parts/ideal.yaml\n");
    scratch_file("parts/ideal.yaml", "kind: dram\n");
    EXPECT_THAT(errors_of([&] { load({"accelerator=" + machine}); }),
                HasSubstr("/parts/ideal.yaml:1:1: dram.standard: missing key"));
    EXPECT_THAT(
        errors_of([] { load({"accelerator=machines/own.yaml"}); }),
        HasSubstr("--set accelerator=machines/own.yaml: accelerator: there is no file 'machines/own.yaml'"));
}

TEST(DramFile, FillsTimingsThatStandForOthers) {
    const std::string part =
        scratch_file("part.yaml",
                     "kind: dram\nstandard: X\ndevice_width: 16\ntck_ns: 1\n"
                     "organization: {bank_groups: 1, banks: 8, rows: 64, columns: 64, burst_length: 16}\n"
                     "timing: {RL: 28, WL: 14, tRCD: 29, tRP: 27, tRAS: 68, tRC: 97, tRRD_S: 16, tFAW: 64, "
                     "tWR: 29, tRTP: 12, tWTR_S: 15, tCCD_S: 8, tREFI: 6246, tRFC: 448}\n");
    const auto dram =
        std::get<DramDeviceConfig>(load({"dram=" + part, "dram.timing.tRCD=20"}).accelerator.dram);
    EXPECT_EQ(dram.timing.at("tRCD"), 20);
    EXPECT_EQ(dram.timing.at("tRCDRD"), 20);
    EXPECT_EQ(dram.timing.at("tRPab"), 27);
    EXPECT_EQ(dram.timing.at("tWTR_L"), 15);
    EXPECT_FALSE(dram.timing.contains("tRFCpb"));
}

TEST(DramFile, RefusesPartsThatCannotWork) {
    const std::string part = OCTET_SOURCE_DIR "/configs/dram/lpddr4-3200.yaml";
    const struct {
        const char *key, *value, *error;
    } cases[] = {
        {"timing.tREFI", "545", "timing.tREFI: refreshes leave no time for anything else"},
        {"organization.columns", "1000", "organization.columns: expected a multiple of burst_length"},
        {"organization.ranks", "9", "organization.banks: a channel has at most 64 banks"},
        {"device_width", "1", ""},
        {"timing.tREFI", "546", ""},
        {"timing.tREFI", "0", ""},
    };
    for (const auto& c : cases) {
        const auto load_part = [&] { load_dram(part, {{c.key, c.value, "--set"}}); };
        if (*c.error == 0)
            EXPECT_NO_THROW(load_part()) << c.key;
        else
            EXPECT_THAT(errors_of(load_part), HasSubstr(c.error));
    }
    EXPECT_THAT(errors_of([&] {
                    load_dram(part, {{"device_width", "3", "a"}, {"organization.burst_length", "4", "b"}});
                }),
                HasSubstr("device_width: a burst has to be whole bytes"));
}

TEST(Experiment, ReportsErrorsOfAllItsLayersAtOnce) {
    const std::string path = scratch_file(
        "bad.yaml", "kind: experiment\nextends: " + reference + "\nvalues: exakt\nphase: {batch: 0}\n");
    const std::string errors = errors_of([&] { load({"array.fromat=1", "--fusion"}, path); });
    EXPECT_THAT(errors, HasSubstr("expected KEY=VALUE"));
    const std::string all = errors_of([&] { load({"array.fromat=1", "sram.ports=x"}, path); });
    EXPECT_THAT(
        all, HasSubstr("/bad.yaml:3:9: values: expected none or exact, got 'exakt', did you mean 'exact'?"));
    EXPECT_THAT(all, HasSubstr("/bad.yaml:4:16: phase.batch: expected an integer from 1 to 65536, got '0'"));
    EXPECT_THAT(all, HasSubstr("--set array.fromat=1: array.fromat: unknown key"));
    EXPECT_THAT(all, HasSubstr("--set sram.ports=x: sram.ports: expected an integer"));
}

TEST(Experiment, ReportsFilesItCannotReadBesideItsOtherErrors) {
    const std::string path = scratch_file(
        "files.yaml", "kind: experiment\naccelerator: nowhere.yaml\nworkload: [a]\ncosts: " + configs +
                          "costs/unit.yaml\nphase: {kind: encode}\nvaules: none\n");
    EXPECT_EQ(errors_of([&] { load({}, path); }),
              path + ":2:14: accelerator: there is no file 'nowhere.yaml'\n" + path +
                  ":3:11: workload: expected the path of a file, got a list\n" + path +
                  ":5:8: phase.sequence: missing key, expected an integer from 1 to 1048576\n" + path +
                  ":6:1: vaules: unknown key, did you mean 'values'?");
}

TEST(Experiment, SaysWhereItAsksForWhatCannotBeSimulated) {
    const auto unsupported = [](const std::vector<std::string>& settings) {
        Diagnostics diagnostics;
        check_supported(load(settings), diagnostics);
        return diagnostics.text();
    };
    EXPECT_EQ(unsupported({}), "");
    EXPECT_EQ(unsupported({"array.dataflow=output_stationary"}), "");
    EXPECT_EQ(unsupported({"fidelity=register", "array.dataflow=input_stationary"}), "");
    EXPECT_EQ(unsupported({"values=exact"}), "");
    EXPECT_EQ(unsupported({"values=exact", "pe.preset=mxint8"}), "");
    EXPECT_EQ(unsupported({"pe.storage=nf4"}),
              "--set pe.storage=nf4: pe.storage: nf4, a format of weights, for all tensors cannot be "
              "simulated by this version");
    EXPECT_EQ(unsupported({"values=exact", "inputs={labels: x.npy}"}), "");
    EXPECT_EQ(unsupported({"phase={kind: decode, context: 7}"}), "");
    EXPECT_EQ(unsupported({"phase={kind: prefill, sequence: 7}"}), "");
    EXPECT_EQ(unsupported({"phase={kind: train, sequence: 7}"}), "");
    EXPECT_EQ(unsupported({"phase={kind: finetune_lora, sequence: 7, targets: [all], optimizer: momentum}"}),
              "");
}

TEST(Formats, ByUseAreRefusedWhereTheMachineCannotHoldThem) {
    const auto errors = [](const std::vector<std::string>& settings) {
        return errors_of([&] { load(settings); });
    };
    EXPECT_EQ(load({"formats.kv_cache=e4m3"}).accelerator.formats[FormatUse::kv_cache], "e4m3");
    EXPECT_EQ(load({"formats.kv_cache=e4m3"}).accelerator.formats[FormatUse::forward], "");
    EXPECT_THAT(
        errors({"formats.kv_cache=mxfp8_e4m3"}),
        HasSubstr("formats.kv_cache: mxfp8_e4m3 and posit8_1_ftz: formats with scales for blocks stand"));
    EXPECT_THAT(errors({"formats.dgrad=int32"}), HasSubstr("formats.dgrad: int32 is no format in memory"));
    EXPECT_EQ(errors({"pe.preset=int8_zp", "formats.weights=int8"}), "");
    EXPECT_THAT(errors({"pe.preset=int8_zp", "pe.operand=int8"}),
                HasSubstr("pe.operand: int8 does not hold all numbers of int8_zp"));
    EXPECT_THAT(errors({"pe.preset=int8_zp", "pe.operand=int8_zp"}),
                HasSubstr("pe.operand: multipliers take no zero points, and int8_zp has one"));
    EXPECT_THAT(errors({"pe.preset=int8", "formats.kv_cache=int8_zp"}),
                HasSubstr("formats.kv_cache: pe.operand int8 does not hold all numbers of int8_zp"));
    EXPECT_THAT(errors({"pe.preset=bf16", "formats.quantized=int8_zp"}),
                HasSubstr("formats.quantized: multipliers take no zero points, and int8_zp has one"));
    EXPECT_THAT(errors({"pe.preset=int8", "formats.kv_cache=e4m3"}),
                HasSubstr("formats.kv_cache: int24 adds up products of int8 and int4, not of e4m3"));
    EXPECT_THAT(errors({"formats={forward: e4m3, kv_cache: e5m2, dgrad: bf16, update: fp32}"}),
                HasSubstr("formats: 5 formats in memory; a machine has 4 at most"));
    EXPECT_THAT(errors({"formats.kv_cach=e4m3"}), HasSubstr("did you mean 'kv_cache'?"));
}

TEST(Phase, RoundsAnAxpyOnceOnlyWhereTheVectorUnitHoldsTheResult) {
    const std::string phase =
        "phase={kind: train, sequence: 7, optimizer: momentum, axpy_rounding: stochastic}";
    const auto errors = [&](std::vector<std::string> settings) {
        settings.push_back(phase);
        return errors_of([&] { load(settings); });
    };
    EXPECT_EQ(errors({}), "");
    EXPECT_EQ(errors({"vector.format=fp32", "formats.update=dlfloat16"}), "");
    EXPECT_THAT(errors({"formats.update=fp32"}), HasSubstr("phase.axpy_rounding: weights lie in fp32, which "
                                                           "bf16, the vector format, does not hold"));
    EXPECT_THAT(
        errors({"formats.update=e4m3"}),
        HasSubstr("phase.axpy_rounding: weights lie in e4m3; an axpy is rounded to fp32, bf16, fp16"));
    EXPECT_THAT(errors_of([&] {
                    load({"phase={kind: train, sequence: 7, optimizer: adamw, axpy_rounding: stochastic}"});
                }),
                HasSubstr("axpy_rounding: only with optimizer sgd or momentum"));
    EXPECT_THAT(errors_of([&] { load({"phase={kind: train, sequence: 7, clip_norm: -1}"}); }),
                HasSubstr("phase.clip_norm: expected a number from 0 to 10000, got '-1'"));
}

TEST(Phase, NeedsAHostForPagedStatesAndFormatsForWideOperands) {
    const auto errors = [](std::vector<std::string> settings) { return errors_of([&] { load(settings); }); };
    const std::string paged = "phase={kind: train, sequence: 7, paged_states: true}";
    EXPECT_THAT(errors({paged}), HasSubstr("phase.paged_states: the accelerator has no link to a host: host "
                                           "{bytes_per_cycle, latency}"));
    EXPECT_EQ(errors({paged, "accelerator.host={bytes_per_cycle: 8, latency: 200}"}), "");
    EXPECT_EQ(load({"accelerator.host={bytes_per_cycle: 8, latency: 200}"}).accelerator.host->latency, 200);
    const std::string wide = "phase={kind: train, sequence: 7, wide_wgrad: true}";
    EXPECT_THAT(errors({wide}),
                HasSubstr("phase.wide_wgrad: formats.wgrad_operands does not say what they are"));
    EXPECT_THAT(errors({wide, "formats.wgrad_operands=bf16"}),
                HasSubstr("phase.wide_wgrad: pe.operand e5m4 does not hold numbers of bf16"));
    EXPECT_EQ(errors({wide, "formats.wgrad_operands=bf16", "pe={preset: bf16, storage: e4m3}"}), "");
}

TEST(Formats, OfStatesMayHaveBlocksAndCodebooksThatOthersMayNot) {
    const auto errors = [](const std::vector<std::string>& settings) {
        return errors_of([&] { load(settings); });
    };
    EXPECT_EQ(errors({"formats={moment: dynamic8, second_moment: dynamic8_unsigned}"}), "");
    EXPECT_EQ(errors({"pe.preset=int8", "formats.moment=dynamic8"}), "");
    EXPECT_THAT(
        errors({"formats={moment: dynamic8, kv_cache: dynamic8}"}),
        HasSubstr("formats.kv_cache: dynamic8 and posit8_1_ftz: formats with scales for blocks stand"));
    EXPECT_THAT(errors({"pe.preset=mxint8", "formats.moment=e5m2"}),
                HasSubstr("formats.moment: e5m2 beside mxint8: its blocks stand alone"));
}

TEST(Formats, OfTheNarrowPartOfASplitMayHaveScalesOfLines) {
    const auto errors = [](std::vector<std::string> settings) {
        settings.insert(settings.begin(), "pe.preset=bf16");
        return errors_of([&] { load(settings); });
    };
    EXPECT_EQ(errors({"formats.quantized=int8_vector"}), "");
    EXPECT_THAT(
        errors({"formats.weights=int8_vector"}),
        HasSubstr("formats.weights: the scales of int8_vector are factors of sums, for formats.quantized"));
    EXPECT_THAT(
        errors({"formats.kv_cache=int8_vector"}),
        HasSubstr("formats.kv_cache: int8_vector and bf16: formats with scales for blocks stand alone"));
    EXPECT_THAT(errors({"pe.preset=int8", "formats.quantized=int8_vector"}),
                HasSubstr("formats.quantized: int24 adds up products of int8 and int4, not of int8_vector"));
    EXPECT_THAT(
        errors({"pe.preset=mxint8", "formats.quantized=int8_vector"}),
        HasSubstr("formats.quantized: int8_vector and mxint8: formats with scales for blocks stand alone"));
    EXPECT_THAT(errors({"pe.preset=e4m3", "formats.quantized=int8_vector"}),
                HasSubstr("formats.quantized: pe.operand e4m3 does not hold all numbers of int8_vector"));
}

TEST(Accelerator, PrintsItsResolvedKeysAndReadsThemAgain) {
    const AcceleratorConfig a = load({"buffers.weight.depth=unlimited"}).accelerator;
    const nlohmann::json json = write_json(a);
    EXPECT_EQ(json["pe"]["accumulator"], "bf16");
    EXPECT_EQ(json["softmax"]["unit"], "posit_approximate");
    EXPECT_EQ(json["buffers"]["weight"]["depth"], "unlimited");
    EXPECT_EQ(json["dram"]["kind"], "ideal");
    nlohmann::json file = json;
    file["kind"] = "accelerator";
    EXPECT_EQ(write_json(load_accelerator(scratch_file("again.yaml", file.dump()))), json);
}

}  // namespace
}  // namespace octet
