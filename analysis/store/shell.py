"""What `python -m analysis store ...` does and says."""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

from analysis.core import StoreError, wording
from analysis.store.jobs import refreshed
from analysis.store.links import links_of, turn_off, works
from analysis.store.rows import StudyRow
from analysis.store.settings import read_settings
from analysis.store.store import Store
from analysis.store.tidy import forget, purge
from analysis.store.transfer import export_study, import_study
from analysis.store.verify import verify

CONTROL = dict.fromkeys((*range(32), *range(127, 160)), "\N{REPLACEMENT CHARACTER}")


def answer(asked: argparse.Namespace) -> str:
    """Do what was asked and say what came of it.

    Raises:
        StoreError: It cannot be done, in words.
    """
    return ACTIONS[asked.does](Store.open(), asked)


def _list(store: Store, asked: argparse.Namespace) -> str:
    rows = [refreshed(store, row) for row in store.studies(deleted=asked.deleted)]
    if not rows:
        return f"No {'deleted ' if asked.deleted else ''}study in {store.home}."
    lines = [(row.id, _stands(row), row.saved[:10], row.name) for row in rows]
    return _table([("study", "verdict", "saved", "name"), *lines])


def _show(store: Store, asked: argparse.Namespace) -> str:
    row = refreshed(store, store.study(asked.study))
    lines = [
        ("name", row.name),
        ("verdict", _stands(row)),
        ("log", row.log_sha256 or ", ".join(_paths(row))),
        ("made", f"{row.created[:16]} by {row.owner or 'unknown'}"),
        ("saved", row.saved[:16]),
        ("seen by", "its owner and admins" if row.level == "private" else "all who may sign in"),
    ]
    lines += [("tags", ", ".join(row.tags))] if row.tags else []
    lines += [("archived", row.archived[:16])] if row.archived else []
    lines += [("deleted", row.deleted_at[:16])] if row.deleted_at else []
    lines += [("error", str(row.error))] if row.error else []
    for readout_id, created in store.readout_ids(row.id):
        newest = " (newest)" if readout_id == row.readout_id else ""
        lines.append(("readout", f"{readout_id[:12]} {created[:16]}{newest}"))
    for link in links_of(store, row.id):
        state = f"until {link.expires[:10]}" if works(link) else "ended"
        lines.append(("link", f"{link.id} {state}"))
    return _table(lines)


def _export(store: Store, asked: argparse.Namespace) -> str:
    export_study(store, asked.study, Path(asked.out).absolute())
    return f"Wrote {asked.out}."


def _import(store: Store, asked: argparse.Namespace) -> str:
    try:
        with Path(asked.file).open("rb") as file:
            study_id = import_study(store, file)
    except OSError as error:
        raise StoreError(
            "cannot_read",
            f"The file cannot be read: {error.strerror}.",
            where=asked.file,
            fix="Name a file that `store export` wrote.",
        ) from None
    return f"Imported as study {study_id}."


def _delete(store: Store, asked: argparse.Namespace) -> str:
    if asked.for_good:
        forget(store, asked.study)
        return f"Study {asked.study} is gone, and its log if no other study reads it."
    store.delete(asked.study)
    return f"Study {asked.study} is put away; `store restore {asked.study}` brings it back."


def _restore(store: Store, asked: argparse.Namespace) -> str:
    store.restore(asked.study)
    return f"Study {asked.study} is back."


def _links(store: Store, _asked: argparse.Namespace) -> str:
    rows = links_of(store)
    if not rows:
        return "No share link."
    lines = [
        (
            row.id, "on" if works(row) else "ended", row.created[:10], row.expires[:10],
            row.opened_day or "never", row.study_id, row.name,
        )
        for row in rows
    ]  # fmt: skip
    return _table([("link", "state", "made", "ends", "opened", "study", "name"), *lines])


def _turn_off(store: Store, asked: argparse.Namespace) -> str:
    turn_off(store, asked.link)
    return f"Link {asked.link} is turned off."


def _audit(store: Store, asked: argparse.Namespace) -> str:
    rows = store.trail(limit=asked.limit)
    lines = [(row.at[:19], row.who, row.what, row.object) for row in rows]
    return _table([("when (UTC)", "who", "what", "object"), *lines])


def _verify(store: Store, _asked: argparse.Namespace) -> str:
    found = verify(store)
    counted = ", ".join(f"{count:,} {kind}" for kind, count in found.counted.items())
    if found.faults:
        raise StoreError(
            "store_damaged",
            f"{wording.counted(len(found.faults), 'fault')} in {counted}:\n  "
            + "\n  ".join(found.faults),
            where=str(store.home),
            fix="Restore what is named from a backup.",
        )
    spare = wording.counted(len(found.leftovers), "file")
    spare = f" {spare} without a row: vacuum." if found.leftovers else ""
    return f"Clean: {counted}.{spare}"


def _vacuum(store: Store, _asked: argparse.Namespace) -> str:
    gone = purge(store, log_days=read_settings(store.home).log_days)
    store.catalogue.vacuum()
    studies = wording.agreeing(gone, "study", "studies")
    return f"Removed {gone:,} deleted {studies} and leavings."


ACTIONS: dict[str, Callable[[Store, argparse.Namespace], str]] = {
    "list": _list, "show": _show, "export": _export, "import": _import, "delete": _delete,
    "restore": _restore, "links": _links, "turn-off": _turn_off, "audit": _audit,
    "verify": _verify, "vacuum": _vacuum,
}  # fmt: skip


def _stands(row: StudyRow) -> str:
    decision = (row.summary or {}).get("decision")
    return str(decision).replace("_", " ") if decision else row.status


def _paths(row: StudyRow) -> list[str]:
    path = (row.definition.get("log") or {}).get("path") or []
    return [path] if isinstance(path, str) else [str(one) for one in path]


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    """Columns as wide as their widest cell; what a terminal would obey is shown as text."""
    shown = [[cell.translate(CONTROL) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in shown) for at in range(len(shown[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in shown
    )
