"""Small pictures beside words, drawn in the colour of the words; no font, no request."""

_PATHS = {
    "check_circle": '<circle cx="12" cy="12" r="9"/><path d="m8 12.3 2.8 2.8L16 9.6"/>',
    "undo": '<path d="M9 5 4.5 9.5 9 14"/><path d="M4.5 9.5H14a5 5 0 0 1 0 10h-3.5"/>',
    "hourglass_top": '<path d="M7 3h10M7 21h10M8 3v3.5l4 5.5 4-5.5V3M8 21v-3.5l4-5.5 4 5.5V21"/>',
    "cached": '<path d="M19.5 11a7.6 7.6 0 0 0-14-3M4.5 13a7.6 7.6 0 0 0 14 3"/>'
    '<path d="M5 3.8V8h4.2M19 20.2V16h-4.2"/>',
    "block": '<circle cx="12" cy="12" r="9"/><path d="m5.8 5.8 12.4 12.4"/>',
    "check": '<path d="m5 12.5 4.6 4.6L19 7.6"/>',
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.4v.2"/>',
}

BADGES = {"fine": "check", "look": "info", "stop": "block"}

MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" '
    'rx="14" fill="#0b57a4"/><path d="M14 14v36" stroke="#fff" stroke-opacity=".6" '
    'stroke-width="3"/><rect x="20" y="29" width="36" height="6" rx="3" fill="#fff" '
    'fill-opacity=".5"/><path d="M38 20l12 12-12 12-12-12z" fill="#fff"/></svg>'
)


def icon(name: str) -> str:
    """A picture by its name; the word beside it says the same, so it is not read aloud."""
    return (
        '<svg class="r-icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">'
        f"{_PATHS[name]}</svg>"
    )
