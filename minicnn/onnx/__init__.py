"""Networks in ONNX files: `export` writes one, `load` makes a Module of one.

Both need the onnx package: `pip install '.[onnx]'` in minicnn's source folder.
"""

from minicnn.onnx.export import export
from minicnn.onnx.load import OnnxModel, load

__all__ = ["export", "load", "OnnxModel"]
