# SPDX-License-Identifier: Apache-2.0
"""ttfs.h for ctypes: its structs, its functions, and where the library lies.

The library is $TTFS_LIBRARY, else the one in the package (a wheel), else libttfs.so.0 of the system. A test
holds sizes and offsets of every struct against the header. Calls through ctypes release the interpreter's lock.
"""
import ctypes
import os
from ctypes import (CFUNCTYPE, POINTER, Structure, c_bool, c_char_p, c_double, c_float, c_int, c_size_t, c_uint32,
                    c_uint64, c_void_p)

PACKAGE = os.path.dirname(os.path.abspath(__file__))
MOST_AXES, MOST_CHANNELS, MOST_SHAPE = 8, 16, 5
Tell = CFUNCTYPE(None, c_void_p, c_char_p, c_uint64, c_uint64)


class TtfsProgress(Structure):
    _fields_ = [("tell", Tell), ("context", c_void_p), ("stop", POINTER(c_int))]


class TtfsSaid(Structure):
    _fields_ = [("severity", c_int), ("code", c_char_p), ("where", c_char_p), ("node", c_char_p), ("op", c_char_p),
                ("what", c_char_p), ("advice", c_char_p)]


class TtfsValues(Structure):
    _fields_ = [("name", c_char_p), ("type", c_char_p), ("rank", c_uint32), ("dim", c_uint64 * MOST_AXES),
                ("data", c_void_p)]


class TtfsFigures(Structure):
    _fields_ = [("samples", c_uint64), ("accuracy", c_double), ("agreement", c_double), ("spikes_per_neuron", c_double),
                ("cycles", c_double), ("latency_cycles", c_double), ("samples_per_second", c_double),
                ("latency_ticks", c_uint32), ("spikes", c_uint64), ("readouts", c_uint64), ("differences", c_uint64)]


class TtfsLayerOptions(Structure):
    _fields_ = [("layer", c_char_p), ("ticks", c_uint32), ("weight_bits", c_uint32), ("percentile", c_double)]


class TtfsCompileOptions(Structure):
    _fields_ = [("model", c_char_p), ("out", c_char_p), ("chip", c_char_p), ("fit", c_char_p), ("lanes", c_uint32), ("schedule", c_char_p),
                ("calib", c_char_p), ("calib_values", POINTER(TtfsValues)), ("calib_count", c_uint32),
                ("target_agreement", c_double), ("max_drop", c_double), ("optimise", c_char_p), ("calib_labels", c_char_p),
                ("calib_label_values", POINTER(TtfsValues)), ("ticks", c_uint32), ("weight_bits", c_uint32), ("mean_bits", c_double), ("percentile", c_double), ("quantiser", c_char_p), ("ramps", c_char_p), ("ranged", c_bool),
                ("lo", c_float), ("hi", c_float), ("channels", c_uint32), ("mean", c_float * MOST_CHANNELS),
                ("deviation", c_float * MOST_CHANNELS), ("shape_rank", c_uint32), ("shape", c_uint32 * MOST_SHAPE),
                ("layers", POINTER(TtfsLayerOptions)), ("n_layers", c_uint32),
                ("seed", c_uint32), ("threads", c_uint32), ("memory", c_uint64), ("stop_after", c_char_p),
                ("dump", c_char_p), ("times", c_bool), ("ip_xact", c_bool), ("weights_only", c_char_p), ("progress", TtfsProgress)]


class TtfsSessionOptions(Structure):
    _fields_ = [("folder", c_char_p), ("input", c_char_p), ("labels", c_char_p), ("input_values", POINTER(TtfsValues)),
                ("label_values", POINTER(TtfsValues)), ("count", c_uint32), ("threads", c_uint32),
                ("trust_rtl", c_bool), ("keep_code", c_bool), ("cpu", c_char_p), ("jit_path", c_char_p),
                ("dump_llvm", c_char_p), ("progress", TtfsProgress)]


class TtfsRunOptions(Structure):
    _fields_ = [("session", TtfsSessionOptions), ("engine", c_char_p), ("classes_only", c_bool), ("layers", c_bool), ("trace", c_char_p),
                ("signals", c_char_p), ("outputs", c_char_p), ("shard", c_char_p), ("out", c_char_p), ("keep_outputs", c_bool), ("keep_spikes", c_bool), ("model", c_char_p),
                ("margin", c_double), ("windows", c_char_p), ("time_noise", c_double), ("unit", c_char_p),
                ("slope_noise", c_double), ("slope_per", c_char_p), ("seed", c_uint32)]


class TtfsVerifyOptions(Structure):
    _fields_ = [("session", TtfsSessionOptions), ("engines", c_char_p), ("fault", c_char_p),
                ("shard", c_char_p), ("out", c_char_p)]


class TtfsSweepOptions(Structure):
    _fields_ = [("session", TtfsSessionOptions), ("engine", c_char_p), ("vary", POINTER(c_char_p)), ("n_vary", c_uint32), ("grid", c_bool),
                ("preset", c_char_p), ("model", c_char_p), ("unit", c_char_p), ("slope_per", c_char_p), ("weight_kind", c_char_p),
                ("trials", c_uint32), ("seed", c_uint32), ("shard", c_char_p), ("out", c_char_p), ("csv", c_char_p)]


class TtfsMergeOptions(Structure):
    _fields_ = [("files", POINTER(c_char_p)), ("n_files", c_uint32), ("out", c_char_p), ("csv", c_char_p)]


class TtfsSynthOptions(Structure):
    _fields_ = [("folder", c_char_p), ("device", c_char_p), ("liberty", c_char_p), ("lef", c_char_p), ("sdc", c_char_p),
                ("sram_ns", c_double), ("clock_mhz", c_double), ("estimate", c_bool), ("encoder", c_bool), ("boot", c_bool),
                ("seeds", c_uint32), ("threads", c_uint32), ("progress", TtfsProgress)]


class TtfsTuneOptions(Structure):
    _fields_ = [("session", TtfsSessionOptions), ("out", c_char_p), ("ticks", c_uint32), ("weight_bits", c_uint32), ("epochs", c_uint32),
                ("batch", c_uint32), ("rate", c_double), ("sparsity", c_double), ("time_noise", c_double), ("drop", c_double),
                ("weight_noise", c_double), ("validate", c_double), ("minutes", c_double), ("seed", c_uint32), ("teacher", c_char_p),
                ("layers", POINTER(c_char_p)), ("n_layers", c_uint32), ("latency", c_double), ("flip", c_bool),
                ("shift", c_uint32), ("pace", c_double)]


class TtfsConvertOptions(Structure):
    _fields_ = [("folder", c_char_p), ("file", c_char_p)]


class TtfsEmitOptions(Structure):
    _fields_ = [("folder", c_char_p), ("file", c_char_p), ("format", c_char_p), ("triple", c_char_p),
                ("name", c_char_p), ("cpu", c_char_p), ("share_memory", c_bool)]


Messages, Result = c_void_p, c_void_p
FUNCTIONS = {
    "ttfs_version": (c_char_p, []),
    "ttfs_messages_new": (Messages, []),
    "ttfs_messages_free": (None, [Messages]),
    "ttfs_messages_count": (c_size_t, [Messages]),
    "ttfs_messages_at": (TtfsSaid, [Messages, c_size_t]),
    "ttfs_result_passed": (c_bool, [Result]),
    "ttfs_result_figures": (TtfsFigures, [Result]),
    "ttfs_result_json": (c_char_p, [Result]),
    "ttfs_result_text": (c_char_p, [Result]),
    "ttfs_result_form": (c_char_p, [Result]),
    "ttfs_result_arrays": (c_size_t, [Result]),
    "ttfs_result_array": (TtfsValues, [Result, c_size_t]),
    "ttfs_result_free": (None, [Result]),
    "ttfs_compile_defaults": (TtfsCompileOptions, []),
    "ttfs_weights_only_defaults": (TtfsCompileOptions, [c_char_p]),
    "ttfs_check_model": (Result, [POINTER(TtfsCompileOptions), Messages]),
    "ttfs_compile": (Result, [POINTER(TtfsCompileOptions), Messages]),
    "ttfs_describe": (Result, [c_char_p, c_uint64, Messages]),
    "ttfs_run_defaults": (TtfsRunOptions, []),
    "ttfs_run_samples": (Result, [POINTER(TtfsRunOptions), Messages]),
    "ttfs_verify_defaults": (TtfsVerifyOptions, []),
    "ttfs_verify_samples": (Result, [POINTER(TtfsVerifyOptions), Messages]),
    "ttfs_sweep_defaults": (TtfsSweepOptions, []),
    "ttfs_sweep_samples": (Result, [POINTER(TtfsSweepOptions), Messages]),
    "ttfs_merge_shards": (Result, [POINTER(TtfsMergeOptions), Messages]),
    "ttfs_tune_defaults": (TtfsTuneOptions, []),
    "ttfs_tune_network": (Result, [POINTER(TtfsTuneOptions), Messages]),
    "ttfs_diff_folders": (Result, [c_char_p, c_char_p, c_char_p, Messages]),
    "ttfs_synthesise": (Result, [POINTER(TtfsSynthOptions), Messages]),
    "ttfs_write_page": (Result, [c_char_p, Messages]),
    "ttfs_write_timeline": (Result, [c_char_p, c_char_p, Messages]),
    "ttfs_dump_form": (Result, [c_char_p, c_char_p, Messages]),
    "ttfs_convert": (Result, [POINTER(TtfsConvertOptions), Messages]),
    "ttfs_emit_code": (Result, [POINTER(TtfsEmitOptions), Messages]),
}


def path_of_library() -> str:
    """What the loader is asked for."""
    named = os.environ.get("TTFS_LIBRARY")
    inside = os.path.join(PACKAGE, "lib", "libttfs.so.0")
    return named or (inside if os.path.exists(inside) else "libttfs.so.0")


def load() -> ctypes.CDLL:
    """The library with its functions' types. Chips and Verilog of a wheel lie in the package."""
    try:
        loaded = ctypes.CDLL(path_of_library())
    except OSError as e:
        raise ImportError("ttfs: the library does not load: %s; it needs libLLVM, libcjson1 and libprotobuf-c1 of the "
                          "system, and TTFS_LIBRARY names another one" % e) from e
    for name, (result, arguments) in FUNCTIONS.items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    share = os.path.join(PACKAGE, "share", "ttfs")
    if os.path.isdir(share):
        os.environ.setdefault("TTFS_DATA", share)
    return loaded


library = load()
