# SPDX-License-Identifier: Apache-2.0
"""The Python package against the command line: the same bytes, the same traces, nothing copied on the way.

Run by `meson test "e2e python package"` with an interpreter that has numpy, TTFS_LIBRARY and TTFS_BIN, in a folder
with the files of examples/digits.
"""
import doctest
import filecmp
import glob
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import types
import unittest
import unittest.mock
import warnings

import numpy as np

import ttfs
from ttfs import _call, _form, _network

PROGRAM = os.environ["TTFS_BIN"]


def command(*args):
    p = subprocess.run([PROGRAM, *args], capture_output=True, check=False)
    assert p.returncode == 0, p.stderr.decode()
    return p.stdout.decode()


def files_of(folder):
    found = [p for p in glob.glob(os.path.join(folder, "**"), recursive=True) if os.path.isfile(p)]
    return sorted(os.path.relpath(p, folder) for p in found)


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.x, cls.y = np.load("test.npz")["x"], np.load("test.npz")["y"]
        cls.net = ttfs.compile("digits_cnn.onnx", "out", calib="calib.npz", ticks=63, chip="tiny",
                               layers={"conv1": {"weight_bits": 6}})

    def test_same_bytes_as_the_command_line(self):
        np.save("calib.npy", np.load("calib.npz")["x"])
        with open("config.json", "w", encoding="utf-8") as f:
            json.dump({"layers": {"conv1": {"weight_bits": 6}}}, f)
        command("compile", "digits_cnn.onnx", "-o", "theirs", "--calib", "calib.npz", "--ticks", "63", "--chip", "tiny",
                "--config", "config.json")
        names = files_of("theirs")
        self.assertEqual(set(names) - set(files_of("out")), set())
        self.assertGreater(len(names), 40)
        different = filecmp.cmpfiles("out", "theirs", names, shallow=False)
        self.assertEqual((different[1], different[2]), ([], []))

    def test_calibration_from_memory_gives_the_same_image(self):
        net = ttfs.compile("digits_cnn.onnx", calib=np.load("calib.npz")["x"], ticks=63, chip="tiny",
                           layers={"conv1": {"weight_bits": 6}})
        for name in files_of("out"):
            named = ("manifest.json", "forms/calib.blob", "forms/channels.blob")  # they say what the samples are called
            if name not in named and not name.startswith("report"):
                self.assertTrue(filecmp.cmp(os.path.join("out", name), os.path.join(net.folder, name), False), name)
        self.assertEqual(net.manifest["calib"]["file"], "memory")
        folder = net.folder
        self.assertEqual(net.save("saved"), "saved")
        del net
        self.assertFalse(os.path.exists(folder))
        self.assertEqual(repr(ttfs.load("saved")), "<ttfs.Network: digits_cnn.onnx, 5 populations>")

    def test_same_results_as_the_command_line(self):
        said = json.loads(command("run", "out", "--input", "test.npz", "--count", "100", "--engine", "golden",
                                  "--outputs", "outputs.npy", "--trace", "trace.txt", "--json"))
        r = self.net.run(self.x[:100], self.y[:100], engine="golden", trace="ours.txt")
        self.assertTrue(filecmp.cmp("trace.txt", "ours.txt", False))
        self.assertEqual((r.accuracy, r.agreement, r.spikes_per_neuron, r.latency_ticks, r.samples),
                         tuple(said[k] for k in ("accuracy", "agreement", "spikes_per_neuron", "latency_ticks", "samples")))
        np.testing.assert_array_equal(r.potentials, np.load("outputs.npy"))
        self.assertEqual((r.classes == self.y[:100]).mean(), r.accuracy)
        self.assertEqual(list(r.outputs), ["logits"])
        exact = self.net.run(self.x[:5], engine="exact", model="a")
        self.assertEqual((exact.json["model"], exact.engine), ("a", "exact"))

    def test_spikes_are_those_of_the_trace(self):
        spikes = self.net.spikes(self.x[:3])
        self.assertEqual(list(spikes), ["input", "conv1", "pool1", "conv2"])
        self.net.run(self.x[:3], trace="three.txt")
        with open("three.txt", encoding="utf-8") as f:
            text = f.read()
        lines = []
        for i in range(3):
            lines.append("sample %d" % i)
            for name in spikes:
                lines += ['spike "%s" tick %d neuron %d' % (name, t, n) for t, n in zip(*spikes.raster(name, i))]
        self.assertEqual([line for line in text.splitlines() if not line.startswith("readout")], lines)
        self.assertLess(0, spikes.counts()["conv1"])

    def test_spikes_as_nir_data(self):
        """What the package nir reads of a trace; without it stand-ins of its classes take the arguments."""
        spikes, p = self.net.spikes(self.x[:3]), self.net.populations
        made = types.SimpleNamespace(**{name: lambda *a: a for name in ("NIRGraphData", "NIRNodeData", "EventData")})
        with unittest.mock.patch.dict(sys.modules, {"nir": made}):
            (nodes,) = spikes.to_nir_data()
        self.assertEqual(list(nodes), list(spikes))
        for name, (node,) in nodes.items():
            idx, time, neurons, end = node["spikes"]
            self.assertEqual((idx.dtype, time.dtype, neurons, end), (np.int64, np.float64, int(np.prod(p[name].shape)), 189))
            for i in range(3):
                tick, neuron = spikes.raster(name, i)
                self.assertEqual((idx[i][:len(neuron)].tolist(), time[i][:len(tick)].tolist()), (neuron.tolist(), (tick + p[name].start).tolist()))
                self.assertTrue((idx[i][len(neuron):] == -1).all() and np.isinf(time[i][len(tick):]).all())
        self.assertEqual((p["input"].start, p["conv2"].start), (0, 126))
        names = ("a/b", "a.b_1", "a.b")
        slashed = _network.Spikes({n: np.zeros((1, 1, 1, 1), dtype=np.int32) for n in names},
                                  {n: _form.Population(n, "relu", (1, 1, 1), ticks=7) for n in names})
        with unittest.mock.patch.dict(sys.modules, {"nir": made}):
            self.assertEqual(list(slashed.to_nir_data()[0]), ["a.b_1", "a.b_1_2", "a.b"])
        try:
            import nir
        except ImportError:
            return
        self.net.run(self.x[:3], trace="spikes.nird")
        read, ours = nir.read_data("spikes.nird"), spikes.to_nir_data()
        for name in spikes:
            a, b = (g.nodes[name].observables["spikes"] for g in (read, ours))
            np.testing.assert_array_equal(a.idx, b.idx)
            np.testing.assert_array_equal(a.time, b.time)
            self.assertEqual((a.n_neurons, a.t_max), (b.n_neurons, b.t_max))

    def test_nothing_is_copied(self):
        for array in (self.x, (self.x * 255).astype(np.uint8)):
            self.assertEqual(_call.Array(array).values.data, array.ctypes.data)
        turned = np.asfortranarray(self.x)
        kept = _call.Array(turned)
        np.testing.assert_array_equal(kept.held, self.x)
        bytes8 = (self.x[:50] * 255).round().astype(np.uint8)
        np.testing.assert_array_equal(self.net.run(bytes8).potentials,
                                      self.net.run(bytes8.astype(np.float32) / np.float32(255)).potentials)
        lit = self.x[:20] > 0.5
        np.testing.assert_array_equal(self.net.run(lit).potentials, self.net.run(lit.astype(np.float32)).potentials)

    def test_populations_are_the_arithmetic(self):
        """A layer computed from its integers has the spikes of the engine."""
        net = ttfs.compile("digits_mlp.onnx", calib="calib.npz", ticks=63)
        spikes, p = net.spikes(self.x[:20]), net.populations
        hidden = next(v for v in p.values() if v.kind == "relu")
        x = np.where(spikes["input"] >= 0, 63 - spikes["input"], 0).reshape(20, -1)
        u = x @ hidden.weights.astype(np.int64).T + hidden.bias
        y = np.clip(u // np.repeat(hidden.ramps, u.shape[1] // len(hidden.ramps)), 0, hidden.ticks)
        tick = spikes[hidden.name].reshape(20, -1)
        np.testing.assert_array_equal(y, np.where(tick >= 0, hidden.ticks - tick, 0))

    def test_verify(self):
        verdict = self.net.verify(self.x[:30], engines=("golden", "jit"), check=True)
        self.assertTrue(verdict and verdict.first is None and verdict.spikes > 1000)
        damaged = self.net.verify(self.x[:3], engines="golden,jit", fault="spike:7")
        self.assertEqual((damaged.equal, damaged.differences, damaged.first["sample"]), (False, 1, 0))
        with self.assertRaises(ttfs.VerifyError) as raised:
            self.net.verify(self.x[:3], engines=("golden", "jit"), fault="spike:7", check=True)
        self.assertEqual((raised.exception.code, raised.exception.verdict.differences), ("VERIFY_DIFFER", 1))

    def test_errors_say_node_and_operator(self):
        with self.assertRaises(ttfs.TtfsError) as raised:
            self.net.run(self.x[:, :7])
        self.assertEqual((raised.exception.code, raised.exception.where), ("SAMPLES_SHAPE", "memory"))
        with self.assertRaises(ttfs.TtfsError) as raised:
            ttfs.compile(b"\xff\xff")
        self.assertEqual(raised.exception.code, "ONNX_PARSE")
        with self.assertRaises(ttfs.TtfsError) as raised:
            ttfs.compile("digits_mlp.onnx", ticks=0)
        self.assertIn("--ticks", str(raised.exception))
        for wrong in (lambda: self.net.run(self.x, speed=1), lambda: ttfs.compile(3)):
            self.assertRaises(TypeError, wrong)
        self.assertRaises(ttfs.TtfsError, ttfs.load, "nowhere")
        self.assertRaises(ValueError, self.net.run, np.zeros((1,) * 9, np.float32))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self.net.run(self.x[:50] * 9)
        self.assertTrue(any(issubclass(w.category, ttfs.TtfsWarning) for w in caught))
        said = ttfs.Message("warning", "", "net.onnx: fc1: Gemm", "fc1", "Gemm", "is odd", "")
        self.assertEqual(str(said), "net.onnx: fc1: Gemm: is odd")

    def test_check_names_obstacles(self):
        with open(os.environ["TTFS_OBSTACLE"], "rb") as f:
            found = ttfs.check(f.read())
        self.assertFalse(found or found.supported)
        self.assertTrue(all(o.node and o.op and o.reason and o.advice for o in found.obstacles))
        self.assertIn(found.obstacles[0].op, found._repr_html_())
        self.assertTrue(ttfs.check("digits_mlp.onnx", chip="one").chip["fits"])

    def test_documents(self):
        self.assertIn("slots", self.net.timing)
        self.assertIn("cores", self.net.fit)
        self.assertTrue(self.net.energy)
        self.assertEqual(self.net.info["layers"][1]["name"], "conv1")
        self.assertTrue(self.net.dump("plan").startswith("ttfs-plan"))
        self.assertEqual(self.net.report("page.html"), "page.html")
        self.assertGreater(os.path.getsize("page.html"), 2000)
        self.assertEqual(self.net.emit("net.o")["name"], "digits_cnn")
        for shown in (self.net, self.net.run(self.x[:3]), self.net.verify(self.x[:3], ("golden", "jit"))):
            self.assertRegex(shown._repr_html_(), r"^<p><b>ttfs .*</table>$")
        self.net.populations["conv1"].name = "<script>"
        self.assertNotIn("<script>", self.net._repr_html_())
        self.net._populations = None

    def test_progress_and_what_it_raises(self):
        told = []
        self.net.run(self.x, engine="golden", progress=lambda *a: told.append(a))
        self.assertEqual((told[0], told[-1]), (("samples", 0, 450), ("samples", 450, 450)))

        def stop(what, done, of):
            if done:
                raise RuntimeError("enough of %s" % what)
        with self.assertRaisesRegex(RuntimeError, "enough of samples"):
            self.net.run(self.x, engine="golden", progress=stop)

    def test_interrupt(self):
        """Ctrl-C while a call runs: it ends, and the next call works."""
        many = np.repeat(self.x, 200, axis=0)
        for delay in (0.001, 0.3):
            timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))
            with self.assertRaises(KeyboardInterrupt):
                timer.start()
                self.net.run(many, engine="golden")
            timer.join()
        self.assertEqual(self.net.run(self.x[:10]).samples, 10)

    def test_other_threads_call_too(self):
        got = []
        threads = [threading.Thread(target=lambda: got.append(self.net.run(self.x[:50]).agreement)) for _ in range(3)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(len(set(got)), 1)
        self.assertEqual(len(got), 3)

    def test_wrong_options_leave_nothing(self):
        with tempfile.TemporaryDirectory() as mine, unittest.mock.patch.object(tempfile, "tempdir", mine):
            for wrong in ({"ticks": 2**32 + 63}, {"mean": [1]}, {"ticks": "a"}):
                with self.assertRaises((TypeError, ValueError)):
                    ttfs.compile("digits_mlp.onnx", calib="calib.npz", **wrong)
            self.assertEqual([n for n in os.listdir(mine) if os.path.isdir(os.path.join(mine, n, "out"))], [])
        for wrong in ({"cuont": 3}, {"count": 0}, {"count": -1}, {"threads": 0}):
            with self.assertRaises((TypeError, ValueError)):
                self.net.verify("test.npz", **wrong)
            with self.assertRaises((TypeError, ValueError)):
                self.net.run("test.npz", **wrong)

    def test_shards_and_merge_are_the_command_lines(self):
        """Of a sweep, a run and a verification: the merged file is that of one that was not cut, and the program's."""
        x, y = self.x[:40], self.y[:40]
        np.savez("few.npz", x=x, y=y)
        vary = {"time-noise": [0, 0.25], "margin": "-0.2:0.2:3"}
        part = {"sweep": lambda **o: self.net.sweep("few.npz", "few.npz", vary=vary, trials=2, **o),
                "run": lambda **o: self.net.run("few.npz", "few.npz", engine="golden", **o),
                "verify": lambda **o: self.net.verify("few.npz", ("golden", "jit"), **o)}
        for name, call in part.items():
            files = ["%s%d.json" % (name, i) for i in (1, 2)]
            for i, file in enumerate(files):
                call(shard="%d/2" % (i + 1), out=file)
            merged = ttfs.merge(files, name + ".json")
            call(out=name + "_whole.json")
            self.assertTrue(filecmp.cmp(name + ".json", name + "_whole.json", shallow=False), name)
            command("merge", *files, "-o", name + "_theirs.json")
            self.assertTrue(filecmp.cmp(name + ".json", name + "_theirs.json", shallow=False), name)
            self.assertEqual(type(merged), ttfs.Sweep if name == "sweep" else ttfs.Counts)
        whole = self.net.sweep(x, y, vary=vary, trials=2, out="memory.json")
        with open("sweep.json", encoding="utf-8") as f:
            points = json.load(f)["points"]
        self.assertEqual([(p["axis"], p["value"], p["accuracy"]) for p in whole.points],
                         [(p["axis"], p["value"], p["accuracy"]["mean"]) for p in points])
        self.assertIn("<table>", whole._repr_html_())
        self.assertEqual(ttfs.merge(["run1.json", "run2.json"], "run.json").accuracy, self.net.run(x, y, engine="golden").accuracy)
        with self.assertRaises(ttfs.TtfsError):
            ttfs.merge(["run1.json"], "run.json")
        for wrong in ({"vray": {}}, {"trials": -1}):
            with self.assertRaises((TypeError, ValueError)):
                self.net.sweep("few.npz", **wrong)

    def test_tune_is_the_command_line(self):
        """Byte for byte from files; from memory but for what the samples are called. A stop gives the best epoch."""
        net = ttfs.compile("digits_mlp.onnx", "few", calib="calib.npz", ticks=3, weight_bits=2)
        tuned = net.tune("calib.npz", out="tuned", epochs=3, batch=32, lr=3e-3, sparsity=3e-3, teacher="digits_cnn.onnx",
                         layers={"fc1": "freeze"}, threads=1)
        command("tune", "few", "-o", "theirs_tuned", "--train", "calib.npz", "--epochs", "3", "--batch", "32", "--lr", "3e-3",
                "--sparsity", "3e-3", "--teacher", "digits_cnn.onnx", "--layers", "fc1=freeze", "--threads", "2")
        names = files_of("theirs_tuned")
        self.assertEqual(names, files_of("tuned"))
        self.assertEqual(filecmp.cmpfiles("tuned", "theirs_tuned", names, shallow=False)[1:], ([], []))
        self.assertEqual((tuned.training["layers"], len(tuned.training["epochs"])), (["fc1=freeze"], 3))
        calib = np.load("calib.npz")
        memory = net.tune(calib["x"], calib["y"], epochs=1, ticks=7, weight_bits=4)
        command("tune", "few", "-o", "theirs_memory", "--train", "calib.npz", "--epochs", "1", "--ticks", "7", "--weight-bits", "4")
        self.assertTrue(memory.diff("theirs_memory").equal)
        difference = memory.diff(tuned, "image")
        self.assertFalse(difference.equal)
        said = subprocess.run([PROGRAM, "dump", "--diff", memory.folder, "tuned", "--form", "image", "--json"], capture_output=True, check=False)
        self.assertEqual(difference.json, json.loads(said.stdout))
        with self.assertRaises(TypeError):
            net.tune("calib.npz", epohcs=1)
        with self.assertRaises(ttfs.TtfsError) as caught:
            net.tune("calib.npz", layers={"fc3": "freeze"})
        self.assertIn("the nearest is 'fc1'", caught.exception.what)

    def test_tune_keeps_the_best_on_interrupt(self):
        net = ttfs.compile("digits_mlp.onnx", calib="calib.npz", ticks=3, weight_bits=2)
        flags, waited = [], _call.waited

        def watched(work, flag):
            flags.append(flag)
            waited(work, flag)

        def interrupt_in(word):
            sent = []

            def tell(what, _done, _of):
                if word in what and not sent:
                    sent.append(what)
                    os.kill(os.getpid(), signal.SIGINT)
                    for _ in range(6000):  # until the main thread has seen it
                        if flags[-1].value:
                            break
                        time.sleep(0.01)
            return tell
        watch = unittest.mock.patch.object(_call, "waited", watched)
        watch.start()
        self.addCleanup(watch.stop)
        tuned = net.tune("calib.npz", epochs=10000, threads=1, progress=interrupt_in("epoch 3 of"))
        self.assertEqual(tuned.training["ended_by"], "stopped")
        self.assertEqual(len(tuned.training["epochs"]), 2)
        with self.assertRaises(KeyboardInterrupt):
            net.tune("calib.npz", epochs=10000, progress=interrupt_in("epoch 1 of"))
        first = net.tune("calib.npz", epochs=2)  # then, in the search for ticks, the best so far
        told, interrupt = [], interrupt_in("epoch 1 of")

        def in_a_trial(what, done, of):
            told.append(what)
            if any("epoch 2 of" in w for w in told):
                interrupt(what, done, of)
        best = net.tune("calib.npz", epochs=2, latency=1e-6, progress=in_a_trial)
        self.assertEqual((best.training["ended_by"], len(best.training["trials"])), ("stopped", 1))
        self.assertTrue(best.diff(first).equal)

    def test_synth_and_convert(self):
        net = ttfs.compile("digits_mlp.onnx", "fitted", calib="calib.npz", ticks=63, fit="ecp5-25k")
        said = json.loads(command("synth", "fitted", "--device", "ecp5-25k", "--estimate", "--json"))
        self.assertEqual(net.synth("ecp5-25k", estimate=True).json, said)
        with self.assertRaises(ttfs.TtfsError):
            net.synth("zx81", estimate=True)
        with self.assertRaises(ttfs.TtfsError) as caught:
            net.synth(liberty="nowhere.lib", lef="nowhere.lef", sram_ns=1.5)
        self.assertIn("nowhere.lib", str(caught.exception))
        net.convert("ours.nir")
        command("convert", "fitted", "-o", "theirs.nir")
        self.assertTrue(filecmp.cmp("ours.nir", "theirs.nir", shallow=False))

    def test_docstrings(self):
        for module, least in ((ttfs, 3), (_form, 1), (_network, 8)):
            result = doctest.testmod(module, optionflags=doctest.ELLIPSIS, extraglobs={"ttfs": ttfs})
            self.assertEqual(result.failed, 0)
            self.assertGreaterEqual(result.attempted, least)

    def test_version(self):
        self.assertEqual(ttfs.__version__, command("--version").split()[1])


if __name__ == "__main__":
    unittest.main()
