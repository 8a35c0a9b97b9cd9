# SPDX-License-Identifier: Apache-2.0
"""Writes the files of this folder with the exporters of snnTorch, Norse and Sinabs, and with the
package nir itself: README.md says with which versions. python3 tests/nir/make.py [FOLDER]

They need torch. Weights come from a seeded generator of torch; the files' bytes also depend on h5py.
"""
import os
import sys

import nir
import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))


def grid(*shape):
    """Weights that float32 holds exactly."""
    return torch.round(torch.randn(*shape) * 64) / 256


def settle(net):
    torch.manual_seed(1)
    with torch.no_grad():
        for m in net.modules():
            if isinstance(m, (torch.nn.Linear, torch.nn.Conv2d)):
                m.weight.copy_(grid(*m.weight.shape))
                m.bias.copy_(grid(*m.bias.shape))
    return net


def snntorch_mlp():
    """Leaky neurons of beta 1 do not leak; snnTorch has no other neuron that integrates."""
    import snntorch as snn
    from snntorch.export_nir import export_to_nir
    net = torch.nn.Sequential(torch.nn.Linear(64, 12), snn.Leaky(beta=torch.ones(12), threshold=torch.full((12,), 1.5),
                                                           init_hidden=True), torch.nn.Linear(12, 10))
    return export_to_nir(settle(net), torch.zeros(1, 64), ignore_dims=[0])


def sinabs_cnn():
    import sinabs.layers as sl
    from sinabs.nir import to_nir
    net = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3, padding=1), sl.IAFSqueeze(batch_size=1),
                              sl.SumPool2d(2), torch.nn.Flatten(), torch.nn.Linear(64, 10))
    return to_nir(settle(net), torch.zeros(1, 1, 8, 8))


def norse_mlp():
    import torch.utils._pytree as tree
    if not hasattr(tree, "register_pytree_node"):  # its name before torch 2.2
        tree.register_pytree_node = tree._register_pytree_node
    import norse.torch as norse
    neurons = norse.IAFCell(norse.IAFParameters(v_th=torch.full((12,), 2.0), method="heaviside"))
    net = norse.SequentialState(torch.nn.Linear(64, 12), neurons, torch.nn.Linear(12, 10))
    return norse.to_nir(settle(net), torch.zeros(64))


def plain_cnn():
    """What has no exporter: edges that meet, a nested graph, an average, a scale, an old IF without v_reset."""
    torch.manual_seed(1)
    ones = np.ones((4, 8, 8), np.float32)
    inner = nir.NIRGraph(
        nodes={"input": nir.Input(np.array([4, 8, 8])), "output": nir.Output(np.array([4, 8, 8])),
               "conv": conv(4, 4), "fire": nir.IF(r=ones, v_threshold=2 * ones, v_reset=0 * ones)},
        edges=[("input", "conv"), ("conv", "fire"), ("fire", "output")])
    nodes = {"input": nir.Input(np.array([1, 8, 8])), "stem": conv(4, 1),
             "fire": nir.IF(r=ones, v_threshold=ones, v_reset=0 * ones), "block": inner,
             "scale": nir.Scale(np.full((4, 8, 8), 0.5, np.float32)),
             "join": nir.IF(r=ones, v_threshold=ones, v_reset=0 * ones),
             "pool": nir.AvgPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
             "flat": nir.Flatten(np.array([4, 4, 4]), 0, -1),
             "fc": nir.Affine(grid(10, 64).numpy(), grid(10).numpy()),
             "output": nir.Output(np.array([10]))}
    chain = ["input", "stem", "fire", "block", "join", "pool", "flat", "fc", "output"]
    return nir.NIRGraph(nodes=nodes, edges=list(zip(chain, chain[1:])) + [("fire", "scale"), ("scale", "join")])


def conv(out, into):
    return nir.Conv2d(input_shape=(8, 8), weight=grid(out, into, 3, 3).numpy(), stride=1, padding=1, dilation=1, groups=1,
                      bias=grid(out).numpy())


def threshold_mlp():
    torch.manual_seed(1)
    return nir.NIRGraph.from_list(
        nir.Input(np.array([64])), nir.Affine(grid(12, 64).numpy(), grid(12).numpy()),
        nir.Threshold(np.full(12, 0.25, np.float32)), nir.Affine(grid(10, 12).numpy(), grid(10).numpy()),
        nir.Output(np.array([10])))


def refused():
    """All that has no spiking ReLU in one network: every node of it must be named."""
    v = np.ones(4, np.float32)
    from_list = [nir.Affine(np.eye(4, dtype=np.float32), 0 * v), nir.LIF(0.01 * v, v, 0 * v, v, 0 * v),
                 nir.Delay(v), nir.CubaLIF(0.01 * v, 0.01 * v, v, 0 * v, v, 0 * v, v), nir.LI(0.01 * v, v, 0 * v),
                 nir.CubaLI(0.01 * v, 0.01 * v, v, 0 * v, v)]
    nodes = {"input": nir.Input(np.array([4])), "output": nir.Output(np.array([4])),
             "loop": nir.Linear(np.eye(4, dtype=np.float32))}
    names = ["input"]
    for n in from_list:
        names.append(type(n).__name__.lower())
        nodes[names[-1]] = n
    edges = list(zip(names, names[1:])) + [("cubali", "output"), ("lif", "loop"), ("loop", "lif")]
    return nir.NIRGraph(nodes=nodes, edges=edges)


MADE = {"snntorch.nir": snntorch_mlp, "sinabs.nir": sinabs_cnn,
        "norse.nir": norse_mlp, "nir.nir": plain_cnn, "threshold.nir": threshold_mlp, "refused.nir": refused}


def main(folder):
    for name, graph in MADE.items():
        nir.write(os.path.join(folder, name), graph())


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else HERE)
