"""Settings that nobody reads are told, and what is read is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyaltyloop.setting_names import known_settings, unread


def told(folder: Path, text: str, **environ: str) -> list[str]:
    file = folder / ".env"
    file.write_text(text)
    return [one.removeprefix(f"{file}: ") for one in unread(file, environ)]


def test_settings_that_are_read_are_not_told(tmp_path: Path) -> None:
    text = (
        "LOOP_EMAIL=smtp\nloop_smtp_port=25\nLOOP_HOOK_SECRET=x\nLOOP_HOOK_HELP_DESK_SECRET=x\n"
        "LOOP_POSTMARK_TOKEN=x\nPATH=x\nPREFECT_API_URL=x\n"
    )
    assert told(tmp_path, text, LOOP_PROJECT="x", LOOP_WRITE_KEY="x") == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("LOOP_EMIAL", "Did you mean LOOP_EMAIL?"),
        ("LOOP_DATABASE_URI", "Did you mean LOOP_DATABASE_URL?"),
        ("LOOP_POSTMARK_TOKE", "Did you mean LOOP_POSTMARK_TOKEN?"),
        ("loop_write_kye", "Did you mean LOOP_WRITE_KEY?"),
        ("LOOP_QQQ", "README.md lists the settings."),
    ],
)
def test_what_nobody_reads_is_told_without_its_value(tmp_path: Path, name: str, hint: str) -> None:
    assert told(tmp_path, f"{name}=hush\nLOOP_HOOKS=files\n") == [f"nothing reads {name}. {hint}"]


def test_of_the_environment_only_what_looks_misspelt_is_told(tmp_path: Path) -> None:
    found = told(tmp_path, "", LOOP_EMIAL="x", LOOP_QQQ="x", LOOPED="x")
    assert found == ["the environment: nothing reads LOOP_EMIAL. Did you mean LOOP_EMAIL?"]


def test_where_there_is_no_file_nothing_is_told(tmp_path: Path) -> None:
    assert list(unread(tmp_path / ".env", {})) == []


def test_the_groups_of_all_ways_out_are_known() -> None:
    assert {"LOOP_POSTMARK_TOKEN", "LOOP_SES_REGION", "LOOP_LIMIT_PAGES"} <= known_settings()
