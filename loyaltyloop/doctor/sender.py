"""What a sender's domain must say of itself, record by record, and whether it does.

SPF: RFC 7208; DKIM: RFC 6376; DMARC: RFC 7489. Signing is the relay's business: its own pages show the key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from loyaltyloop.doctor.finding import Finding
from loyaltyloop.journey.addresses import is_local
from loyaltyloop.settings import Settings

ABOUT = "sender"
# Name and type of a record → its texts; nothing where there is none. OSError if nobody can be asked.
LookUp = Callable[[str, str], Sequence[str]]
# Who leaves mail for the sender → what its SPF names, and selectors of DKIM that are known.
_RELAYS: dict[str, tuple[str, tuple[str, ...]]] = {
    "postmark": ("include:spf.mtasv.net", ()),
    "sendgrid": ("include:sendgrid.net", ("s1", "s2")),
    "mailgun": ("include:mailgun.org", ("mx", "k1", "pic", "smtp")),
    "resend": ("include:amazonses.com", ("resend",)),
    "ses": ("include:amazonses.com", ()),
}


@dataclass(frozen=True)
class Record:
    """A record of DNS to make: `value` as it should begin, or what it is."""

    name: str
    type: str
    value: str
    why: str


def records(settings: Settings, address: str) -> list[Record]:
    """What must stand in DNS so that mails from this address are believed."""
    domain = domain_of(address)
    names, selectors = _RELAYS.get(settings.email, (_host(settings.smtp_host), ()))
    selector = selectors[0] if selectors else "<selector>"
    return [
        Record(
            domain, "TXT", f"v=spf1 {names} ~all", "SPF: who may send for the domain; one such record alone"
        ),
        Record(f"{selector}._domainkey.{domain}", "TXT", "v=DKIM1; p=<key>", "DKIM: as your relay shows it"),
        Record(
            f"_dmarc.{domain}",
            "TXT",
            f"v=DMARC1; p=none; rua=mailto:{address}",
            "DMARC: later p=quarantine, p=reject",
        ),
        Record(
            domain, "MX", "<where mail arrives>", "people answer, and servers return what they cannot deliver"
        ),
    ]


def _host(host: str) -> str:
    """A mail server as SPF names it; of one on this machine nobody else knows the address."""
    if is_local(host):
        return "a:<your mail server>"
    try:
        return f"ip{ip_address(host).version}:{host}"
    except ValueError:
        return f"a:{host}"


def domain_of(address: str) -> str:
    """The domain of an address."""
    return address.rpartition("@")[2].lower()


def told(settings: Settings, address: str) -> Iterator[Finding]:
    """The records, for whoever makes them."""
    for one in records(settings, address):
        yield Finding(ABOUT, "note", f"{one.name}  {one.type}  {one.value}", one.why)


def look(settings: Settings, address: str, selectors: Sequence[str], ask: LookUp) -> Iterator[Finding]:
    """Whether DNS says so. `selectors`: of DKIM, beside those that are known of the relay."""
    domain = domain_of(address)
    known = [*selectors, *_RELAYS.get(settings.email, ("", ()))[1]]
    try:
        yield _spf(domain, ask(domain, "TXT"), settings)
        yield _dkim(domain, known, ask)
        yield _dmarc(domain, ask(f"_dmarc.{domain}", "TXT"))
        if ask(domain, "MX"):
            yield Finding(ABOUT, "good", f"{domain} takes mail")
        else:
            yield Finding(ABOUT, "wrong", f"{domain} takes no mail", "Make an MX record: people answer.")
    except OSError as error:
        yield Finding(
            ABOUT, "wrong", f"DNS cannot be asked about {domain}: {error}", "Try again, or elsewhere."
        )


def _spf(domain: str, texts: Sequence[str], settings: Settings) -> Finding:
    found = [text for text in texts if text.lower().split(" ")[0] == "v=spf1"]
    (wanted, *_) = records(settings, f"x@{domain}")
    remedy = f"Make the record {domain} TXT {wanted.value!r}."
    if not found:
        return Finding(ABOUT, "wrong", f"{domain} has no SPF record", remedy)
    if len(found) > 1:
        return Finding(
            ABOUT, "wrong", f"{domain} has {len(found)} SPF records: then none counts", "Make one of them."
        )
    words = found[0].lower().split()
    if settings.email in _RELAYS and _RELAYS[settings.email][0] not in words:
        what = f"SPF of {domain} does not name {settings.email}"
        return Finding(ABOUT, "note", what, "A bounce domain of the relay's own may: else add it.")
    if words[-1] in ("+all", "all", "?all"):
        return Finding(
            ABOUT, "wrong", f"SPF of {domain} ends in {words[-1]}: anybody may send", "End it in ~all."
        )
    return Finding(ABOUT, "good", f"{domain} has an SPF record")


def _dkim(domain: str, selectors: Sequence[str], ask: LookUp) -> Finding:
    if not selectors:
        what = "which selector DKIM is signed with is not known here"
        return Finding(
            ABOUT, "note", what, "Name it: --selector NAME; or look at a mail that arrived: --message FILE."
        )
    for selector in selectors:
        for text in ask(f"{selector}._domainkey.{domain}", "TXT"):
            tags = dict(part.strip().partition("=")[::2] for part in text.split(";"))
            if tags.get("p"):
                return Finding(ABOUT, "good", f"{domain} has a DKIM key ({selector})")
    tried = ", ".join(f"{selector}._domainkey.{domain}" for selector in selectors)
    return Finding(ABOUT, "wrong", f"no DKIM key at {tried}", "Make the record that your relay shows you.")


def _dmarc(domain: str, texts: Sequence[str]) -> Finding:
    found = [text for text in texts if text.lower().replace(" ", "").startswith("v=dmarc1")]
    if len(found) != 1:
        count = "no" if not found else str(len(found))
        remedy = f"Make one record _dmarc.{domain} TXT 'v=DMARC1; p=none; rua=mailto:...'."
        return Finding(ABOUT, "wrong", f"{domain} has {count} DMARC record{'s' * (len(found) > 1)}", remedy)
    policy = dict(part.strip().lower().partition("=")[::2] for part in found[0].split(";")).get("p", "")
    if policy not in ("none", "quarantine", "reject"):
        return Finding(ABOUT, "wrong", f"DMARC of {domain} says no policy", "Write p=none to begin with.")
    return Finding(ABOUT, "good", f"{domain} has a DMARC record, p={policy}")


def ask_dns(name: str, kind: str) -> Sequence[str]:
    """The real look-up. OSError if nobody answers."""
    from dns.exception import DNSException
    from dns.resolver import NXDOMAIN, NoAnswer, Resolver

    try:
        found = Resolver().resolve(name, kind, lifetime=5)
    except (NXDOMAIN, NoAnswer):
        return []
    except (DNSException, OSError) as error:
        raise OSError(type(error).__name__) from None
    return [_text(row) for row in found]


def _text(row: object) -> str:
    parts = getattr(row, "strings", None)
    return b"".join(parts).decode("utf-8", "replace") if parts else str(row)
