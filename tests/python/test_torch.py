# SPDX-License-Identifier: Apache-2.0
"""ttfs.torch: a prepared module computes the integers of the network that its export compiles to, spike for spike, before
training and after; it learns; what it does not take is refused by name.

Run by `meson test "e2e python torch"` with an interpreter that has torch and numpy, in a folder with the files of examples/digits.
"""
import copy
import math
import unittest
import warnings

import numpy as np
import torch
from torch import nn

import ttfs
import ttfs.torch as tt

SAMPLES = 1000


class Small(nn.Module):
    """Normalisation, groups, strides, pads, dilation, pools of both spellings, one ReLU for all."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(6)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(3, 2, padding=1)
        self.conv2 = nn.Conv2d(6, 8, (3, 2), stride=(1, 2), padding=(2, 1), dilation=(2, 1), groups=2)
        self.drop = nn.Dropout(0.3)
        self.fc1, self.fc2 = nn.Linear(48, 16), nn.Linear(16, 10)

    def forward(self, x):
        x = self.pool(self.relu(self.norm(self.conv1(x))))
        x = nn.functional.max_pool2d(torch.relu(self.conv2(x)), (2, 1))
        x = x.view(x.size(0), -1)
        return self.fc2(self.drop(self.relu(self.fc1(x))))


class Ends(nn.Module):
    """A second head, which is computed and not given, given beside the first, or not there: a part of a ReLU's values."""

    def __init__(self, what=""):
        super().__init__()
        self.what, self.first, self.head, self.aux = what, nn.Linear(4, 4), nn.Linear(4, 2), nn.Linear(4, 3)

    def forward(self, x, unused=False):
        x = torch.relu(self.first(x))
        if self.what == "some":
            return x[:, :2]
        y, aux = None if self.what == "one" else self.head(x), self.aux(x)
        return (y, aux) if self.what == "both" else aux if self.what == "one" else y


def mlp(*sizes):
    layers = [m for a, b in zip(sizes[:-1], sizes[1:]) for m in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def trained(module, x, y, steps, rate=3e-3):
    """The losses of some steps of Adam."""
    optimiser, losses = torch.optim.Adam(module.parameters(), rate), []
    for i in range(steps):
        some = torch.arange(i * 32, i * 32 + 32) % len(x)
        loss = nn.functional.cross_entropy(module(x[some]), y[some])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss))
    return losses


class Torch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        warnings.simplefilter("ignore", ttfs.TtfsWarning)  # networks that are hardly trained
        calib = np.load("calib.npz")
        cls.x, cls.y = torch.from_numpy(calib["x"].astype(np.float32)), torch.from_numpy(calib["y"].astype(np.int64))

    def same(self, module, shape, ticks, bits):
        """Random inputs, some of them beyond the range: every spike, and the potentials."""
        net = ttfs.compile(tt.export(module, "exported.onnx"), ticks=ticks, weight_bits=bits, stop_after="spike")
        x = np.random.default_rng(5).uniform(-0.1, 1.1, (SAMPLES, *shape)).astype(np.float32)
        golden, ours = net.spikes(x, engine="golden"), tt.spikes(module, torch.from_numpy(x))
        self.assertEqual(sorted(ours), sorted(golden))
        for name, tick in golden.items():
            np.testing.assert_array_equal(tick, ours[name].reshape(tick.shape), name)
        self.assertTrue(any(0 < (tick >= 0).mean() < 1 for tick in golden.values()))
        with torch.no_grad():
            out = module(torch.from_numpy(x)).numpy()
        unit = next(reversed(list(net.populations.values()))).scale
        np.testing.assert_array_equal(np.rint(net.run(x, engine="golden").potentials / unit), np.rint(out / unit))

    def test_spike_for_spike(self):
        torch.manual_seed(1)
        for ticks, bits in ((7, 3), (10, 4), (1, 2), (63, 8)):
            net = Small()
            net(self.x.reshape(-1, 1, 8, 8))  # running means
            module = tt.prepare(net.eval(), ticks, bits, self.x.reshape(-1, 1, 8, 8)[:64])
            self.same(module, (1, 8, 8), ticks, bits)
            trained(module, self.x.reshape(-1, 1, 8, 8), self.y, 8, 1e-2)
            with torch.no_grad():  # channels that send the same whatever they read, half way between ticks
                module.conv1.weight[1:3], module.fc1.weight[4:12] = 0, 0
                module.fc1.bias[4:12] = torch.linspace(0.5, 7.5, 8) * module.fc1._ends[1].scale()
            self.same(copy.deepcopy(module), (1, 8, 8), ticks, bits)

    def test_learns(self):
        torch.manual_seed(2)
        net = mlp(64, 32, 10)
        x = self.x.reshape(-1, 64)
        trained(net, x, self.y, 300)
        module = tt.prepare(net, 3, 2, x)
        before = float(nn.functional.cross_entropy(module(x), self.y))
        windows = [float(m.scale()) for m in module.modules() if isinstance(m, tt.SpikeReLU)]
        trained(module, x, self.y, 150)
        self.assertLess(float(nn.functional.cross_entropy(module(x), self.y)), 0.6 * before)
        self.assertNotEqual(windows, [float(m.scale()) for m in module.modules() if isinstance(m, tt.SpikeReLU)])
        self.same(module, (64,), 3, 2)
        compiled = ttfs.compile("exported.onnx", ticks=3, weight_bits=2)
        self.assertTrue(compiled.verify(x[:20].numpy(), engines=("golden", "jit")).equal)
        right = (module(x).argmax(1) == self.y).float().mean()
        self.assertAlmostEqual(compiled.run(x.numpy(), self.y.numpy()).accuracy, float(right), places=6)

    def test_state_is_whole(self):
        """What is saved of a trained module makes another one, prepared with other samples, the same."""
        torch.manual_seed(5)
        x = self.x.reshape(-1, 64)
        module, other = tt.prepare(mlp(64, 16, 10), 7, 3, x), tt.prepare(mlp(64, 16, 10), 7, 3, 0.25 * x[:20])
        trained(module, x, self.y, 20)
        other.load_state_dict(copy.deepcopy(module.state_dict()))
        for name, tick in tt.spikes(module, x[:100]).items():
            np.testing.assert_array_equal(tick, tt.spikes(other, x[:100])[name], name)
        with torch.no_grad():
            np.testing.assert_array_equal(module(x[:100]).numpy(), other(x[:100]).numpy())

    def test_module_is_compiled(self):
        torch.manual_seed(4)
        net, x = mlp(64, 16, 10), self.x.reshape(-1, 64)[:50]
        compiled = ttfs.compile(net, example=x[:2], calib=x.numpy(), stop_after="spike")
        with torch.no_grad():
            np.testing.assert_allclose(compiled.run(x.numpy(), engine="relu").potentials, net(x).numpy(), atol=1e-4)

    def test_spike_relu(self):
        relu = tt.SpikeReLU(4, 2.0, learn_window=False)
        x = torch.tensor([-1.0, 0.2, 0.25, 0.3, 1.0, 1.9, 2.5], requires_grad=True)
        y = relu(x)
        self.assertEqual(y.tolist(), [0, 0, 0.5, 0.5, 1, 2, 2])
        y.sum().backward()
        self.assertEqual(x.grad.tolist(), [0, 1, 1, 1, 1, 1, 0])
        self.assertFalse(relu.log_window.requires_grad)
        for ticks, window in ((0, 1.0), (4, 0.0), (4, float("inf"))):
            with self.assertRaises(ValueError):
                tt.SpikeReLU(ticks, window)

    def test_one_end(self):
        torch.manual_seed(3)
        self.same(tt.prepare(Ends("one"), 7, 4, torch.rand(20, 4)), (4,), 7, 4)

    def refused(self, says, module, *shape, **more):
        with self.assertRaisesRegex(ValueError, says):
            tt.prepare(module, 7, 4, torch.rand(4, *shape), **more)

    def test_refusals(self):
        self.refused(r"2 \(Sigmoid\): chains of", nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Sigmoid()), 4)
        self.refused(r"0 \(Linear\): it is read by one ReLU", nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4)), 4)
        self.refused(r"0 \(Conv2d\): .* a MaxPool2d goes behind", nn.Sequential(nn.Conv2d(1, 2, 1), nn.MaxPool2d(2), nn.ReLU()), 1, 4, 4)
        self.refused(r"BatchNorm behind a Conv2d", nn.Sequential(nn.BatchNorm2d(1), nn.Conv2d(1, 2, 1)), 1, 4, 4)
        self.refused(r"without ceil_mode", nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True)), 1, 4, 4)
        self.refused(r"it gives 4 x 2 x 16", nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU(), nn.Flatten(2)), 1, 4, 4)
        self.refused(r"0 to top=0\.5 is expected", mlp(4, 4, 2), 4, top=0.5)
        self.refused(r"0 \(Conv2d\): padding_mode 'reflect'", nn.Sequential(nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect"), nn.ReLU()), 1, 4, 4)
        self.refused(r"0 \(Conv2d\): padding 'same' of an even", nn.Sequential(nn.Conv2d(1, 2, 2, padding="same"), nn.ReLU()), 1, 4, 4)
        self.refused(r"aux \(Linear\): nothing reads it", Ends(), 4)
        for ends in ("both", "some"):
            self.refused(r"output \(output\): the values of one layer", Ends(ends), 4)
        same = nn.Linear(4, 4)
        self.refused(r"used twice", nn.Sequential(same, nn.ReLU(), same), 4)
        for says, ticks, bits, samples, more in (
                ("weight_bits are 2 to 16", 7, 17, torch.rand(2, 4), {}), ("ticks are 1 to 65535", 0, 4, torch.rand(2, 4), {}),
                ("the percentile is above 0", 7, 4, torch.rand(2, 4), {"percentile": 2}), ("samples are from nan", 7, 4, torch.rand(0, 4), {}),
                ("samples are from nan", 7, 4, torch.full((2, 4), math.nan), {})):
            with self.assertRaisesRegex(ValueError, says):
                tt.prepare(mlp(4, 2), ticks, bits, samples, **more)
        with self.assertRaisesRegex(TypeError, "prepare"):
            tt.export(mlp(4, 2), "never.onnx")
        with self.assertRaisesRegex(ValueError, r"may pass 2\^24"):
            tt.export(tt.prepare(mlp(600, 2), 4095, 12, torch.rand(2, 600)), "never.onnx")


if __name__ == "__main__":
    unittest.main()
