"""A file is known by its header, once every line of it can be read."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from loyaltyloop.errors import DataError
from loyaltyloop.store.importing.csv_files import inspect, open_rows
from loyaltyloop.store.importing.customer_rows import check_header


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"user_id,city\n1,Paris\n", "customers"),
        ("\ufeffcity,user_id\r\nMálaga,1\r\n".encode(), "customers"),
        (b"product_id,name\n1,Tea\n", "products"),
        (b"user_id,last_order_id\n1,o7\n", "customers"),
        (b'\n  {"type": "track"}\n', "events"),
        (gzip.compress(b"user_id\n1\n", mtime=0), "customers"),
    ],
)
def test_a_file_is_known_by_its_header(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert inspect(path) == kind


def test_rows_know_their_line(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text('user_id,note\n\n1,"two\nlines"\n2,x\n')
    with open_rows(path) as (header, rows):
        assert header == ("user_id", "note")
        assert [(row.line, row.fields) for row in rows] == [(4, ("1", "two\nlines")), (5, ("2", "x"))]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "latin.csv",
            "user_id,city\n1,Paris\n2,Málaga\n".encode("latin-1"),
            "line 3: not UTF-8, near '2,Málaga'",
        ),
        ("nul.csv", b"user_id,city\n1,Par\0is\n", "line 2: holds NUL bytes, so it is no text"),
        ("wide.csv", "user_id\n1\n".encode("utf-16"), "this is UTF-16 text; save it as CSV in UTF-8"),
        ("book.csv", b"PK\x03\x04abc", "this is a spreadsheet or zip archive"),
        ("broken.csv.gz", gzip.compress(b"user_id\n1\n" * 99, mtime=0)[:-9], "the gzip file is broken"),
        ("false.csv.gz", b"\x1f\x8bnot gzip at all", "the gzip file is broken"),
        ("head.csv", "UserID,mail\n1,x\n", "'UserID' is probably 'user_id'"),
        (
            "other.csv",
            "invoice,stock\n1,2\n",
            "neither 'user_id' (customers) nor 'product_id' (products) nor 'code' (codes of vouchers)."
            " It has",
        ),
        (
            "orders.csv",
            "order_id,customer_id,ordered_at,product_id\n1,ada,2026-01-01,p\n",
            "with the columns 'order_id' and 'customer_id' and 'product_id' these are orders. Orders come as",
        ),
        ("heads.csv", "Order ID,userId,total\n1,ada,4.50\n", "the columns 'Order ID' and 'userId' these are"),
        ("semi.csv", "user_id;city\n1;Paris\n", "the fields are separated by ';'; save it with commas"),
        ("twice.csv", "user_id,city,city\n1,a,b\n", "two columns are called 'city'"),
        ("nameless.csv", "user_id,,city\n1,a,b\n", "column 2 has no name in the header"),
        ("quote.csv", 'user_id,city\n1,"Paris\n2,Rome\n', "is a quotation mark left open in a field?"),
        ("empty.csv", "\n\n", "empty; expected a header, or one call a line"),
        ("array.jsonl", '[{"type": "track"}]', "a JSON array; write one call a line"),
    ],
)
def test_a_file_that_is_not_what_it_says(tmp_path: Path, name: str, content: str | bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(DataError) as error:
        inspect(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("user_id,e-mail,firstname", "'e-mail' is probably 'email', 'firstname' is probably 'first_name':"),
        ("user_id,Email", "'Email' is probably 'email':"),
        ("user_id,createdAt,time zone", "'createdAt' is probably 'created_at', 'time zone' is"),
        ("user_id,birth_date,consent_mail", "'birthday', 'consent_mail' is probably 'consent_email':"),
    ],
)
def test_a_column_that_is_called_nearly_as_a_known_one(tmp_path: Path, header: str, said: str) -> None:
    with pytest.raises(DataError) as error:
        check_header(tmp_path, header.split(","))
    assert said in str(error.value)
    assert str(error.value).endswith("or call what is an attribute of your own by a name less like it.")


@pytest.mark.parametrize(
    "header",
    [
        "user_id,email,e-mail",  # the known one is there: the other is something else
        "user_id,phone,phone2",
        "user_id,phone2,address1",
        "user_id,consent_post,created_by,name,country_code,last_name_kana,tag,zone,locality,shoe,zip",
        "user_id,orders,reason",
    ],
)
def test_columns_of_ones_own(tmp_path: Path, header: str) -> None:
    check_header(tmp_path, header.split(","))


def test_a_line_of_fifty_megabytes_is_refused_without_being_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with path.open("wb") as file:
        file.write(b'{"type": "track"}\n')
        file.write(b'{"a": "')
        file.seek(50_000_000, os.SEEK_CUR)
        file.write(b'"}\n')
    with pytest.raises(DataError, match="line 2: longer than 1 MiB"):
        inspect(path)
