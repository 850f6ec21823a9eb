"""Certificates of Amazon SNS: fetched once from Amazon's own host, and from nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import httpx
from cryptography.x509 import Certificate, load_pem_x509_certificate

from loyaltyloop.web.providers.delivery import NotNow, NotTheirs

# Not any host below amazonaws.com: whoever rents a bucket or a machine there has one.
_HOST = r"https://sns\.[a-z]{2}(?:-[a-z]+){1,3}-\d{1,2}\.amazonaws\.com(?:\.cn)?/"
_CERTIFICATE = re.compile(_HOST + r"SimpleNotificationService-[0-9a-f]{16,64}\.pem")
_CONFIRMATION = re.compile(_HOST + r"\?Action=ConfirmSubscription&[\w=&%:.-]{1,2000}")
LARGEST = 64 * 1024  # bytes
PATIENCE = 5.0  # seconds
MOST = 32  # certificates that are kept; each region has one at a time

Fetch = Callable[[str], bytes]


def fetch(url: str) -> bytes:
    """What is there, by GET: nobody is followed elsewhere. NotNow."""
    found = bytearray()
    try:
        with httpx.stream("GET", url, timeout=PATIENCE, follow_redirects=False) as answer:
            if answer.status_code != httpx.codes.OK:
                raise NotNow(f"Amazon answers {answer.status_code}")
            for piece in answer.iter_bytes():
                found += piece
                if len(found) > LARGEST:
                    raise NotNow("Amazon answers too much")
    except httpx.HTTPError as error:
        raise NotNow(f"Amazon does not answer ({type(error).__name__})") from None
    return bytes(found)


@dataclass
class Certificates:
    """Amazon's certificates by their addresses. `fetch` is replaced in tests alone."""

    fetch: Fetch = fetch
    _known: dict[str, Certificate] = field(default_factory=dict)

    def get(self, url: object, now: datetime) -> Certificate:
        """The certificate at this address. NotTheirs, if it is none of Amazon's; NotNow."""
        if not isinstance(url, str) or not _CERTIFICATE.fullmatch(url):
            raise NotTheirs("the certificate is not Amazon's")
        found = self._known.get(url)
        if found is None:
            try:
                found = load_pem_x509_certificate(self.fetch(url))
            except ValueError:
                raise NotTheirs("the certificate cannot be read") from None
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[url] = found
        if not found.not_valid_before_utc <= now <= found.not_valid_after_utc:
            raise NotTheirs("the certificate has expired")
        return found

    def confirm(self, url: object) -> None:
        """Say that the subscription is wanted. NotTheirs, if the address is not Amazon's; NotNow."""
        if not isinstance(url, str) or not _CONFIRMATION.fullmatch(url):
            raise NotTheirs("the confirmation does not lead to Amazon")
        self.fetch(url)
