"""A readout as one self-contained page that needs no script, no server and no network."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from analysis.report import heading, icons, markup, notices, origin, sections, words
from analysis.report.aggregates import aggregates
from analysis.report.markup import own, text

Content = Mapping[str, Any]

# The page's own rules for a browser: its style may be used, and nothing may be fetched.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none';"
    " form-action 'none'"
)
_STYLE = Path(__file__).with_name("page.css")


@dataclass(frozen=True)
class Links:
    """Where a page may lead; a link that is None is not shown.

    Attributes:
        json: The readout as JSON.
        csv: Its numbers as CSV.
        app: The study in Verdict, for those who may open it.
        image: Absolute address of the preview picture.
    """

    json: str | None = None
    csv: str | None = None
    app: str | None = None
    image: str | None = None

    def __post_init__(self) -> None:
        """Refuse what would run instead of lead somewhere."""
        for field in ("json", "csv", "app", "image"):
            address = getattr(self, field)
            if address is not None and urlsplit(address).scheme not in {"", "http", "https"}:
                raise ValueError(f"The {field} link must be a web address, not {address!r}.")


def page(content: dict[str, Any], *, links: Links | None = None) -> str:
    """The whole HTML document; the same content and links give the same bytes.

    Args:
        content: A readout's content.
        links: What the page may lead to.
    """
    links = links or Links()
    shown = aggregates(content)
    lenses = [lens for lens in heading.LENSES if shown.get(lens)]
    name = str(shown["study"].get("name") or "Study")
    body = [
        _top(links),
        f"<header><h1>{own(name)}</h1>{_caption(shown, lenses)}</header>",
        _banner(shown, shown["verdict"]),
        *_lenses(shown, lenses),
        _notices(shown),
        _origin(shown, lenses),
        _more(links),
    ]
    said = heading.word(shown, shown["verdict"])
    return _document(
        f"{said}: {name}", "".join(body), description=shown["verdict"]["headline"], links=links
    )


def gone_page() -> str:
    """The page for a link that leads nowhere, whether unknown, expired or turned off."""
    body = (
        f"{_top(Links())}<header><h1>This link does not open a readout</h1></header>"
        "<p>It may have expired, been turned off, or been copied only in part.</p>"
        "<p>Ask the person who sent it for a new link: in Verdict they open the study, choose"
        " <b>Share</b> and copy a link. Tell them the study's name and the day on which you got"
        " this one.</p>"
    )
    return _document("Link not found", body, description="", links=Links())


def message_page(title: str, *paragraphs: str) -> str:
    """A page that says only this, in the reports' own look.

    Args:
        title: One line that says what is.
        paragraphs: What it means and what to do, as plain text.
    """
    said = "".join(f"<p>{text(one)}</p>" for one in paragraphs)
    body = f"{_top(Links())}<header><h1>{_line(title)}</h1></header>{said}"
    return _document(title, body, description="", links=Links())


def _document(title: str, body: str, *, description: str, links: Links) -> str:
    name = _line(f"{title} · Verdict")
    about = _line(description)
    tags = [
        '<meta property="og:type" content="article">',
        '<meta property="og:site_name" content="Verdict">',
        f'<meta property="og:title" content="{_line(title)}">',
    ]
    if about:
        tags.append(f'<meta name="description" content="{about}">')
        tags.append(f'<meta property="og:description" content="{about}">')
    if links.image:
        tags += [
            f'<meta property="og:image" content="{text(links.image)}">',
            '<meta property="og:image:width" content="1200">',
            '<meta property="og:image:height" content="630">',
            '<meta name="twitter:card" content="summary_large_image">',
        ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="robots" content="noindex, nofollow, noarchive">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{name}</title>\n{''.join(tags)}\n"
        f'<link rel="icon" href="data:image/svg+xml,{quote(icons.MARK)}">\n'
        f"<style>{_stylesheet()}</style>\n</head>\n"
        f"<body><main>{body}</main></body>\n</html>\n"
    )


@cache
def _stylesheet() -> str:
    """All rules in one text without comments and indents."""
    rules = markup.stylesheet() + _STYLE.read_text(encoding="utf-8")
    lines = (line.strip() for line in rules.splitlines())
    return "".join(f"{line}\n" for line in lines if line)


def _line(said: str) -> str:
    """Text for a tag's attribute or a title: one line of it."""
    return text(" ".join(said.split()))


def _top(links: Links) -> str:
    way = f'<a class="r-app" href="{text(links.app)}">Open in Verdict</a>' if links.app else ""
    return f'<div class="r-top"><span class="r-brand">{icons.MARK}Verdict</span>{way}</div>'


def _caption(content: Content, lenses: list[str]) -> str:
    lines = [" · ".join(heading.caption(content, lens)) for lens in lenses]
    return "".join(f'<p class="r-caption">{text(line)}</p>' for line in dict.fromkeys(lines))


def _banner(content: Content, verdict: Content) -> str:
    said = words.VERDICTS[verdict["decision"]]
    stops = notices.of_level(content["notices"], "stop")
    return markup.verdict(
        heading.word(content, verdict),
        said.tone,
        icons.icon(said.icon),
        verdict["headline"],
        notices.unsaid(stops, verdict["headline"]),
        heading.why(verdict),
    )


def _lenses(content: Content, lenses: list[str]) -> list[str]:
    """Badges and numbers lens by lens; several lenses each have a heading and a verdict."""
    if len(lenses) == 1:
        return [sections.badges(content, lenses[0]), sections.numbers(content, lenses[0])]
    return [
        f'<section class="r-lens"><h2>{heading.LENSES[lens]}</h2>'
        f"{_banner({**content, 'notices': ()}, content[lens]['verdict'])}"
        f"{sections.badges(content, lens)}{sections.numbers(content, lens)}</section>"
        for lens in lenses
    ]


def _notices(content: Content) -> str:
    said = [
        markup.notice(f"{kind} · {one['code']}", tone, one["text"], one.get("fix") or "")
        for level, (kind, tone) in notices.KINDS.items()
        for one in notices.of_level(content["notices"], level)
    ]
    if not said:
        said = ["<p>No notice: nothing in this log calls for a second look.</p>"]
    return f'<section class="r-notices"><h2>Notices</h2>{"".join(said)}</section>'


def _origin(content: Content, lenses: list[str]) -> str:
    sources = [fact for lens in lenses for fact in origin.methods(content, lens)]
    parts = [
        ("", origin.question(content) + origin.decision(content)),
        ("Rows", origin.rows_read(content)),
        ("Methods and their sources", list(dict.fromkeys(sources))),
        ("This readout", origin.made_by(content)),
    ]
    facts = markup.facts([(title, pairs) for title, pairs in parts if pairs])
    return f'<section class="r-origin"><h2>Where this comes from</h2>{facts}</section>'


def _more(links: Links) -> str:
    ways = [
        f'<a href="{text(address)}">{said}</a>'
        for address, said in (
            (links.json, "Download readout (JSON)"),
            (links.csv, "Download numbers (CSV)"),
        )
        if address
    ]
    line = f'<p class="r-ways">{" ".join(ways)}</p>' if ways else ""
    return (
        f"<footer>{line}<p>This page is frozen: it shows what was found when the study was run,"
        " and does not change.</p></footer>"
    )
