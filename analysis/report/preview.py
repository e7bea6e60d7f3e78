"""The picture that chats show beside a link: the study, its word and its sentence."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analysis.report import heading, words
from analysis.report.fonts import font, has

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

Content = Mapping[str, Any]

SIZE = (1200, 630)
_PAGE, _TEXT, _QUIET = "#FFFFFF", "#23231F", "#5C5C57"
_TONES = {
    "better": ("#005C91", "#E8F2FA"),
    "worse": ("#8F3A00", "#FCEFE6"),
    "neutral": ("#5C5C57", "#F3F3F0"),
    "stop": ("#23231F", "#F3F3F0"),
}
_LEFT, _RIGHT, _FLOOR = 80, 1120, 530
_MOST_WORDS, _MOST_LETTERS = 200, 300  # more than any picture of this size has room for


def preview_png(content: Content) -> bytes:
    """The picture as PNG, 1200 x 630; the same content and font give the same bytes.

    The font has Latin, Greek and Cyrillic letters: a text that is mostly of others is left out
    rather than shown as boxes, and the page behind the link has it.
    """
    from PIL import Image, ImageDraw

    verdict = content["verdict"]
    said = words.VERDICTS[verdict["decision"]]
    ink, wash = _TONES[said.tone]
    image = Image.new("RGB", SIZE, _PAGE)
    draw = ImageDraw.Draw(image)
    draw.text((_LEFT, 64), "Verdict", fill=_QUIET, font=font(30))
    top = 120
    for line in lines(str(content["study"].get("name") or ""), font(60, 700), most=2):
        draw.text((_LEFT, top), line, fill=_TEXT, font=font(60, 700))
        top += 72
    top += 30
    draw.rounded_rectangle((_LEFT, top, _RIGHT, _FLOOR), radius=14, fill=wash)
    draw.rounded_rectangle((_LEFT, top, _LEFT + 10, _FLOOR), radius=5, fill=ink)
    left, room = _LEFT + 44, _RIGHT - _LEFT - 84
    word = next(iter(lines(heading.word(content, verdict), font(52, 700), width=room)), said.word)
    draw.text((left, top + 22), word, fill=ink, font=font(52, 700))
    body = lines(verdict["headline"], font(34), most=(_FLOOR - top - 112) // 46, width=room)
    for place, line in enumerate(body):
        draw.text((left, top + 100 + 46 * place), line, fill=_TEXT, font=font(34))
    lens = next((one for one in heading.LENSES if content.get(one)), None)
    caption = " · ".join(heading.caption(content, lens, str)) if lens else ""
    for line in lines(caption, font(28)):
        draw.text((_LEFT, 556), line, fill=_QUIET, font=font(28))
    out = io.BytesIO()
    image.save(out, format="PNG")
    return out.getvalue()


def lines(
    said: str, drawn: "FreeTypeFont", *, most: int = 1, width: int = _RIGHT - _LEFT
) -> list[str]:
    """The text broken to a width in pixels; dots end the last line where more was said."""
    made: list[str] = []
    left = shown(said).split(" ")[:_MOST_WORDS]
    while left and left[0] and len(made) < most:
        count = len(left)
        while count > 1 and drawn.getlength(" ".join(left[:count])) > width:
            count -= 1
        made.append(" ".join(left[:count]))
        left = left[count:]
    if made and (left or drawn.getlength(made[-1]) > width):
        made[-1] = _cut(made[-1], drawn, width)
    return [line if drawn.getlength(line) <= width else _cut(line, drawn, width) for line in made]


def shown(said: str) -> str:
    """The text with the letters that the font has; empty where those are not most of them."""
    letters = "".join(said.split())[:2000]
    kept = " ".join("".join(one for one in word if has(one)) for word in said[:2000].split())
    return " ".join(kept.split()) if 2 * len(kept.replace(" ", "")) > len(letters) else ""


def _cut(line: str, drawn: "FreeTypeFont", width: int) -> str:
    line = line[:_MOST_LETTERS]
    while line and drawn.getlength(f"{line}…") > width:
        line = line[:-1]
    return f"{line.rstrip()}…"
