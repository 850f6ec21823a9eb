"""People told from machines: by one response alone, and by the company in which it came."""
# ruff: noqa: E501 - agents stand as they are sent

from __future__ import annotations

import csv
import random
from datetime import UTC, date, datetime, timedelta

import pytest

from loyaltyloop.web.responses.agents import FILE, Kind, agents, is_machine
from loyaltyloop.web.responses.machines import (
    AT_ONCE,
    HIDDEN,
    REASONS,
    TOO_SOON,
    Beside,
    Seen,
    all_of,
    by_company,
    reason,
    span_of,
)

LEFT = datetime(2026, 5, 20, 16, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


def after(seconds: float) -> datetime:
    return LEFT + timedelta(seconds=seconds)


# ── one response alone ──────────────────────────────────────────────────────


def seen(
    kind: Kind = "clicked",
    seconds: float = 600,
    agent: str | None = FIREFOX,
    method: str = "GET",
    purpose: str = "",
    hidden: bool = False,
    left: bool = True,
) -> Seen:
    return Seen(kind, after(seconds), LEFT if left else None, agent, method, purpose, hidden)


SEEN = [
    (seen(), ""),
    (seen("opened"), ""),
    (seen(hidden=True), HIDDEN),
    (seen(hidden=True, method="HEAD"), HIDDEN),
    (seen(method="HEAD"), "HEAD"),
    (seen("opened", method="HEAD"), "HEAD"),
    (seen(purpose="prefetch"), "prefetch"),
    (seen(purpose="Prefetch;prerender"), "prefetch"),
    (seen(purpose="  preview"), "prefetch"),
    (seen(purpose="document"), ""),
    (seen(agent=""), "no agent"),
    (seen(agent=" "), "no agent"),
    (seen(agent=None), ""),
    (seen(agent="curl/8.4.0"), "known agent"),
    (seen("opened", agent="Mozilla/5.0"), "known agent"),
    (seen(seconds=0), TOO_SOON),
    (seen(seconds=2), TOO_SOON),
    (seen(seconds=2.001), ""),
    (seen("opened", seconds=1), TOO_SOON),
    (seen(seconds=-1), TOO_SOON),
    (seen(seconds=-600), TOO_SOON),
    (seen(seconds=-601), ""),
    (seen(seconds=1, left=False), ""),
]


@pytest.mark.parametrize(("one", "why"), SEEN)
def test_what_one_response_tells(one: Seen, why: str) -> None:
    assert reason(one) == why


def test_every_reason_has_its_case() -> None:
    assert {why for _, why in SEEN} == {"", *(name for name, _ in REASONS)}


# ── agents ──────────────────────────────────────────────────────────────────

# What people read mail and pages with. Written down by their makers, or sent by the programs themselves.
PEOPLE = [
    FIREFOX,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Avast/138.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/300.0.598994205 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22A3354 [FBAN/FBIOS;FBAV/480.0.0.35.110;FBBV/640000000]",
    "Mozilla/5.0 (Linux; Android 16; Pixel 10 Pro XL; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/146.0.7680.174 Mobile Safari/537.36 Instagram 400.0",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 7.0; CUBOT NOTE Plus Build/NRD90M) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/80.0.3987.99 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; U; Android 8.1.0; de-de; CUBOT_P20 Build/O11019) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/71.0.3578.99 Mobile Safari/537.36",
    "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)",
    "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
    "Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; id) Presto/2.12.423 Version/12.16",
    "UCWEB/2.0 (MIDP-2.0; U; Adr 4.4.2; en-US; XT1022) U2/1.0.0 UCBrowser/10.9.8.770 U2/1.0.0 Mobile",
]  # fmt: skip
# Where pictures are loaded for somebody who is looking.
READERS = [
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.2.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
    "Dalvik/2.1.0 (Linux; U; Android 13; PJA110 Build/TP1A.220905.001)",
]
MACHINES = [
    "BarracudaCentral/1.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko; Barracuda Sentinel) Chrome/120.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; Yahoo Link Preview; https://help.yahoo.com/kb/mail/yahoo-link-preview-SLN23615.html)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "WhatsApp/2.23.20.0",
    "python-requests/2.32.3",
    "Go-http-client/1.1",
    "Mozilla/5.0 zgrab/0.x (compatible; scanner)",
]  # fmt: skip


@pytest.mark.parametrize("agent", PEOPLE)
@pytest.mark.parametrize("kind", ["clicked", "opened"])
def test_what_people_use(agent: str, kind: Kind) -> None:
    assert not is_machine(agent, kind)


@pytest.mark.parametrize("agent", READERS)
def test_who_shows_pictures_to_somebody(agent: str) -> None:
    assert not is_machine(agent, "opened")


@pytest.mark.parametrize("agent", MACHINES)
def test_known_machines(agent: str) -> None:
    assert is_machine(agent, "clicked")
    assert is_machine(agent.upper(), "clicked")


def test_a_picture_that_apple_loads_ahead_is_nobodys() -> None:
    assert is_machine("Mozilla/5.0", "opened")


def test_an_agent_of_any_length() -> None:
    assert not is_machine(FIREFOX + " x" * 1_000_000, "clicked")
    assert is_machine("\0é" * 1_000_000, "clicked")


def test_the_list_says_of_each_line_whence_it_is() -> None:
    with FILE.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == len(agents()) == len({line["match"] for line in lines})
    for line in lines:
        assert line["match"] == line["match"].lower()
        assert line["how"] in ("is", "has")
        assert {line["clicks"], line["opens"]} <= {"machine", "person"}
        assert line["what"]
        assert line["source"]
        assert date.fromisoformat(line["seen"])


# ── company ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("links", "needed", "seconds"),
    [(0, 2, 1), (1, 2, 1), (2, 2, 1), (3, 3, 2), (4, 3, 2), (8, 6, 5), (12, 9, 5), (1000, 750, 5)],
)
def test_how_many_are_all_and_how_fast(links: int, needed: int, seconds: int) -> None:
    assert all_of(links) == needed
    assert span_of(links) == timedelta(seconds=seconds)


def clicks(*at: tuple[float, str]) -> list[Beside]:
    """Responses numbered from 0; a link of "!" is the hidden one, none an opening."""
    return [
        Beside(number, after(seconds), "" if link == "!" else link, link == "!")
        for number, (seconds, link) in enumerate(at)
    ]


BURST = clicks((0, "a"), (0.2, "b"), (0.9, "c"), (1.0, "d"))
COMPANY: list[tuple[str, list[Beside], int, dict[int, str]]] = [
    ("nothing", [], 4, {}),
    ("one click", clicks((0, "a")), 4, {}),
    ("the only link, again and again", clicks((0, "a"), (0.1, "a"), (0.2, "a")), 1, {}),
    ("one of two", clicks((0, "a"), (0.1, "a")), 2, {}),
    ("both of two, at once", clicks((0, "a"), (1, "b")), 2, {0: AT_ONCE, 1: AT_ONCE}),
    ("both of two, as a person may", clicks((0, "a"), (1.1, "b")), 2, {}),
    ("all of four", BURST, 4, dict.fromkeys(range(4), AT_ONCE)),
    ("a sample of five", BURST, 5, dict.fromkeys(range(4), AT_ONCE)),
    ("four of eight", BURST, 8, {}),
    ("three of three, slowly", clicks((0, "a"), (4, "b"), (8, "c")), 3, {}),
    ("tabs opened one after the other", clicks((0, "a"), (1.2, "b"), (2.4, "c")), 4, {}),
    (
        "a click long before and one long after",
        [*clicks((-60, "a")), *(one._replace(id=one.id + 1) for one in BURST), Beside(9, after(60), "a")],
        4,
        dict.fromkeys(range(1, 5), AT_ONCE),
    ),
    ("one in the midst cannot be told", [*BURST, Beside(4, after(0.5), "a")], 4, dict.fromkeys(range(5), AT_ONCE)),
    ("the picture is loaded, too", [*BURST, Beside(4, after(0.5))], 4, dict.fromkeys(range(5), AT_ONCE)),
    ("the picture, earlier", [*BURST, Beside(4, after(-0.5))], 4, dict.fromkeys(range(4), AT_ONCE)),
    ("the hidden link, and what came with it", clicks((0, "a"), (5, "!"), (9, "b"), (-1, "c"), (10.5, "d")), 9,
     {0: HIDDEN, 1: HIDDEN, 2: HIDDEN}),
    ("the hidden link is none of the message's", clicks((0, "a"), (20, "!")), 2, {1: HIDDEN}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("beside", "links", "machines"), [row[1:] for row in COMPANY], ids=[r[0] for r in COMPANY]
)
def test_what_company_tells(beside: list[Beside], links: int, machines: dict[int, str]) -> None:
    assert dict(by_company(beside, links)) == machines
    shuffled = random.Random(1).sample(beside, len(beside))
    assert dict(by_company(shuffled, links)) == machines


def test_what_came_before_the_delivery_was_told() -> None:
    beside = clicks((-3, "a"), (1, "b"), (2.5, "c"))
    assert dict(by_company(beside, 9, [LEFT])) == {0: TOO_SOON, 1: TOO_SOON}


def test_a_flood_is_judged_in_time_that_grows_with_it() -> None:
    """Whoever holds a message's links can send as many clicks as they like."""
    beside = [Beside(number, after(number / 10_000), str(number % 3)) for number in range(50_000)]
    assert dict(by_company(beside, 1000)) == {}
    assert len(dict(by_company(beside, 3))) == 50_000
