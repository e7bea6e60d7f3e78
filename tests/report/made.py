"""Contents to make reports of, and readers of the pages that come out, apart from the product."""

import copy
import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
NAMES = (
    "ship", "arms", "hostile", "roll_back", "srm", "lists_sound", "lists_biased", "lists_fixed",
    "lists_three", "lists_hostile", "panel", "panel_staggered",
)  # fmt: skip
VOID = {"meta", "link", "br", "img", "input", "hr"}
Content = dict[str, Any]


def content(name: str = "ship") -> Content:
    made: Content = json.loads((FIXTURES / f"readout_{name}.json").read_text(encoding="utf-8"))
    return made


def both() -> Content:
    """One study with two lenses."""
    made, lists = content("ship"), content("lists_sound")
    made["interleaving"] = lists["interleaving"]
    made["study"]["interleaving"] = lists["study"]["interleaving"]
    made["verdict"] = {
        "decision": "ship",
        "headline": "A/B: ship. Interleaving: ship.",
        "reasons": ["ab_ship", "interleaving_ship"],
        "explanations": ["A/B: ship.", "Interleaving: ship."],
        "rule": "lenses",
        "rule_text": "Each lens has its own verdict.",
    }
    return made


def with_levels(units: list[int]) -> Content:
    """A readout whose first segment has levels of these many units."""
    made = content("ship")
    segment = made["ab"]["segments"][0]
    level = segment["levels"][0]
    segment["levels"] = []
    for at, count in enumerate(units):
        one = copy.deepcopy(level)
        one |= {"level": f"level-{at}", "n_control": count // 2, "n_treatment": count - count // 2}
        segment["levels"].append(one)
    return made


@dataclass
class Node:
    """An element of a page."""

    tag: str
    attributes: dict[str, str]
    children: list["Node | str"] = field(default_factory=list)

    def text(self) -> str:
        """All text in it."""
        return "".join(one if isinstance(one, str) else one.text() for one in self.children)

    def all(self, tag: str = "", kind: str = "", role: str = "") -> list["Node"]:
        """The elements in it, itself not counted, by tag, class and role."""
        found = []
        for one in self.children:
            if isinstance(one, Node):
                classes = one.attributes.get("class", "").split()
                fits = (not tag or one.tag == tag) and (not kind or kind in classes)
                if fits and (not role or one.attributes.get("role") == role):
                    found.append(one)
                found += one.all(tag, kind, role)
        return found


class Reader(HTMLParser):
    """Builds the tree of a page, and fails where an element is closed out of turn."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.top = Node("", {})
        self.open = [self.top]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def tree(page: str) -> Node:
    """The page as a tree."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == [reader.top]
    return reader.top


def skeleton(node: Node) -> list[tuple[str, tuple[str, ...]]]:
    """Every element with the names of its attributes, in order."""
    return [(one.tag, tuple(sorted(one.attributes))) for one in node.all()]
