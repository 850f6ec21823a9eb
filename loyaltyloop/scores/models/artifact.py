"""Fitted models as bytes: plain arrays and one JSON document, never code.

The same content gives the same bytes. Nothing that is read here can run: arrays of numbers alone are taken,
none of objects.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from tokenize import TokenError
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import numpy as np
import orjson
from numpy.lib import format as npy
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]

MOST = 512 * 1024 * 1024  # bytes of a model when unpacked
_DOCUMENT = "document.json"
_ALWAYS = (1980, 1, 1, 0, 0, 0)  # a zip file tells when its parts were written: these always were then
_KINDS = "biuf"  # truth values, integers, decimals
# MemoryError: an array that says that it is larger than any memory. TokenError and the next ones: numpy reads
# the head of an array as if it were a line of Python.
_STRANGE = (
    BadZipFile,
    KeyError,
    EOFError,
    OSError,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    MemoryError,
    TokenError,
    OverflowError,
    TypeError,
)


def pack(arrays: Arrays, document: Any) -> bytes:
    """Arrays of finite numbers, and what else there is to say of them. ValueError for other arrays."""
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        _write(archive, _DOCUMENT, orjson.dumps(document, option=orjson.OPT_SORT_KEYS))
        for name in sorted(arrays):
            _write(archive, f"{name}.npy", _bytes_of(name, arrays[name]))
    return out.getvalue()


def unpack(content: bytes) -> tuple[dict[str, NDArray[Any]], Any]:
    """What was packed. ValueError says what is wrong with bytes that were not packed here."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            _look_at(archive.infolist())
            document = orjson.loads(archive.read(_DOCUMENT))
            names = [name for name in archive.namelist() if name != _DOCUMENT]
            return {
                name.removesuffix(".npy"): _array_of(name, archive.read(name)) for name in names
            }, document
    except _STRANGE as error:
        raise ValueError(f"not a fitted model: {error}") from error


def _look_at(parts: Sequence[ZipInfo]) -> None:
    """Before anything is unpacked."""
    if sum(part.file_size for part in parts) > MOST:
        raise ValueError(f"a model of more than {MOST:,} bytes")
    if any(part.compress_type not in (ZIP_DEFLATED, ZIP_STORED) for part in parts):
        raise ValueError("not a fitted model: packed in a way in which none is packed here")


def _write(archive: ZipFile, name: str, content: bytes) -> None:
    part = ZipInfo(name, _ALWAYS)
    part.compress_type = ZIP_DEFLATED
    archive.writestr(part, content)


def _bytes_of(name: str, array: NDArray[Any]) -> bytes:
    _check(name, array)
    out = BytesIO()
    npy.write_array(out, np.ascontiguousarray(array), allow_pickle=False)
    return out.getvalue()


def _array_of(name: str, content: bytes) -> NDArray[Any]:
    array: NDArray[Any] = npy.read_array(BytesIO(content), allow_pickle=False)
    _check(name, array)
    return array


def _check(name: str, array: NDArray[Any]) -> None:
    if array.dtype.kind not in _KINDS:
        raise ValueError(f"{name}: an array of {array.dtype}, not of numbers")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: not all of it are finite numbers")
