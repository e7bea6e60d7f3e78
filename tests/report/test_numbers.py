"""Every number on a page is the readout's, by a formatter that shares no code with the product."""

import json
import re
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest

from analysis import report
from tests.report.made import NAMES, Content, Node, content, tree

MINUS = "−"
AB = ("ship", "arms", "hostile", "roll_back", "srm")
LISTS = ("lists_sound", "lists_biased", "lists_fixed", "lists_hostile")


def grouped(digits: str) -> str:
    """Thousands separated by commas."""
    whole, dot, rest = digits.partition(".")
    parts: list[str] = []
    while len(whole) > 3:
        whole, part = whole[:-3], whole[-3:]
        parts.insert(0, part)
    return ",".join([whole, *parts]) + dot + rest


def rounded(value: float, places: int) -> str:
    """The exact binary value, rounded to so many decimals, without its sign."""
    step = Decimal(1).scaleb(-places)
    return grouped(f"{abs(Decimal(value)).quantize(step, ROUND_HALF_EVEN):f}")


def percent(value: float) -> str:
    """A lift: sign, one decimal, more where one would make a nought of it."""
    text = rounded(value * 100, 1)
    for places in (2, 3):
        if value and not float(text.replace(",", "")):
            text = rounded(value * 100, places)
    sign = MINUS if value < 0 else "+"
    return f"{sign if float(text.replace(',', '')) else ''}{text}%"


def significant(value: float, *, sign: bool = False) -> str:
    """Three significant digits, all of a large whole part."""
    if value == 0:
        return "0"
    size = abs(Decimal(value))
    exponent = size.adjusted()
    if size.quantize(Decimal(1).scaleb(exponent - 2), ROUND_HALF_EVEN).adjusted() > exponent:
        exponent += 1
    mark = MINUS if value < 0 else "+" if sign else ""
    return mark + rounded(value, max(0, 2 - exponent))


def arm(value: float | None, kind: str) -> str:
    """An arm's own value."""
    if value is None:
        return "–"
    if kind in {"proportion", "retention"}:
        return "0%" if value == 0 else f"{significant(value * 100)}%"
    return significant(value)


def p_said(p: float) -> set[str]:
    """What a p-value may read as, with up to six digits where two would hide a side of 0.05."""
    if p < 1e-4:
        return {"p < 0.0001", "p < 1e-300"}
    places = 4 if p < 1e-3 else 3 if p < 1e-2 else 2
    plain = f"p = {rounded(p, places)}"
    if rounded(p, 2) == "0.05" and p != 0.05:
        return {f"p = {rounded(p, places + more)}".rstrip("0") for more in (1, 2, 3, 4)}
    return {"p > 0.99"} if 0.995 <= p < 1 else {plain}


def table(page: Node, caption: str) -> list[list[str]]:
    """The body rows of a metric table as texts of cells, the label of a narrow page left out."""
    for one in page.all(role="table"):
        if one.attributes["aria-label"] == caption:
            rows = [row for row in one.all(role="row") if "v-head" not in row.attributes["class"]]
            return [[said(cell) for cell in row.children if isinstance(cell, Node)] for row in rows]
    return []


def said(cell: Node) -> str:
    """A cell's text without its label for narrow pages."""
    parts = []
    for one in cell.children:
        if isinstance(one, str):
            parts.append(one)
        elif "v-label" not in one.attributes.get("class", ""):
            parts.append(said(one))
    return " ".join("".join(parts).split())


@pytest.mark.parametrize("name", AB)
@pytest.mark.parametrize(
    ("role", "caption"),
    (("primary", "Primary"), ("guardrail", "Guardrails"), ("secondary", "Secondary")),
)
def test_a_row_shows_the_comparisons_own_numbers(name: str, role: str, caption: str) -> None:
    made = content(name)
    rows = table(tree(report.page(made)), caption)
    expected = [
        (metric, one)
        for metric in made["ab"]["metrics"]
        if metric["role"] == role
        for one in metric["comparisons"]
    ]
    assert len(rows) == len(expected)
    stopped = any(one["level"] == "stop" for one in made["notices"])
    for row, (metric, one) in zip(rows, expected, strict=True):
        assert row[1] == arm(one["control_value"], metric["kind"])
        assert row[2] == arm(one["treatment_value"], metric["kind"])
        assert row[3] == change(one, metric["kind"])
        p = one["p_noninferior"] if role == "guardrail" else one["p_adjusted"]
        shown = re.search(r"p [=<>] [\d.e-]+", row[5])
        if stopped:
            assert row[5] == "Not read"
        elif shown and p is not None:
            assert shown[0] in p_said(p)


def change(one: Content, kind: str) -> str:
    """A lift with its interval; where there is none, the difference in the metric's unit."""
    if one["lift"] is not None and one["lift_low"] is not None:
        ends = f"{percent(one['lift_low'])} to {percent(one['lift_high'])}"
        return f"{percent(one['lift'])} {ends}"
    rate = kind in {"proportion", "retention"}
    size, unit = (100, " points") if rate else (1, "")
    text = significant(one["difference"] * size, sign=True) + unit
    if one["difference_low"] is None:
        return text
    low = significant(one["difference_low"] * size, sign=True)
    return f"{text} {low} to {significant(one['difference_high'] * size, sign=True)}{unit}"


@pytest.mark.parametrize("name", ("ship", "srm", "hostile"))
def test_segments_show_their_levels_own_numbers(name: str) -> None:
    made = content(name)
    page = tree(report.page(made))
    primary = next(one for one in made["ab"]["metrics"] if one["role"] == "primary")
    segments = [one for one in made["ab"]["segments"] if one["metric"] == primary["name"]]
    tables = page.all("section", "r-segments")[0].all(role="table")
    assert len(tables) == len(segments)
    for drawn, segment in zip(tables, segments, strict=True):
        rows = table(page, drawn.attributes["aria-label"])[1:]
        for row, level in zip(rows, segment["levels"], strict=True):
            units = level["n_control"] + level["n_treatment"]
            assert row[0] == f"{level['level']}{grouped(str(units))} units"
            assert row[3] == change(level, primary["kind"])


@pytest.mark.parametrize("name", LISTS)
def test_lists_show_their_own_shares_and_counts(name: str) -> None:
    made = content(name)
    found, page = made["interleaving"], tree(report.page(made))
    block = found["position_stratified"]
    if block and block.get("lift") is not None:
        ends = block["jackknife"]["lift_ci95"]
        [row] = table(page, "Clicks a slot")
        assert row[1] == f"{significant(block['rate_control'] * 100)}%"
        assert row[2] == f"{significant(block['rate_candidate'] * 100)}%"
        assert row[3] == f"{percent(block['lift'])} {percent(ends[0])} to {percent(ends[1])}"
    shares = [one.all("b")[0].text() for one in page.all(kind="r-share")]
    known = [one for one in found["bias_waterfall"].values() if one is not None]
    assert shares == [f"{rounded(one * 100, 1)}%" for one in known]
    verdict = found["verdict"]
    narrow = verdict.get("headline_scope") == "competitive" and found["competitive_only"]
    users = (narrow or found)["user_level"]
    counts = [one.text() for one in page.all("ul", "r-legend")[0].all("b")]
    ties = users["ties_with_clicks"] + users["ties_no_click"]
    assert counts == [grouped(str(one)) for one in (users["losses"], ties, users["wins"])]


def test_a_counterfactual_shows_the_panels_own_numbers() -> None:
    made = content("panel")
    found, page = made["synthetic_control"], tree(report.page(made))
    [row] = table(page, "Primary")
    after = [one for one in found["gaps"] if one["phase"] == "post"]
    for cell, side in ((row[1], "counterfactual"), (row[2], "actual")):
        assert cell == significant(sum(one[side] for one in after) / len(after))
    ends = f"{percent(found['lift_low'])} to {percent(found['lift_high'])}"
    assert row[3] == f"{percent(found['lift'])} {ends}"
    assert "rank 1 of 24" in row[5]
    numbers = page.all("figure")[0].all("tbody")[0].all("tr")
    assert len(numbers) == 40
    last = [one.text() for one in numbers[-1].all("td")]
    assert last[1:6] == [
        significant(found["gaps"][-1][key])
        for key in ("actual", "counterfactual", "gap", "low", "high")
    ]


def test_the_chart_of_days_has_a_table_of_its_numbers() -> None:
    made = content("ship")
    looks = [one for one in made["ab"]["daily"] if one["metric"] == "Revenue per user"]
    rows = tree(report.page(made)).all("figure")[0].all("tbody")[0].all("tr")
    assert len(rows) == len(looks)
    for row, look in zip(rows, looks, strict=True):
        cells = [one.text() for one in row.all("td")]
        assert cells[1:3] == [grouped(str(look["n_control"])), grouped(str(look["n_treatment"]))]
        assert cells[4:7] == [percent(look[key]) for key in ("lift", "lift_low", "lift_high")]


def test_every_row_of_the_log_is_accounted_for_on_the_page() -> None:
    made = content("ship")
    section = tree(report.page(made)).all("section", "r-origin")[0]
    names, values = (([one.text() for one in section.all(tag)]) for tag in ("dt", "dd"))
    shown = dict(zip(names, values, strict=True))
    parts = [value for name, value in shown.items() if name.startswith("Left out: ")]
    whole, used = (int(shown[name].replace(",", "")) for name in ("Rows read", "Rows used"))
    assert whole == used + sum(int(one.replace(",", "")) for one in parts)
    assert whole == made["log"]["rows"]


@pytest.mark.parametrize("name", NAMES)
def test_no_number_on_a_page_is_without_its_place_in_the_readout(name: str) -> None:
    """All readable numbers apart from axes: each is a leaf, a sum of arms, or in a text."""
    made = content(name)
    page = tree(report.page(made))
    known = allowed(made)
    for number in sorted(numbers_of(readable(page.all("main")[0]))):
        assert number in known, number


def readable(node: Node) -> str:
    """The text outside charts and scales."""
    parts = []
    for one in node.children:
        if isinstance(one, str):
            parts.append(one)
        elif one.tag != "svg" and "v-scale" not in one.attributes.get("class", ""):
            parts.append(f" {readable(one)} ")
    return "".join(parts)


def numbers_of(text: str) -> set[str]:
    """Numbers as they stand, without their sign."""
    whole = r"\d{1,3}(?:,\d{3})+|\d+"
    return set(re.findall(rf"(?:{whole})(?:\.\d+)?(?:e-?\d+)?", text.replace(MINUS, "-")))


def leaves(value: Any) -> list[Any]:
    """Every value in a readout, names of fields too."""
    if isinstance(value, dict):
        return [*value, *(leaf for one in value.values() for leaf in leaves(one))]
    if isinstance(value, list):
        return [leaf for one in value for leaf in leaves(one)]
    return [value]


def allowed(made: Content) -> set[str]:
    """Every way in which the readout's own numbers may stand on its page."""
    found = {"95", "0", "0.05", "20", "1", "300"}
    sums: list[float] = []
    for metric in (made.get("ab") or {}).get("metrics") or ():
        sums += [one["n_control"] + one["n_treatment"] for one in metric["comparisons"]]
    for segment in (made.get("ab") or {}).get("segments") or ():
        sums += [one["n_control"] + one["n_treatment"] for one in segment["levels"]]
    arms = [one["n"] for one in (made.get("ab") or {}).get("arms") or ()]
    if arms:
        sums += [sum(arms), len((made["ab"]["srm"] or {}).get("looks") or ())]
        sums += [one / sum(arms) for one in arms]
    lists = made.get("interleaving") or {}
    blocks = [lists, lists.get("competitive_only") or {}, *(lists.get("pairs") or ())]
    for block in blocks:
        for key in ("user_level", "user", "impression_level", "impression"):
            users = block.get(key) or {}
            if "wins" in users:
                ties = users["ties_with_clicks"] + users["ties_no_click"]
                whole = ties + users["wins"] + users["losses"]
                sums += [ties, *(one / whole for one in (ties, users["wins"], users["losses"]))]
    sums += [len(lists.get("pairs") or ()), len(made["notices"])]
    sums.append(int(lists.get("effective_users") or 0))
    for level in ("stop", "warn", "note"):
        sums.append(sum(one["level"] == level for one in made["notices"]))
    ends = ((lists.get("position_stratified") or {}).get("jackknife") or {}).get("lift_ci95")
    sums += [(1 + one) / (2 + one) for one in ends or ()]
    panel = made.get("synthetic_control") or {}
    if panel.get("gaps"):
        after = [one for one in panel["gaps"] if one["phase"] == "post"]
        sums += [sum(one[side] for one in after) / 12 for side in ("actual", "counterfactual")]
        sums += [sum(sorted(panel["weights"].values())[-5:]), 5, 40, len(panel["gaps"])]
    for value in [*leaves(made), *sums]:
        if isinstance(value, str):
            found |= numbers_of(value) | numbers_of(" ".join(re.split(r"[-T:]0?", value)))
        elif isinstance(value, bool) or value is None:
            continue
        else:
            texts = [significant(value), significant(value * 100), percent(value)]
            texts += [rounded(value, 0), rounded(value * 100, 0), rounded(value * 100, 1)]
            texts += [f"{value:.3g}", f"{value * 100:.4g}", *p_said(abs(value))]
            found |= {number for text in texts for number in numbers_of(text)}
    for sources in json.loads(SOURCES):
        found |= numbers_of(sources)
    return found


def sources() -> str:
    """What the methods' published sources say: their years and pages are no results."""
    from analysis.methods import METHODS

    return json.dumps([f"{one.label} {one.source}" for kind in METHODS.values() for one in kind])


SOURCES = sources()
