# SPDX-License-Identifier: Apache-2.0
"""What can be given as a model: a path, the bytes of an ONNX file, an onnx.ModelProto, a torch.nn.Module."""
from __future__ import annotations

import inspect
import os
import tempfile
from contextlib import contextmanager
from typing import Any, Iterator


def exported(module: Any, example: Any, file: str) -> None:
    """A torch module in evaluation mode, with a free batch; names of its layers are kept."""
    import torch  # only who has a module needs it

    if example is None:
        raise TypeError("a torch.nn.Module needs example=, one batch of samples, to be exported with")
    known = inspect.signature(torch.onnx.export).parameters  # PyTorch 1.13 has no `dynamo`, and opsets to 17
    more = {"dynamo": False, "opset_version": 18} if "dynamo" in known else {"opset_version": 17}
    torch.onnx.export(module.eval(), (torch.as_tensor(example),), file, input_names=["input"],
                      dynamic_axes={"input": {0: "batch"}}, **more)


@contextmanager
def model_file(model: Any, example: Any = None) -> Iterator[str]:
    """The path of a file with the model, which may be gone afterwards."""
    if isinstance(model, (str, os.PathLike)):
        yield os.fspath(model)
        return
    with tempfile.TemporaryDirectory(prefix="ttfs-model-") as folder:
        file = os.path.join(folder, "model.onnx")
        if isinstance(model, (bytes, bytearray, memoryview)) or hasattr(model, "SerializeToString"):
            with open(file, "wb") as f:
                f.write(model.SerializeToString() if hasattr(model, "SerializeToString") else model)
        elif hasattr(model, "state_dict"):
            exported(model, example, file)
        else:
            raise TypeError("a model is a path, bytes, an onnx.ModelProto or a torch.nn.Module, not %s" % type(model))
        yield file
