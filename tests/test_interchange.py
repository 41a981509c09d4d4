"""Arrays to and from other libraries: DLPack, `__array__`, and files with their dtypes."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

import minicnn
from minicnn import FormatError, Tensor


def test_dlpack_shares_memory_both_ways() -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    t = minicnn.from_dlpack(array)
    back = np.from_dlpack(t)
    back[0, 0] = 7
    assert array[0, 0] == t.data[0, 0] == 7
    assert t.__dlpack_device__() == (1, 0)  # the processor's memory
    with pytest.raises(BufferError, match=r"requires a gradient.*use \.detach\(\)"):
        np.from_dlpack(Tensor([1.0], requires_grad=True))
    with pytest.raises(TypeError, match="from_dlpack: x must have __dlpack__, got list"):
        minicnn.from_dlpack([1.0])


def test_dlpack_with_torch() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    theirs = torch.arange(4.0)
    ours = minicnn.from_dlpack(theirs)
    theirs[0] = 9
    assert ours.tolist() == [9, 1, 2, 3]
    assert torch.from_dlpack(ours).data_ptr() == theirs.data_ptr()
    with pytest.raises(BufferError):
        minicnn.from_dlpack(torch.ones(2, dtype=torch.bfloat16))


def test_array_follows_numpys_rules_of_copies_and_dtypes() -> None:
    t = Tensor(np.arange(3, dtype=np.float32))
    assert np.shares_memory(np.asarray(t), t.data)
    assert not np.shares_memory(np.array(t), t.data)
    assert np.asarray(t, dtype=np.float64).dtype == np.float64
    assert t.__array__(copy=False) is t.data
    with pytest.raises(ValueError, match=r"from float32 to .* must copy"):
        t.__array__(np.float64, copy=False)


def safetensors(path: Path, dtype: str, data: bytes, shape: list[int]) -> Path:
    header = json.dumps({"w": dict(dtype=dtype, shape=shape, data_offsets=[0, len(data)])})
    path.write_bytes(struct.pack("<Q", len(header)) + header.encode() + data)
    return path


def test_halves_are_read_as_they_are_or_converted(tmp_path: Path) -> None:
    values = np.array([[1.5, -2.0, 0.1]], "<f2")
    path = safetensors(tmp_path / "f16", "F16", values.tobytes(), [1, 3])
    assert minicnn.load(path)["w"].dtype == np.float16
    converted = minicnn.load(path, dtype="float32")["w"]
    assert converted.dtype == np.float32
    np.testing.assert_array_equal(converted.data, values.astype(np.float32))


def test_bfloat16_needs_a_dtype(tmp_path: Path) -> None:
    # 1.5 = 0x3FC0, -2 = 0xC000, and 0x4049 = 3.140625, the upper half of pi as a float32
    data = struct.pack("<3H", 0x3FC0, 0xC000, 0x4049)
    path = safetensors(tmp_path / "bf16", "BF16", data, [3])
    with pytest.raises(FormatError, match=r"w is bfloat16.*dtype='float32'"):
        minicnn.load(path)
    for dtype in (np.float32, np.float64):
        loaded = minicnn.load(path, dtype=dtype)["w"]
        assert (loaded.dtype, loaded.tolist()) == (dtype, [1.5, -2.0, 3.140625])
    with pytest.raises(TypeError, match="load: dtype must be float32 or float64, got int8"):
        minicnn.load(path, dtype="int8")


def test_dtypes_that_numpy_does_not_have_are_named(tmp_path: Path) -> None:
    path = safetensors(tmp_path / "f8", "F8_E4M3", b"\x01\x02", [2])
    with pytest.raises(FormatError, match="w has dtype F8_E4M3"):
        minicnn.load(path)
