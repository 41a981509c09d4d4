"""The SHA-256 of a safetensors file, inside of it, so that any changed byte is noticed.

It is the first text of the file's metadata, to other readers of the format as good as any, and
computed over the whole file with zeros in its own place. A file whose beginning is for the most
part as it is written here must have it, so that damage to the beginning does not take the check
away. What other software writes begins otherwise, also if it copies the text.

Source of the format: https://github.com/huggingface/safetensors, section "Format".
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping

from minicnn.errors import FormatError

KEY = "minicnn_checksum"  # of the metadata
ZEROS = "0" * 64
HEADER = 8  # bytes of the header's length, which stands before it
START = b'{"__metadata__": {"minicnn_checksum": "sha256:'  # two spaces: others write none
DIGEST = slice(HEADER + len(START), HEADER + len(START) + len(ZEROS))


def sealed(data: bytes, metadata: Mapping[str, str]) -> list[bytes | memoryview]:
    """Return the pieces of a safetensors file without metadata, with these and the checksum.

    The texts stand in the order of their names, so that the same content gives the same bytes.

    Raises:
        TypeError: If a name or a text is no string of Unicode.
        ValueError: If the name of the checksum is among them.
    """
    for text in (*metadata, *metadata.values()):
        if not isinstance(text, str):
            raise TypeError(f"metadata must be strings by name, got {text!r}")
    if KEY in metadata:
        raise ValueError(f"metadata must not have {KEY!r}, which is the file's own")
    texts = {KEY: f"sha256:{ZEROS}", **dict(sorted(metadata.items()))}
    try:
        written = json.dumps({"__metadata__": texts}, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise TypeError(f"metadata must be texts of Unicode: {error}") from error
    begin = HEADER + int.from_bytes(data[:HEADER], "little")
    entries = data[HEADER + 1 : begin].rstrip()  # after the opening brace
    header = written[:-1] + (b"" if entries == b"}" else b",") + entries
    header += b" " * (-len(header) % 8)  # where numbers begin, any of them is aligned
    head, values = len(header).to_bytes(HEADER, "little") + header, memoryview(data)[begin:]
    assert head[HEADER : DIGEST.start] == START
    return [head[: DIGEST.start], _digest(head, values), head[DIGEST.stop :], values]


def verify(path: str | os.PathLike[str], data: bytes) -> bool:
    """Return whether the bytes of a file have a checksum.

    Raises:
        FormatError: If they have, and it is not theirs.
    """
    alike = sum([got == wanted for got, wanted in zip(data[HEADER : DIGEST.start], START)])
    if 3 * alike < 2 * len(START):
        return False
    head = data[: DIGEST.start] + ZEROS.encode()
    written, found = data[DIGEST], _digest(head, memoryview(data)[DIGEST.stop :])
    if found != written:
        raise FormatError(
            path,
            f"is damaged: its SHA-256 should be {written[:12].decode('ascii', 'replace')}...,"
            f" but is {found[:12].decode()}...",
        )
    return True


def _digest(head: bytes, rest: memoryview) -> bytes:
    """Return the SHA-256 of both, in hexadecimal digits."""
    digest = hashlib.sha256(head)
    digest.update(rest)
    return digest.hexdigest().encode()
