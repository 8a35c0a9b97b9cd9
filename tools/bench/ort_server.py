# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime's side of tools/bench/jit: answers each line on stdin with one line of JSON.

    ort_server.py MODEL SAMPLES.npy

    run BATCH THREADS SECONDS     samples a second, inputs and outputs bound to memory
    classes                       the class of every sample

Sessions are as one opens them: all optimisations, sequential, the CPU provider, threads that spin
for a while after a run. Inputs and outputs are bound once, which spares a call the copies and the
dictionary of `session.run`, some 2 us.
"""
import json
import sys
import time

import numpy as np
import onnxruntime as ort

WINDOWS = 256
LOOK_S = 1e-3  # how often the clock is looked at


class Server:
    def __init__(self, model, samples):
        self.model, self.x = model, np.load(samples)
        self.sessions, self.bound = {}, {}

    def session(self, threads):
        if threads not in self.sessions:
            options = ort.SessionOptions()
            options.intra_op_num_threads = threads
            options.inter_op_num_threads = 1
            options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
            options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
            self.sessions[threads] = ort.InferenceSession(self.model, options,
                                                          providers=["CPUExecutionProvider"])
        return self.sessions[threads]

    def bindings(self, batch, threads):
        """One a batch of samples, all onto the same output."""
        if (batch, threads) not in self.bound:
            session = self.session(threads)
            name, out = session.get_inputs()[0].name, session.get_outputs()[0]
            width = session.run(None, {name: self.x[:batch]})[0].shape[1:]
            logits = ort.OrtValue.ortvalue_from_shape_and_type((batch,) + width, np.float32)
            made = []
            for i in range(min(WINDOWS, len(self.x) // batch)):
                x = ort.OrtValue.ortvalue_from_numpy(self.x[i * batch:(i + 1) * batch])
                binding = session.io_binding()
                binding.bind_ortvalue_input(name, x)
                binding.bind_ortvalue_output(out.name, logits)
                made.append(binding)
            self.bound[batch, threads] = made
        return self.bound[batch, threads]

    def turn(self, batch, threads, seconds):
        """Runs batch after batch for that long; returns samples a second."""
        run, bindings = self.session(threads).run_with_iobinding, self.bindings(batch, threads)
        calls, step, now = 0, 1, time.perf_counter
        start = last = now()
        while True:
            for i in range(calls, calls + step):
                run(bindings[i % len(bindings)])
            calls, at = calls + step, now()
            if at - last < LOOK_S:
                step *= 2
            last = at
            if at >= start + seconds:
                return calls * batch / (at - start)

    def answer(self, command, *args):
        if command == "run":
            batch, threads, seconds = int(args[0]), int(args[1]), float(args[2])
            cpu = time.process_time()
            self.turn(batch, threads, seconds / 10)
            rate = self.turn(batch, threads, seconds)
            return {"samples_per_second": rate, "cpu_seconds": time.process_time() - cpu}
        if command == "classes":
            session = self.session(1)
            logits = session.run(None, {session.get_inputs()[0].name: self.x})[0]
            return {"classes": logits.reshape(len(self.x), -1).argmax(1).tolist()}
        raise ValueError("no such command: " + command)


def main():
    ort.set_default_logger_severity(3)
    server = Server(*sys.argv[1:3])
    for line in sys.stdin:
        print(json.dumps(server.answer(*line.split())), flush=True)


if __name__ == "__main__":
    main()
