"""Groups of settings, one for each provider: read as all others are, and told as they are when wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field

from loyaltyloop.channels.http.settings import HttpSettings, Secret, Url, prefixed
from loyaltyloop.channels.mail.mail import WAYS, Mail
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


@pytest.mark.parametrize("token", ["'hid den\t'", "hidden\u00e9", "' hidden'"], ids=range(3))
def test_a_secret_that_fits_no_header_is_told_and_not_shown(tmp_path: Path, token: str) -> None:
    with pytest.raises(UserError) as told:
        group(tmp_path, f"LOOP_SAMPLE_TOKEN={token}")
    assert "LOOP_SAMPLE_TOKEN cannot be used.\n    Write LOOP_SAMPLE_TOKEN=..." in str(told.value)
    assert "hid" not in str(told.value)


def test_an_empty_setting_is_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="LOOP_SAMPLE_TOKEN is not set"):
        group(tmp_path, "LOOP_SAMPLE_TOKEN=", "LOOP_SAMPLE_URL=")
    assert group(tmp_path, "LOOP_SAMPLE_TOKEN=a", "LOOP_SAMPLE_URL=").url == "https://api.sample.example"


def test_each_way_out_by_its_name(tmp_path: Path) -> None:
    own = {
        "eml": [],
        "smtp": [],
        "postmark": ["LOOP_POSTMARK_TOKEN=a"],
        "sendgrid": ["LOOP_SENDGRID_API_KEY=a"],
        "mailgun": ["LOOP_MAILGUN_API_KEY=a", "LOOP_MAILGUN_DOMAIN=mg.shop.example"],
        "resend": ["LOOP_RESEND_API_KEY=a"],
        "ses": ["LOOP_SES_REGION=eu-west-1", "LOOP_SES_ACCESS_KEY=a", "LOOP_SES_SECRET_KEY=b"],
    }
    assert list(WAYS) == list(own)
    for name, lines in own.items():
        (tmp_path / ".env").write_text("\n".join([f"LOOP_EMAIL={name}", *lines]))
        settings = load_settings(tmp_path)
        way = Mail().choose(settings)
        assert (way.name, way.far) == (name, name not in ("eml", "smtp"))
        (tmp_path / ".env").write_text(f"LOOP_EMAIL={name}")
        if lines:
            with pytest.raises(UserError, match=f"{lines[0].partition('=')[0]} is not set"):
                Mail().choose(load_settings(tmp_path))


@pytest.mark.parametrize(
    ("said", "hint"), [("post", "The ways out are: eml, mailgun"), ("sendgird", "Did you mean 'sendgrid'?")]
)
def test_a_way_out_that_is_none(tmp_path: Path, said: str, hint: str) -> None:
    (tmp_path / ".env").write_text(f"LOOP_EMAIL={said}")
    with pytest.raises(UserError) as told:
        Mail().choose(load_settings(tmp_path))
    assert str(told.value).startswith(f"LOOP_EMAIL cannot be '{said}'.\n    {hint}")
