"""Addresses of e-mail: which may be written to, and how they stand in what leaves."""

from __future__ import annotations

import re

import idna
from email_validator import EmailNotValidError, validate_email

_COMMON = re.compile(
    r"[A-Za-z0-9_+-]{1,32}(\.[A-Za-z0-9_+-]{1,31})?@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,4}[A-Za-z]{2,}"
)


def valid_address(address: str) -> bool:
    """Is this an e-mail address one may write to? Only its form is looked at.

    The common form is recognised at once; the library, a hundred times slower, judges the rest.
    """
    if _COMMON.fullmatch(address) and len(address) <= 254:
        return True
    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def wire_address(address: str) -> str:
    """The address with its domain in ASCII, by the IDNA of today: that of 2003 leads `straße` to `strasse`.

    A local part beyond ASCII stays as it is. ValueError for a domain that is none.
    """
    local, _, domain = address.rpartition("@")
    return address if domain.isascii() else f"{local}@{idna.encode(domain, uts46=True).decode()}"
