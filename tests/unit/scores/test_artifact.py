"""Bytes that were not packed here are refused with a word; what was packed is the same again."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZipFile, ZipInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib import format as npy

from loyaltyloop.scores.models import artifact
from loyaltyloop.scores.models.artifact import pack, unpack

GOOD = pack({"a": np.arange(50.0), "b": np.arange(6, dtype=np.int32).reshape(2, 3)}, {"k": [1, 2]})


def test_what_was_packed_is_the_same_again_and_the_bytes_too() -> None:
    arrays, document = unpack(GOOD)
    assert document == {"k": [1, 2]}
    assert arrays["b"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert pack(dict(reversed(arrays.items())), document) == GOOD


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_changed_bytes_are_refused_or_harmless(changes: list[tuple[int, int]]) -> None:
    content = bytearray(GOOD)
    for place, value in changes:
        content[place] = value
    try:
        arrays, _ = unpack(bytes(content))
    except ValueError:
        return
    assert all(array.dtype.kind in "biuf" for array in arrays.values())


@given(st.integers(0, len(GOOD) - 1))
def test_bytes_that_end_too_soon_are_refused(end: int) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        unpack(GOOD[:end])


def zipped(method: int = ZIP_DEFLATED, **parts: bytes) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(ZipInfo(name.replace("_", ".")), content, method)
    return out.getvalue()


def headed(head: str) -> bytes:
    """An array with whatever head."""
    text = head.encode().ljust(118) + b"\n"
    return zipped(document_json=b"{}", a_npy=b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text)


def header(kind: str, shape: tuple[int, ...]) -> bytes:
    out = BytesIO()
    npy.write_array_header_1_0(out, {"descr": kind, "fortran_order": False, "shape": shape})
    return out.getvalue()


CODE = b"cos\nsystem\n(S'exit'\ntR."
STRANGE = {
    "nothing": b"",
    "code": CODE,
    "no document": zipped(a_npy=GOOD),
    "a document that is none": zipped(document_json=b"["),
    "nested without end": zipped(document_json=b"[" * 100_000),
    "an array of objects": zipped(document_json=b"{}", a_npy=header("|O", (1,)) + CODE),
    "an array of letters": zipped(document_json=b"{}", a_npy=header("<U1", (1,)) + b"a\0\0\0"),
    "larger than any memory": zipped(document_json=b"{}", a_npy=header("<f8", (10**13,))),
    "smaller than nothing": zipped(document_json=b"{}", a_npy=header("<f8", (-1,))),
    "a head that never ends": headed("{'descr': '<f8', 'shape': (3,"),
    "a text that never ends": headed("{'descr': '''<f8"),
    "a head of a list": headed("{['a']: 1}"),
    "wider than any number": headed("{'descr': '<f8', 'fortran_order': False, 'shape': (" + "9" * 30 + ",)}"),
    "no number": zipped(document_json=b"{}", a_npy=header("<f8", (1,)) + np.array([np.nan]).tobytes()),
    "beyond all numbers": zipped(
        document_json=b"{}", a_npy=header("<f8", (1,)) + np.array([np.inf]).tobytes()
    ),
    "packed in another way": zipped(ZIP_LZMA, document_json=b"{}"),
    "packed in another way, and damaged": zipped(ZIP_LZMA, document_json=b"{}" * 99).replace(b"]", b"\xff"),
    "shorter than it says": zipped(document_json=b"{}", a_npy=header("<f8", (9,)) + b"\0" * 8),
}


@pytest.mark.parametrize("name", STRANGE)
def test_what_was_not_packed_here_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        unpack(STRANGE[name])


def test_what_would_fill_the_memory_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifact, "MOST", 1000)
    with pytest.raises(ValueError, match="a model of more than 1,000 bytes"):
        unpack(zipped(document_json=b"{}", a_npy=b"\0" * 2000))


def test_what_is_no_number_is_not_packed() -> None:
    with pytest.raises(ValueError, match="a: an array of <U1, not of numbers"):
        pack({"a": np.array(["x"])}, {})
    with pytest.raises(ValueError, match="a: not all of it are finite numbers"):
        pack({"a": np.array([1.0, np.nan])}, {})
