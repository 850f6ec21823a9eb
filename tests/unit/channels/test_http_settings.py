"""Groups of settings, one for each provider: read as all others are, and told as they are when wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field

from loyaltyloop.channels.http.settings import HttpSettings, Secret, Url, prefixed
from loyaltyloop.errors import UserError
from loyaltyloop.settings import load_settings


class Group(HttpSettings):
    """What a provider of this name would need."""

    model_config = prefixed("LOOP_SAMPLE_")
    url: Url = Field(default="https://api.sample.example", description="Write https://api.sample.example.")
    token: Secret = Field(description="Write LOOP_SAMPLE_TOKEN=..., from your account's page.")


def group(folder: Path, *lines: str) -> Group:
    (folder / ".env").write_text("\n".join(lines))
    return load_settings(folder).group(Group)


def test_from_the_file_and_from_the_environment_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOP_SAMPLE_RATE", "2.5")
    found = group(tmp_path, "LOOP_SAMPLE_TOKEN=abc", "LOOP_SAMPLE_RATE=7", "LOOP_EMAIL=eml")
    assert (found.token.get_secret_value(), found.rate, found.url) == (
        "abc",
        2.5,
        "https://api.sample.example",
    )
    assert "abc" not in repr(found)


def test_each_that_is_missing_or_wrong_with_its_remedy_and_no_secret(tmp_path: Path) -> None:
    with pytest.raises(UserError) as told:
        group(tmp_path, "LOOP_SAMPLE_URL=http://u:hidden@api.example", "LOOP_SAMPLE_RATE=fast")
    env = tmp_path / ".env"
    assert str(told.value) == (
        f"{env}: LOOP_SAMPLE_URL cannot be 'http://***@api.example'.\n    Write https://api.sample.example.\n\n"
        f"{env}: LOOP_SAMPLE_RATE cannot be 'fast'.\n    Write requests a second; 0 for no limit.\n\n"
        f"{env}: LOOP_SAMPLE_TOKEN is not set.\n    Write LOOP_SAMPLE_TOKEN=..., from your account's page."
    )


@pytest.mark.parametrize("token", ["", "'hid den\t'", "hidden\u00e9", "' hidden'"], ids=range(4))
def test_a_secret_that_fits_no_header_is_told_and_not_shown(tmp_path: Path, token: str) -> None:
    with pytest.raises(UserError) as told:
        group(tmp_path, f"LOOP_SAMPLE_TOKEN={token}")
    assert "LOOP_SAMPLE_TOKEN cannot be used.\n    Write LOOP_SAMPLE_TOKEN=..." in str(told.value)
    assert "hid" not in str(told.value)
