"""A readout in a few lines of text, for a chat."""

from collections.abc import Mapping
from typing import Any

from analysis.report import heading, notices, rows, words

Content = Mapping[str, Any]


def text_summary(content: Content) -> str:
    """Name and word, the sentence, what stops it or how the guardrails stand, and the rule."""
    verdict = content["verdict"]
    name = str(content["study"].get("name") or "Study")
    lines = [f"{_line(name)}: {_line(heading.word(content, verdict))}", _line(verdict["headline"])]
    stops = notices.of_level(content["notices"], "stop")
    lines += [_line(one) for one in notices.unsaid(stops, verdict["headline"])]
    for lens in heading.LENSES:
        if content.get(lens):
            lines.append(_line(" · ".join(heading.caption(content, lens, str))))
    lines += _guardrails(content)
    lines.append(_line(heading.why(verdict)[0]))
    return "\n".join(lines) + "\n"


def _guardrails(content: Content) -> list[str]:
    """Each guardrail with its word, unless a stop forbids reading them."""
    if rows.stopped(content):
        return []
    said = []
    for lens in ("ab", "synthetic_control"):
        for metric in (content.get(lens) or {}).get("metrics") or ():
            if metric.get("role") == "guardrail":
                found = metric.get("comparisons") or [metric]
                word = _worst([one.get("guardrail") or "unproven" for one in found])
                said.append(f"{_line(metric['name'])}: {words.GUARDRAILS[word].lower()}")
    return [f"Guardrails: {'; '.join(said)}"] if said else []


def _worst(found: list[str]) -> str:
    return next(word for word in ("breached", "unproven", "safe") if word in found)


def _line(said: str) -> str:
    """One line of text that cannot turn its neighbours round."""
    return words.isolated(" ".join(said.split()))
