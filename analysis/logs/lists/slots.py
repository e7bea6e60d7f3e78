"""One reading of a log of lists: rows to codes, cleaning in its order, arrays out."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from analysis.core import LogError
from analysis.logs.list_log import SHARED, UNKNOWN, Int, ListLog, Slots
from analysis.logs.lists.account import account, slots_by_day
from analysis.logs.lists.cleaning import (
    Losses,
    clicks_once,
    drop_positions,
    flags,
    from_one,
    in_order,
    keep,
    merge,
    repeated_slots,
    sort_keys,
)
from analysis.logs.lists.codes import Codes, Columns
from analysis.logs.lists.coding import few_names, make_codes, mark_rows, read_columns
from analysis.logs.lists.counted import count_lists
from analysis.logs.lists.events import Target, join_clicks, read_events
from analysis.logs.lists.found import Found
from analysis.logs.lists.marks import row_marks
from analysis.logs.lists.notices import reading_notices
from analysis.logs.lists.opened import Opened
from analysis.logs.lists.purchases import attribute, from_slots
from analysis.logs.lists.rankers import Rankers, find_rankers, rank_columns
from analysis.logs.lists.repeats import exact_repeats
from analysis.logs.lists.rows import Views, open_rows
from analysis.logs.lists.shapes import CLICK_CODE, PURCHASE_CODE
from analysis.logs.lists.table import Identity, Table, identify, list_table, suspected_bots


class SlotReading:
    """A log of slots on its way from an engine to arrays."""

    def __init__(self, opened: Opened, report: Callable[[str, float], None]) -> None:
        self.opened = opened
        self.lens = opened.lens
        self.fields = opened.fields
        self.shape = opened.shape
        self.report = report
        self.codes = Codes(opened.engine)
        self.counts: dict[str, int] = {}
        self.losses = Losses()
        self.names: dict[str, list[str]] = {}
        self.first_repeated = ""
        self.wide_segments: list[str] = []
        self.blank_fields: set[str] = set()

    def read(self) -> ListLog:
        """The log as the wing sees it."""
        self.report("Reading rows", 0.35)
        views = open_rows(self.opened.engine, self.fields, self.shape)
        make_codes(self.codes, views, self.fields, self.shape)
        self.names, self.wide_segments = few_names(self.codes, views, self.fields)
        rows, slots = read_columns(self.codes, views)
        self.counts["rows_in_file"] = self.opened.rows
        # Hashes and the digest come first: they are of the rows as they were read.
        marks, sha256 = mark_rows(self.codes, views, self.shape, rows, slots)
        rows, slots, marks = self._without_repeats(rows, slots, marks)
        self.report("Cleaning", 0.7)
        rows, slots = self._with_ids(rows, slots)
        if self.shape.whole_lists:
            rows, slots = self._whole_lists(rows, slots)
        else:
            rows = slots = self._with_positions(slots)
        if not rows["row_no"].size:
            raise self._nothing_left()
        identity = identify(rows)
        rows["list"] = identity.code
        slots, rows, order = self._sorted(rows, slots, identity, marks)
        rankers = self._rankers(slots)
        if rankers is not None:
            slots["ranker"] = rankers.code[slots["label"]] if rankers.code.size else slots["label"]
            slots["ranker"] = np.where(slots["label"] < 0, SHARED, slots["ranker"]).astype(np.int8)
        self.report("Joining slots", 0.8)
        table = list_table(rows, order, identity, self.opened.study.log.timezone, self.names)
        del rows
        self._count_labels(slots)
        slots = self._once(slots)
        return self._finished(slots, views, identity, table, rankers, sha256)

    def _without_repeats(
        self, rows: Columns, slots: Columns, marks: Int
    ) -> tuple[Columns, Columns, Int]:
        """Rows without exact repeats of another; in a log without list ids all stay."""
        self.counts["duplicate_rows_removed"] = 0
        if "list_id" not in rows:
            return rows, slots, marks
        repeats = exact_repeats(self.opened.engine, "log", self.fields.kinds, rows["row_no"], marks)
        self.counts["duplicate_rows_removed"] = repeats.size
        self.losses.add("duplicate_row", repeats)
        if not repeats.size:
            return rows, slots, marks
        same = slots is rows
        kept = ~np.isin(rows["row_no"], repeats)
        marks = marks[kept]
        if same:
            rows = keep(rows, kept)
            return rows, rows, marks
        slots = keep(slots, ~np.isin(slots["row_no"], repeats))
        return keep(rows, kept), slots, marks

    def _with_ids(self, rows: Columns, slots: Columns) -> tuple[Columns, Columns]:
        """Rows that say whose list they tell of, as far as the log has such columns."""
        if self.shape.name == "position":
            return rows, slots
        for name, reason in (("list_id", "missing_list_id"), ("who", "missing_user_id")):
            if name not in rows:
                continue
            blank = rows[name] < 0
            if blank.all():
                # A column without a single id is no column of ids.
                rows.pop(name)
                self.blank_fields.add({"list_id": "impression_id", "who": "user_id"}[name])
                continue
            self.counts[f"rows_{reason}"] = int(blank.sum())
            if not blank.any():
                continue
            gone = rows["row_no"][blank]
            self.losses.add(reason, gone)
            same = slots is rows
            rows = keep(rows, ~blank)
            slots = rows if same else keep(slots, ~np.isin(slots["row_no"], gone))
        return rows, slots

    # ---- cleaning -----------------------------------------------------------------------------

    def _with_positions(self, slots: Columns) -> Columns:
        """Slots with a usable position, the top being 1."""
        self.counts |= {"rows_missing_position": 0, "rows_bad_position": 0, "position_base": 1}
        if "pos" not in slots:
            return slots
        if self.shape.name != "events":
            kept = drop_positions(slots, self.counts)
            if not kept.all():
                self.losses.add("missing_position", slots["row_no"][slots["pos"] == -1])
                self.losses.add("bad_position", slots["row_no"][slots["pos"] == -2])
                slots = keep(slots, kept)
        slots["pos"] = from_one(slots["pos"], self.counts)
        return slots

    def _whole_lists(self, rows: Columns, slots: Columns) -> tuple[Columns, Columns]:
        """Lists whose cells could be taken apart, and their slots with a position."""
        broken = rows["good"] == 0
        self.counts["list_length_mismatch"] = int(broken.sum())
        reason = "list_length_mismatch" if self.shape.name == "joined" else "broken_list"
        self.losses.add(reason, rows["row_no"][broken])
        rows = keep(rows, ~broken)
        rows.pop("good")
        before = slots["row_no"]
        slots = self._slots_alone(slots)
        # A list that was shown empty stays; one that lost every slot goes with them.
        emptied = np.setdiff1d(before, slots["row_no"])
        if emptied.size:
            self.losses.add("missing_position", emptied)
            rows = keep(rows, ~np.isin(rows["row_no"], emptied))
        return rows, slots

    def _slots_alone(self, slots: Columns) -> Columns:
        """Slots inside lists with a usable position; their list rows are told apart later."""
        held, self.losses = self.losses, Losses()
        slots = self._with_positions(slots)
        self.losses = held
        return slots

    def _sorted(
        self, rows: Columns, slots: Columns, identity: Identity, marks: Int
    ) -> tuple[Columns, Columns, Int | None]:
        """Slots by list, position and file order; and what sorts the data rows by list."""
        most = int(max(slots["row_no"].max(initial=0), rows["row_no"].max(initial=0))) + 1
        if identity.list_id is None and not self.shape.whole_lists:
            return self._exposures(rows, marks, identity)
        if slots is not rows:
            order = np.argsort(rows["row_no"])
            at = order[np.searchsorted(rows["row_no"][order], slots["row_no"])]
            slots["list"] = rows["list"][at]
            if "rnd" in rows:
                slots["rnd"] = rows["rnd"][at]
        parts = [(slots["list"], identity.lists)]
        if "pos" in slots:
            parts.append((slots["pos"], 1024))
        parts.append((slots["row_no"], most))
        if "place" in slots:
            parts.append((slots["place"], int(slots["place"].max(initial=0)) + 1))
        same = slots is rows
        slots = in_order(slots, sort_keys(parts))
        if same:
            return slots, dict(slots), None
        return slots, rows, np.argsort(rows["list"], kind="stable")

    def _exposures(
        self, rows: Columns, marks: Int, identity: Identity
    ) -> tuple[Columns, Columns, Int | None]:
        """Rows of a log without lists: each its own, in an order that the file's cannot change."""
        if marks.size != rows["row_no"].size:
            names = sorted(name for name in rows if name not in ("row_no", "list"))
            marks = row_marks(rows, names)
        order = np.lexsort([marks, rows["pos"]] if "pos" in rows else [marks])
        user = identity.user
        if user is not None:
            user[:] = rows["who"][order]
        rows = in_order(rows, order)
        rows["list"] = np.arange(order.size, dtype=np.int32)
        return rows, dict(rows), None

    def _rankers(self, slots: Columns) -> Rankers | None:
        """The rankers among the labels; None without a ranker column."""
        if "label" not in slots:
            return None
        labels = self.names["label"]
        said = slots["label"][slots["label"] >= 0]
        return find_rankers(labels, np.bincount(said, minlength=len(labels)), self.lens)

    def _count_labels(self, slots: Columns) -> None:
        """Rows without a ranker, and rows of a label that is none."""
        ranker = slots.get("ranker", np.empty(0, dtype=np.int8))
        if self.shape.name == "events" and ranker.size:
            ranker = ranker[slots["kind"] == CLICK_CODE]
        self.counts["rows_shared"] = int((ranker == SHARED).sum())
        self.counts["rows_unknown_model"] = int((ranker == UNKNOWN).sum())

    def _nothing_left(self) -> LogError:
        reasons = ", ".join(
            f"{reason.replace('_', ' ')} {rows.size:,}" for reason, rows in self.losses.rows.items()
        )
        return LogError(
            "no_usable_rows",
            f"No row of the log can be used; left out: {reasons or 'none, there are no rows'}.",
            where="columns",
            fix="Check the columns of lists, users and positions.",
        )

    def _once(self, slots: Columns) -> Columns:
        """Each slot once: repeats of a slot merged, or clicks counted where only they are known."""
        counts = self.counts
        counts["rows_merged"] = counts["repeat_clicks"] = 0
        if self.shape.name == "events":
            slots = keep(slots, slots["kind"] == CLICK_CODE)
            before = slots["row_no"].size
            slots = clicks_once(slots)
            counts["repeat_clicks"] = before - slots["row_no"].size
            return slots
        if self.shape.name == "position":
            return slots
        merged = repeated_slots(slots)
        counts["rows_merged"] = merged.into.size
        return merge(slots, merged)

    # ---- handing out --------------------------------------------------------------------------

    def _finished(
        self,
        slots: Columns,
        views: Views,
        identity: Identity,
        table: Table,
        rankers: Rankers | None,
        sha256: str,
    ) -> ListLog:
        counts, lens = self.counts, self.lens
        n = slots["row_no"].size
        clicked, has = self._outcome(slots, views)
        target = Target(slots, identity, table, counts["position_base"])
        events = read_events(self.opened, self.codes, target, self.losses)
        for kind, field in ((CLICK_CODE, "clicked"), (PURCHASE_CODE, "purchases")):
            has[field] = has.get(field, False) or any(
                bool((one.columns["kind"] == kind).any()) for one in events
            )
        joined = join_clicks(events, target, clicked, lens.outcome)
        clicked = joined.clicked
        counts["repeat_clicks"] += joined.repeats
        purchases = attribute(events, target, lens)
        if purchases is not None:
            counts["purchases"] = purchases.value.size
        if purchases is None and "v" in slots:
            purchases = from_slots(slots, target, lens)
        ranker = slots.get("ranker", np.full(n, SHARED, dtype=np.int8))
        counts["shared_clicks"] = (
            int((clicked & (ranker == SHARED)).sum()) if rankers is not None else 0
        )
        columns = rank_columns(rankers.names, views.ranks) if rankers is not None else None
        randomized = slots["rnd"] > 0 if "rnd" in slots else None
        # Positions of clicks alone give no rate.
        shown = self.shape.name != "events"
        made = Slots(
            list=slots["list"],
            position=slots["pos"].astype(np.int32) if "pos" in slots and shown else None,
            ranker=ranker,
            clicked=clicked,
            item=slots.get("item"),
            competitive=_said(slots["comp"]) if "comp" in slots else None,
            ranks=tuple(slots[column] for column in columns) if columns else None,
            randomized=randomized,
            propensity=slots.get("prop"),
        )
        lists = replace(
            table.lists,
            segments={
                self.fields.segments[int(name[2:])]: levels
                for name, levels in table.lists.segments.items()
            },
        )
        bots = suspected_bots(
            table, made.list, clicked, slots_shown=self.shape.name not in ("events", "position")
        )
        counts |= count_lists(made, identity, self.shape)
        first = counts.pop("positions_repeated_first")
        if first >= 0 and identity.list_id is not None:
            self.first_repeated = self.codes.text("list_id", int(identity.list_id[first]))[:80]
        counts["suspected_bot_users"] = int(bots.sum()) if bots is not None else 0
        counts["bad_times"] = table.bad_times
        has |= {"ranks": made.ranks is not None}
        self.report("Accounting", 0.95)
        names = rankers.names if rankers is not None else ()
        beside = self.opened.sources.get("events")
        counts["event_rows_in_file"] = beside.rows if beside is not None else 0
        counts["duplicate_event_rows"] = sum(one.repeats for one in events)
        if purchases is not None:
            counts["unattributed_purchases"] = int((np.diff(purchases.start) == 0).sum())
        book = replace(
            account(self.opened, sha256, counts, self.losses, rankers, events),
            events_by_day=slots_by_day(made, lists.day, table.days, names),
        )
        found = Found(
            counts,
            self.losses,
            rankers,
            made,
            joined,
            purchases,
            has,
            self.wide_segments,
            self.first_repeated,
        )
        return ListLog(
            rankers=names,
            users=table.users,
            lists=identity.lists,
            days=table.days,
            shape=self.shape.name,
            slots=made,
            table=lists,
            bots=bots,
            purchases=purchases,
            totals=None,
            counts=counts,
            has=has,
            accounting=book,
            notices=reading_notices(self.opened, found),
        )

    def _outcome(self, slots: Columns, views: Views) -> tuple[Any, dict[str, bool]]:
        """The chosen outcome as the slots' own cells tell it, and which fields there are."""
        has = {name: name in views.has - self.blank_fields for name in FIELD_NAMES}
        has["segment"] = bool(self.fields.segments)
        n = slots["row_no"].size
        name = "y" if self.lens.outcome != "conversion" else "conv"
        self.counts |= {"click_counts_capped": 0, "clicks_unreadable": 0}
        if self.shape.name == "events" and name == "y":
            return np.ones(n, dtype=bool), has
        if name not in slots:
            return np.zeros(n, dtype=bool), has
        clicked, capped, unreadable = flags(slots[name])
        self.counts |= {"click_counts_capped": capped, "clicks_unreadable": unreadable}
        return clicked, has


FIELD_NAMES = (
    "user_id", "impression_id", "position", "item_id", "model", "clicked", "converted", "value",
    "timestamp", "day", "context", "competitive", "randomized", "propensity", "event",
)  # fmt: skip


def _said(column: Int) -> Int:
    """1 for yes, 0 for no, -1 for a cell that says neither."""
    found: Int = np.where(column < 0, -1, column > 0).astype(np.int8)
    return found
