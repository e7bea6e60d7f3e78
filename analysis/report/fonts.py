"""The font of pictures: the app's own Source Sans where Streamlit is installed, else Pillow's."""

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

_MEDIA = Path("static") / "static" / "media"
_ABSENT = "\uffff"  # no font has it, so it shows the box that stands for a missing letter


@cache
def font(size: int, weight: int = 400) -> "FreeTypeFont":
    """A font of this size in pixels; the weight counts where the font has several."""
    from PIL import ImageFont
    from PIL.ImageFont import FreeTypeFont

    for path in _shipped():
        try:
            found = ImageFont.truetype(path, size)
            found.set_variation_by_axes([weight])
        except OSError:
            continue
        return found
    plain = ImageFont.load_default(size)
    assert isinstance(plain, FreeTypeFont), "Pillow was built without FreeType"
    return plain


@cache
def has(letter: str) -> bool:
    """Whether the font has this letter."""
    if letter.isspace():
        return letter == " "
    drawn = font(24)
    return letter.isprintable() and bytes(drawn.getmask(letter)) != bytes(drawn.getmask(_ABSENT))


def _shipped() -> Iterator[Path]:
    """The font files that come with Streamlit, found without importing it."""
    package = find_spec("streamlit")
    for folder in (package.submodule_search_locations or ()) if package else ():
        yield from sorted((Path(folder) / _MEDIA).glob("SourceSansVF-Upright*"))
