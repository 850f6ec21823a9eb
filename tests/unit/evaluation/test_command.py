"""The command on the tenth of the sample shop's year, and on other people's files."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation import hours, intervals, refilling
from evaluation.buying import BUYERS
from evaluation.cli import PARTS, Options, main
from evaluation.csv_file import read_csv
from evaluation.intervals import mean
from evaluation.markdown import page
from evaluation.recommendations import RECOMMENDERS
from evaluation.recommenders import als, bpr, ease
from evaluation.refilling import REFILLS
from evaluation.sample_year import NAME, read_year
from evaluation.spending import SPENDERS
from evaluation.summary import summaries
from evaluation.tables import OURS, Measure, table_of

TENTH = Path(__file__).parents[2] / "data" / "online_retail_year1_tenth.csv.gz"


@pytest.fixture(autouse=True)
def less(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the resamples, and simpler models."""
    settings = ((intervals, "TIMES", 100), (refilling, "MOST", 2000), (bpr, "ROUNDS", 5))
    for module, name, value in (*settings, (ease, "MOST", 500), (als, "ROUNDS", 1)):
        monkeypatch.setattr(module, name, value)


def measured(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    """What the command writes as JSON."""
    written = tmp_path / "figures.json"
    main([*arguments, "--json", str(written)])
    found: dict[str, Any] = json.loads(written.read_bytes())
    return found


def test_all_that_recommends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = measured(tmp_path, "--data", str(TENTH), "--only", "recommend", "--cut-off", "2010-09-01")
    tables = {table["title"]: table for table in found["tables"]}
    everything = tables["Recommendations: any product"]
    assert [row["method"] for row in everything["rows"]][-len(RECOMMENDERS) :] == list(RECOMMENDERS)
    by_method = {row["method"]: row["figures"]["NDCG@10"] for row in everything["rows"]}
    assert by_method["TIFU-kNN"]["value"] > by_method["BM25 item-item"]["value"]
    assert by_method["BM25 item-item"]["value"] > by_method["best-sellers of all time"]["value"]
    assert all(one["low"] <= one["value"] <= one["high"] for one in by_method.values())
    printed = capsys.readouterr().out
    assert "### Recommendations: products new to the customer, from 2010-09-01" in printed


def test_who_buys_again_after_several_cut_offs(tmp_path: Path) -> None:
    found = measured(
        tmp_path,
        *("--data", str(TENTH), "--only", "lapse", "--horizon", "60"),
        *("--cut-off", "2010-08-01", "--cut-off", "2010-09-01"),
    )
    assert [table["cut_off"][:10] for table in found["tables"]] == ["2010-08-01", "2010-09-01"]
    (summed,) = found["summaries"]
    means = {line["method"]: line["means"] for line in summed["lines"]}
    assert summed["cut_offs"] == 2
    assert means["BG/NBD, P(alive)"]["AUC"] < 0.5 < means["recency"]["AUC"]
    assert means["logistic regression"]["Brier"] < 0.25
    assert "Brier" not in means["frequency"]


def test_a_file_of_ones_own_gives_the_same(tmp_path: Path) -> None:
    past = read_year(TENTH).past
    own = tmp_path / "orders.csv"
    with own.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["ordered_at", "customer_id", "order_id", "product_id", "quantity"])
        for at, who, order, what in zip(past.at, past.who, past.order, past.what, strict=True):
            writer.writerow([at.astype("datetime64[s]"), f"c{who:04}", order, past.products[what], 1])
        writer.writerow(["2010-05-05T12:00:00", "c0001", "back", "85123A", -1])  # taken back: left out
    asked = ["--only", "lapse", "--cut-off", "2010-08-01"]
    theirs = measured(tmp_path, "--data", str(TENTH), *asked)["tables"][0]
    ours = measured(tmp_path, "--data", str(own), *asked)["tables"][0]
    assert ours["people"] == theirs["people"]
    for one, other in zip(ours["rows"], theirs["rows"], strict=True):
        if one["method"] in ("recency", "frequency", "BG/NBD, P(alive)"):  # which know nothing of prices
            assert one["figures"] == other["figures"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("customer_id,order_id,product_id\n1,2,3\n", "no column ordered_at"),
        (
            "customer_id,order_id,product_id,ordered_at\n1,2,3,yesterday\n",
            "line 2: ordered_at: 'yesterday' is no time; write for example 2026-03-01T14:30:00Z",
        ),
        (
            "customer_id,order_id,product_id,ordered_at,quantity\n1,2,3,2026-03-01,two\n",
            "line 2: quantity: 'two' is no number; write for example 12.50",
        ),
        (
            "customer_id,order_id,product_id,ordered_at,price\n1,2,3,2026-03-01,inf\n",
            "line 2: price: 'inf' is no number",
        ),
        ("customer_id,order_id,product_id,ordered_at\n", "holds no purchases"),
        ("customer_id,order_id,product_id,ordered_at\nM\xfcller,2,3,2026-03-01\n", "is no text in UTF-8"),
        (f"customer_id,order_id,product_id,ordered_at\n1,2,3,{'x' * 200_000}\n", "cannot be read as CSV"),
    ],
    ids=["no-time", "no-such-time", "no-number", "endless", "nothing", "latin", "long"],
)
def test_what_cannot_be_read_is_told(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "orders.csv").write_text(text, encoding="latin-1")
    with pytest.raises(SystemExit) as stopped:
        main(["--data", str(tmp_path / "orders.csv")])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.csv", None, "none.csv cannot be read: there is no such file"),
        ("online_retail_year1.csv.gz", None, "year1.csv.gz cannot be read: there is no such file"),
        ("folder.csv", b"", "folder.csv cannot be read: it is a folder"),
        ("orders.csv.gz", b"no gzip", "orders.csv.gz cannot be read: its compression is damaged, or another"),
        ("orders.csv.xz", b"no xz", "orders.csv.xz cannot be read: its compression is damaged, or another"),
    ],
)
def test_a_file_that_cannot_be_opened_is_told(
    name: str, content: bytes | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if name == "folder.csv":
        (tmp_path / name).mkdir()
    elif content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SystemExit) as stopped:
        main(["--data", str(tmp_path / name)])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


def test_where_the_figures_cannot_be_written_nothing_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--json", str(tmp_path / "none" / "figures.json")])
    assert stopped.value.code == 2
    assert f"--json: there is no folder {tmp_path / 'none'}" in capsys.readouterr().err


def test_what_is_spent(tmp_path: Path) -> None:
    asked = ("--only", "value", "--horizon", "60", "--cut-off", "2010-09-01")
    (table,) = measured(tmp_path, "--data", str(TENTH), *asked)["tables"]
    by_method = {row["method"]: row for row in table["rows"]}
    assert list(by_method) == list(SPENDERS)
    assert "Gini" not in by_method["everybody the mean"]["figures"]
    mean, rate = by_method["everybody the mean"], by_method["BG/NBD with gamma-gamma"]
    assert rate["figures"]["Gini"]["value"] > 0.5
    assert rate["figures"]["deviance"]["value"] < mean["figures"]["deviance"]["value"]
    assert by_method["Loyalty Loop"]["behind"] == {}
    assert set(rate["behind"]) == {"Gini", "deviance", "mean error"}


def test_made_persons_stand_beside_the_sample_shop_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As CDNOW does: who judges on orders of their own asked for no others."""
    some = table_of("hours", "Made persons", datetime(2024, 1, 1, tzinfo=UTC), 1, (), {})
    monkeypatch.setattr(hours, "judge_made", lambda *_: some)
    asked = ("--only", "hours", "--cut-off", "2026-06-01", "--days", "10")
    (table,) = measured(tmp_path, "--data", str(orders(tmp_path, 165)), *asked)["tables"]
    assert table["title"] == "The hour of the next orders"
    own = replace(read_csv(orders(tmp_path, 165)), name=NAME)
    titles = [one.title for one in PARTS["hours"].measure(own, Options(10))]
    assert titles.count("Made persons") == 3


def test_what_is_bought_again(tmp_path: Path) -> None:
    asked = ("--only", "refill", "--cut-off", "2010-09-01")
    (table,) = measured(tmp_path, "--data", str(TENTH), *asked)["tables"]
    by_method = {row["method"]: row["figures"] for row in table["rows"]}
    assert [name for name in by_method if name != "Loyalty Loop"] == list(REFILLS)[1:]
    assert by_method["product's share"]["AUC"]["value"] > 0.55
    assert 0 < by_method["own rate"]["Brier"]["value"] < 0.1


@pytest.mark.parametrize(
    ("option", "said", "told"),
    [
        ("--cut-off", "yesterday", "'yesterday' is no day; write for example 2010-09-01"),
        ("--days", "0", "'0' are no days; write a whole number from 1 to 3,660"),
        ("--horizon", "3000000", "'3000000' are no days"),
        ("--horizon", "long", "'long' are no days"),
    ],
)
def test_options_that_mean_nothing_are_told(
    option: str, said: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main([option, said])
    assert left.value.code == 2
    assert told in capsys.readouterr().err


def test_who_has_too_little_to_learn_from_is_named(tmp_path: Path) -> None:
    """After three weeks no window of two months had ended: what learns from such stays in the table."""
    asked = ("--data", str(TENTH), "--horizon", "60", "--cut-off", "2009-12-20", "--only", "lapse")
    (table,) = measured(tmp_path, *asked)["tables"]
    assert [row["method"] for row in table["rows"]] == list(BUYERS)
    learning = {"Loyalty Loop", "logistic regression", "HistGradientBoosting"}
    assert {row["method"] for row in table["rows"] if not row["figures"]} == learning


def test_the_words_for_it() -> None:
    """Two cut-offs, on the first of which nothing could be learned."""
    measures = (Measure("AUC"), Measure("Brier", -1))
    some = {"AUC": mean(np.ones(3)), "Brier": mean(np.zeros(3))}
    tables = [
        table_of("lapse", "Who buys", datetime(2010, month, 1, tzinfo=UTC), 3, measures, drawn)
        for month, drawn in ((1, {OURS: {}, "recency": some}), (2, {OURS: some, "recency": some}))
    ]
    told = page(tables, summaries(tables)).splitlines()
    assert "| Loyalty Loop | too little to learn from |  |" in told
    assert "| Loyalty Loop (1 of 2; else too little to learn from) | 1.000 | 0.000 |" in told
    assert "| recency | 1.000; ahead 0/1 (surely 0) | 0.000; ahead 0/1 (surely 0) |" in told


def orders(tmp_path: Path, days: int) -> Path:
    """An order a day of one who comes again and again, so many days from 1 January on."""
    first = datetime(2026, 1, 1, 12, tzinfo=UTC)
    lines = [f"1,{day},p{day % 3},{first + timedelta(days=day):%Y-%m-%dT%H:%M:%S}" for day in range(days)]
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(["customer_id,order_id,product_id,ordered_at", *lines]))
    return path


@pytest.mark.parametrize(
    ("asked", "length"),
    [
        ("lapse", "--horizon 37"),
        ("value", "--horizon 37"),
        ("recommend", "--days 37"),
        ("hours", "--days 37"),
    ],
)
def test_a_window_that_is_not_over_judges_nobody(
    asked: str, length: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who has not come in 37 days may yet come in 90: to judge by them would be to call them gone."""
    options = ("--only", asked, "--days", "90", "--cut-off", "2026-06-01")
    with pytest.raises(SystemExit) as stopped:
        main(["--data", str(orders(tmp_path, 151 + 37)), *options])
    assert stopped.value.code == 2
    told = capsys.readouterr().err
    assert "only 37 of the 90 days from 2026-06-01 on are in orders.csv, whose last order is" in told
    assert f"of 2026-07-07: say {length}, or a --cut-off of 2026-04-09 or earlier" in told


def test_no_cut_off_is_proposed_before_which_nobody_ordered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--only", "lapse", "--horizon", "300", "--cut-off", "2026-06-01")
    with pytest.raises(SystemExit):
        main(["--data", str(orders(tmp_path, 151 + 37)), *options])
    assert capsys.readouterr().err.endswith("is of 2026-07-07: say --horizon 37\n")


def test_a_window_that_the_data_just_fill_is_judged(tmp_path: Path) -> None:
    asked = ("--only", "lapse", "--horizon", "37", "--cut-off", "2026-06-01")
    (table,) = measured(tmp_path, "--data", str(orders(tmp_path, 151 + 37)), *asked)["tables"]
    assert table["people"] == 1
