# SPDX-License-Identifier: Apache-2.0
"""What tools/mutate.py tries: the parts of the tree, and for every folder the tests of the suite that see it, the likeliest
and cheapest first. `e2e mutate tables` holds them against the tree."""

# Four parts; `compiler` is what the driver drives.
DRIVER = ["compiler/driver", "compiler/cli", "compiler/lib", "compiler/report"]
PARTS = {"compiler": ["compiler", "hw"], "driver": DRIVER, "runtime": ["runtime"], "rtl": ["rtl"]}

# Tests of the suite that see a folder, after those that bear its name.
END = ["lib", "e2e digits_mlp one", "e2e jit digits_mlp", "e2e digits_cnn tiny"]
COMMANDS = ["lib", "e2e figures digits_mlp", "e2e usage", "e2e json", "e2e config", "e2e outputs", "e2e messages",
            "e2e codes", "e2e faults", "e2e meanings", "e2e check verdicts", "e2e determinism", "e2e hostile folders",
            "e2e verdicts", "e2e figures digits_cnn", "e2e sample files", "e2e files", "e2e exact digits_mlp",
            "e2e library", "e2e emit digits_mlp native", "e2e diff", "e2e fit", "e2e synth", "e2e asic", "e2e weights only", "e2e starved",
            "e2e progress", "e2e planted rtl", "e2e budgets", "e2e caches", "e2e agreement", "e2e calibration", "e2e sweep words",
            "e2e sweep shards", "e2e sweep chip", "e2e sweep engines", "e2e shards", "e2e page", "e2e page browser", "e2e timeline", "e2e tune", "e2e convert"]
IMPORT = ["nodes", "outputs", "grids", "line", "e2e outputs", "e2e quantised", "e2e operators", "e2e meanings",
          "e2e check verdicts", "e2e verdicts"]
SEES = {
    "compiler/base": ["process", "guard", "team", "cache", "samples", "chip", "ir", "spike", "onnx_to_ir", "plan", "outputs",
                      "e2e messages", "e2e usage", "e2e caches", "e2e files", "e2e progress", "e2e budgets",
                      "e2e hostile samples", "e2e hostile models", "e2e sample files", "e2e failing files", "e2e synth"],
    "compiler/json": ["chip", "e2e json", "e2e config", "e2e hostile folders"],
    "compiler/samples": ["sample_damage", "memory", "e2e meanings", "e2e hostile samples", "e2e sample files", "e2e messages"],
    "compiler/ir": ["text_damage", "e2e values", "ir_to_ir", "net", "relu", "nodes", "e2e operators", "e2e hostile models"],
    "compiler/net": ["budget", "ir_to_ir", "outputs", "ir_to_spike", "exact", "bound", "tune"],
    "compiler/onnx_to_ir": ["import_damage", "e2e values"] + IMPORT + ["budget", "e2e hostile models", "e2e exported"],
    "compiler/hdf5": ["trace", "e2e nir", "e2e convert"],
    "compiler/nir_to_ir": ["e2e nir"],
    "compiler/spike_to_nir": ["e2e convert"],
    "compiler/ir_to_ir": ["linear", "views", "rewrites", "windows", "net", "budget"] + IMPORT,
    "compiler/ir_to_spike": ["rounding", "descent", "probe", "keep", "bound", "budget", "e2e fitted"] + IMPORT,
    "compiler/spike": ["text_damage", "ir_to_spike", "golden", "plan", "image_to_spike", "outputs"],
    "compiler/spike_to_chip": ["e2e fit", "e2e synth"],
    "compiler/plan": ["plan_derive", "plan_geometry", "plan_spread", "plan_stream", "plan_cycles", "run_image", "image", "sim", "e2e faults", "e2e config", "e2e verdicts"],
    "compiler/spike_to_plan": ["pack", "pack, large mesh", "plan_schedules", "plan_geometry", "plan_stream", "run_image", "plan", "image", "image_to_spike", "sim"],
    "compiler/image": ["image_to_spike", "sim", "e2e faults", "e2e hostile folders"],
    "compiler/plan_to_image": ["run_image", "image", "image_to_spike", "sim"],
    "compiler/image_to_spike": ["plan_stream", "image", "sim", "e2e faults", "e2e hostile folders"],
    "compiler/chip_to_verilog": ["chip", "sim"],
    "compiler/asic": ["e2e asic"],
    "compiler/net_to_onnx": ["tune", "e2e tune"],
    "compiler/driver": ["tune", "tune_move", "training", "fault", "job", "margin", "odds", "widths", "e2e target", "figures", "memory", "neurobench", "samples", "e2e failing files"] + COMMANDS,
    "compiler/cli": ["say"] + COMMANDS,
    "compiler/lib": COMMANDS,
    "compiler/report": COMMANDS,
    "hw": ["chip", "keys", "size", "plan", "image", "sim"],
    "runtime/trace": ["golden", "vcd", "sim", "e2e nir", "e2e waves", "e2e waves fst", "e2e faults"],
    "runtime/golden": ["jit", "sim", "e2e faults"],
    "runtime/fast": ["fast", "e2e values", "e2e operators", "lib"],
    "runtime/relu": ["nodes", "fast", "e2e values", "exact", "ir_to_ir", "e2e operators"],
    "runtime/faulty": ["faulty", "e2e sweep chip"],
    "runtime/tune": ["tune", "training", "e2e tune"],
    "runtime/noisy": ["e2e sweep engines", "e2e sweep shards"],
    "runtime/exact": ["closed", "bound", "lib", "e2e exact digits_mlp", "e2e exact digits_cnn"],
    "runtime/jit": ["kernels", "describe", "target", "team", "cache", "llvm", "outputs", "jit, other processors", "jit, shared work",
                    "e2e emit digits_mlp aarch64-linux-gnu", "e2e emit digits_mlp riscv64-linux-gnu", "e2e emit digits_mlp native",
                    "e2e emit digits_cnn native", "e2e emit heads native", "e2e emit digits_mlp text", "e2e library",
                    "e2e usage"],
    "runtime/sim": ["cache", "chips", "e2e waves chip", "e2e faults", "e2e planted rtl", "e2e progress", "e2e caches"],
    "runtime/board": ["board_run", "fuzz corpus board", "e2e board link"],
    "runtime/engine": ["board_run", "e2e figures digits_mlp", "e2e usage", "e2e faults", "e2e codes", "e2e hostile folders", "e2e board link"],
}
# Tests that are about a file with which their name shares no word: names of files, without their folder.
ABOUT = {
    "driver": "asked block bounded out_folder out_tree", "figures": "energy judge output_error report_json", "job": "asked refill_open shipped",
    "lib": "asked folders models results run", "memory": "block kept run session", "report": "compile_report judge_report",
    "run_image": "make_program make_numbers make_routes", "e2e check verdicts": "compile_report pipeline", "e2e json": "pipeline report_json",
    "e2e exact digits_mlp": "read_options", "e2e sample files": "out labels_beside session", "sample_damage": "inflate", "e2e agreement": "bounded", "e2e board link": "board lanes",
    "e2e calibration": "calib_file calibrate resemble", "e2e convert": "convert_out", "e2e failing files": "streams", "e2e manual words": "options",
    "e2e figures digits_mlp": "counts_doc energy judge lanes pipeline_write report_json run_report schedule watch compile_report",
    "e2e files": "streams temporary out_folder", "e2e meanings": "judge judge_report kept output_error run", "e2e nir": "model",
    "e2e page": "watch watch_report", "e2e planted rtl": "gates made_here", "e2e schedules one": "schedule",
    "e2e shards": "counts_doc counts_merge counts_report doc_read", "e2e sweep chip": "axes", "e2e sweep engines": "axes",
    "e2e sweep words": "axes", "e2e synth": "bits board gates made_here vivado", "e2e target": "frontier trial odds",
    "e2e usage": "commands main options read_options shipped session", "e2e verdicts": "verify", "e2e weights only": "refill refill_open requantise",
}
# Of the Verilog of runtime: what stands before the board's top, and the block RAM of netlists.
MODELS = {"runtime/sim/sim_host.v": ["e2e board"], "runtime/sim/sim_ecp5.v": ["rtl ecp5"], "runtime/sim/sim_ice40.v": ["e2e board"], "hw/split_words.v": ["rtl split"]}
# Checks of tests/rtl/run.sh that see a module of the chip, beside its own bench and those of the modules it stands in.
RTL_SEES = ["bench/core", "fails/chip-flit", "chip/1", "chip/2", "errors/2"]
RTL_LIMITS = ["limits", "lint/edges"]  # of parameters, for the modules that check them
