"""Whatever stands in a readout's text is text on the page: payloads in every field, one by one."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from analysis import report
from tests.report.made import Content, both, content, skeleton, tree

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)' x='",
    "</style></title></main></body><svg onload=alert(1)>",
    "<!-- --><![CDATA[ ]]>&lt;b&gt;&#x3c;i>",
    "javascript:alert(1) [a](javascript:alert(1)) ![i](http://evil.example/i.png)",
    "**b** $x^2$ %{y} `c` {{7*7}} ${7*7}",
    "\u202e\u05e9\u05dc\u05d5\u05dd\u2066 <b>\u2028x",
)
# Set by the program from lists of its own, never by a person or a log.
ENUMERATIONS = {
    "decision", "role", "level_of_notice", "better", "kind", "reading", "guardrail", "status",
    "lift_status", "interval_note", "test", "margin_scale", "phase", "headline_test",
    "headline_scope", "theta_source", "correction", "design", "finding",
}  # fmt: skip
TAGS = {
    "html", "head", "meta", "title", "link", "style", "body", "main", "div", "span", "a", "header",
    "h1", "h2", "p", "section", "ul", "li", "b", "s", "small", "bdi", "details", "summary",
    "figure", "figcaption", "svg", "path", "rect", "circle", "text", "tspan", "table", "thead",
    "tbody", "tr", "th", "td", "dl", "dt", "dd", "footer",
}  # fmt: skip
CONTENTS = {
    "ship": lambda: content("ship"),
    "srm": lambda: content("srm"),
    "lists_biased": lambda: content("lists_biased"),
    "lists_three": lambda: content("lists_three"),
    "panel": lambda: content("panel"),
    "both": both,
}


def texts(value: Any, key: str = "") -> Iterator[str]:
    """Every text that is not of an enumeration, names of fields in maps of names included."""
    if isinstance(value, dict):
        if "level" in value and "code" in value:
            value = {name: one for name, one in value.items() if name != "level"}
        for name, one in value.items():
            if key in MAPS:
                yield name
            yield from texts(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one, key if isinstance(one, str) else "")
    elif isinstance(value, str) and key not in ENUMERATIONS and value:
        yield value


# Maps whose keys are names from the log.
MAPS = {"weights", "slots", "counts", "columns", "pooled_ctr", "raw_clicks", "arms"}


def replaced(value: Any, new: dict[str, str], key: str = "") -> Any:
    """The content with every occurrence of some texts replaced, enumerations left alone."""
    if isinstance(value, dict):
        kept = {"level"} if "level" in value and "code" in value else set()
        return {
            (new.get(name, name) if key in MAPS else name): (
                one if name in kept else replaced(one, new, name)
            )
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [replaced(one, new, key if isinstance(one, str) else "") for one in value]
    if isinstance(value, str) and key not in ENUMERATIONS:
        return new.get(value, value)
    return value


def slim(made: Content) -> Content:
    """The same with three days of each metric: every field is there, and a page is soon made."""
    days = sorted({one["day"] for one in (made.get("ab") or {}).get("daily") or ()})[-3:]
    if days:
        made["ab"]["daily"] = [one for one in made["ab"]["daily"] if one["day"] in days]
    return made


@pytest.mark.parametrize("which", [one for one in CONTENTS if one != "ship"])
def test_no_text_of_a_readout_becomes_an_element_or_an_attribute(which: str) -> None:
    made: Content = slim(CONTENTS[which]())
    fields = list(dict.fromkeys(texts(made)))
    assert len(fields) > 25
    for field in fields:
        plain = skeleton(tree(report.page(replaced(made, {field: "plain"}))))
        page = report.page(replaced(made, {field: " ".join(PAYLOADS)}))
        assert skeleton(tree(page)) == plain, field


@pytest.mark.parametrize("which", CONTENTS)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_all_fields_at_once_stay_within_the_pages_own_elements(which: str, payload: str) -> None:
    made: Content = CONTENTS[which]()
    fields = dict.fromkeys(texts(made))
    made = replaced(made, {field: f"{payload}{at}" for at, field in enumerate(fields)})
    found = tree(report.page(made)).all()
    assert {one.tag for one in found} <= TAGS
    for one in found:
        for name, value in one.attributes.items():
            assert not name.startswith("on")
            if name == "style":
                assert re.fullmatch(r"(?:(?:left|width):\d+(?:\.\d\d)?%;?)+", value)
            if name in {"class", "role", "href", "lang"} and one.tag != "link":
                assert "alert" not in value


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_is_read_as_it_was_typed(payload: str) -> None:
    made = content("ship")
    made["study"]["name"] = payload
    said = tree(report.page(made)).all("h1")[0].text()
    drop = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
    assert said.translate(drop) == payload.translate(drop)


def test_payloads_do_not_break_the_summary_the_table_or_the_picture() -> None:
    for payload in PAYLOADS:
        made = content("ship")
        made = replaced(made, dict.fromkeys(texts(made), payload))
        assert "\u202e" not in report.text_summary(made)
        assert report.csv_text(made)
        assert report.preview_png(made).startswith(b"\x89PNG")
