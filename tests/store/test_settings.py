"""Settings of an installation: read, checked, refused in words."""

from pathlib import Path

import pytest

from analysis.core import StoreError
from analysis.store import Access, Limits, Settings, read_settings, unready
from analysis.store.access import Role

WHOLE = """
[access]
mode = "header"
header = "X-Email"
proxies = ["10.0.0.0/24"]
viewers = ["@example.com"]
editors = ["ana@example.com"]
admins = ["root@example.com"]
[retention]
log_days = 30
[links]
days = 14
[limits]
requests = 50
sessions = 20
"""


def test_without_anything_one_local_user_may_do_everything(tmp_path: Path) -> None:
    assert read_settings(tmp_path, {}) == Settings(
        Access(people=(("viewer", ()), ("editor", ()), ("admin", ())))
    )


def test_a_file_is_read_and_the_environment_stands_over_it(tmp_path: Path) -> None:
    (tmp_path / "verdict.toml").write_text(WHOLE)
    found = read_settings(tmp_path, {"VERDICT_PROXY_SECRET": "s" * 32})
    assert (found.access.mode, found.access.header, found.log_days, found.link_days) == (
        "header", "X-Email", 30, 14,
    )  # fmt: skip
    assert found.access.person("ana@example.com").role == "editor"
    over = read_settings(
        tmp_path, {"VERDICT_LOG_DAYS": "7", "VERDICT_EDITORS": "bob@example.com, @x.org"}
    )
    assert over.log_days == 7
    assert found.limits == Limits(50, 20, None)
    over_limits = {"VERDICT_REQUESTS": "9", "VERDICT_MEMORY_MB": "2048", "VERDICT_SESSIONS": ""}
    assert read_settings(tmp_path, over_limits).limits == Limits(9, 1_000, 2_048)
    assert over.access.person("ana@example.com").role == "viewer"
    assert over.access.person("bob@example.com").role == "editor"


@pytest.mark.parametrize(
    ("text", "named"),
    (
        ("[acces]\nmode = 'header'", "acces"),
        ("[access]\nadmin = ['x']", "access.admin"),
        ("[access]\nmode = 'open'", "access.mode"),
        ("[access]\nproxies = ['10.0.0.300']", "access.proxies"),
        ("[access]\nadmins = 3", "admins"),
        ("[retention]\nlog_days = 0", "retention.log_days"),
        ("[links]\ndays = 'soon'", "links.days"),
        ("[limits]\nrequests = 0", "limits.requests"),
        ("[limits]\nsessions = 1.5", "limits.sessions"),
        ("[limits]\nmemory_mb = -1", "limits.memory_mb"),
        ("[limits]\nspeed = 1", "limits.speed"),
        ("not toml", "verdict.toml"),
        ("access = 3", "access"),
    ),
)
def test_what_is_not_a_setting_is_refused(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "verdict.toml").write_text(text)
    with pytest.raises(StoreError) as refused:
        read_settings(tmp_path, {})
    assert refused.value.code == "bad_setting"
    assert named in str(refused.value)
    assert refused.value.fix


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        read_settings(tmp_path, {"VERDICT_SETTINGS": str(tmp_path / "none.toml")})


PEOPLE: tuple[tuple[Role, tuple[str, ...]], ...] = (("viewer", ("*",)),)


@pytest.mark.parametrize(
    ("access", "cookie", "said"),
    (
        (Access(), "", None),
        (Access("header", secret="s" * 32, proxies=("::1",), people=PEOPLE), "", None),
        (Access("header", secret="s" * 31, proxies=("::1",), people=PEOPLE), "", "PROXY_SECRET"),
        (Access("header", secret="s" * 32, people=PEOPLE), "", "VERDICT_PROXIES"),
        (Access("header", secret="s" * 32, proxies=("::1",)), "", "nobody has a role"),
        (Access("oidc", people=PEOPLE), "c" * 32, None),
        (Access("oidc", people=PEOPLE), "c" * 31, "cookie_secret"),
    ),
)
def test_settings_that_keep_nobody_out_are_named(
    access: Access, cookie: str, said: str | None
) -> None:
    found = unready(access, cookie)
    assert (found is None) if said is None else (found is not None and said in found)
