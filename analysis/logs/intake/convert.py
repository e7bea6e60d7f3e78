"""Files of any accepted kind to one table of text (runs in the child process)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from analysis.core import LogError, Notice
from analysis.logs.intake.delimited import DelimitedText, read_rows, with_dialect
from analysis.logs.intake.json_lines import JsonRows, JsonText
from analysis.logs.intake.kinds import HEAD_BYTES, is_parquet, packing_of, refuse_foreign
from analysis.logs.intake.limits import Limits
from analysis.logs.intake.names import named
from analysis.logs.intake.parquet import check_pages, describe, files_differ
from analysis.logs.intake.source import Source
from analysis.logs.intake.text import Text, plain_text
from analysis.logs.intake.unpack import head_of, unpacked
from analysis.logs.intake.writing import Rejections, RowWriter

Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class Job:
    """What the child is asked to do.

    Attributes:
        files: Absolute paths, in order.
        names: What messages call them.
        out: The Parquet file to make, if the files are text.
        scratch: An empty folder for everything that is not finished; the caller removes it.
        limits: The bounds.
    """

    files: tuple[Path, ...]
    names: tuple[str, ...]
    out: Path
    scratch: Path
    limits: Limits

    @property
    def rejected(self) -> Path:
        """Where rejected lines go."""
        return self.out.with_name(f"{self.out.stem}-rejected.parquet")


@dataclass(frozen=True)
class _Input:
    """One file whose kind is known."""

    path: Path
    name: str
    packing: str
    family: str


def convert(job: Job, tell: Tell) -> Source:
    """The source: Parquet files in place, or everything else as one Parquet of text.

    Raises:
        LogError: The log cannot be read; nothing is left behind but the scratch folder.
    """
    inputs = [
        _recognised(path, name, job.limits) for path, name in zip(job.files, job.names, strict=True)
    ]
    for one in inputs[1:]:
        if one.family != inputs[0].family:
            raise LogError(
                "mixed_formats",
                f"It is {one.family}, but {inputs[0].name} is {inputs[0].family}.",
                where=one.name,
                fix="Use files of one format.",
            )
    roads = {"Parquet": _parquet, "JSON": _json, "delimited text": _delimited}
    return roads[inputs[0].family](job, inputs, tell)


def _refuse_nothing(job: Job, rows: int, columns: int) -> None:
    if rows and columns:
        return
    raise LogError(
        "log_without_columns" if rows else "log_without_rows",
        f"The log has {columns} column(s) and {rows} row(s).",
        where=", ".join(job.names[:3]),
        fix="Export it again with its rows and the names of its columns.",
    )


def _recognised(path: Path, name: str, limits: Limits) -> _Input:
    head = head_of(path)
    refuse_foreign(head, name)
    packing = packing_of(head)
    if packing:
        head = _head_inside(path, limits)
        refuse_foreign(head, name)
        if packing_of(head):
            raise LogError(
                "unsupported_file",
                "The file is packed twice.",
                where=name,
                fix="Unpack it once.",
            )
    if is_parquet(head):
        return _Input(path, name, packing, "Parquet")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        start = head[2:].replace(b"\x00", b"").lstrip()
    family = "JSON" if start.startswith((b"{", b"[")) else "delimited text"
    return _Input(path, name, packing, family)


def _head_inside(path: Path, limits: Limits) -> bytes:
    head = b""
    for chunk in unpacked(path, limits):
        head += chunk[:HEAD_BYTES]
        if len(head) >= HEAD_BYTES:
            break
    return head


def _text(job: Job, one: _Input, number: int) -> Text:
    spool = job.scratch / f"text-{number}"
    return plain_text(one.path, name=one.name, packing=one.packing, spool=spool, limits=job.limits)


def _done_with(text: Text) -> None:
    if text.temporary:
        text.path.unlink()


def _delimited(job: Job, inputs: list[_Input], tell: Tell) -> Source:
    out, rejections = job.scratch / "rows.parquet", _rejections(job)
    notices: list[Notice] = []
    writer: RowWriter | None = None
    first: DelimitedText | None = None
    rows, encoding = 0, ""
    for number, one in enumerate(inputs):
        text = _text(job, one, number)
        source = with_dialect(text, job.limits, one.name)
        names = named(source.dialect.header, job.limits, one.name)
        notices += text.notices
        if writer is None or first is None:
            first, encoding = source, text.encoding
            writer = RowWriter(out, tuple(names.names), job.limits)
            notices += names.notices()
        if source.dialect.decimal_comma and not any(n.code == "decimal_commas" for n in notices):
            notices.append(_decimal_commas(one.name))
        order = _order(tuple(names.names), writer.names, one.name, inputs[0].name)
        tell(f"Reading {one.name}", number / len(inputs))

        def heard(share: float, name: str = one.name, number: int = number) -> None:
            tell(f"Reading {name}", (number + share) / len(inputs))

        rows += read_rows(
            source,
            order,
            writer=writer,
            rejections=rejections,
            first=rows + 1,
            limits=job.limits,
            tell=heard,
        )
        _done_with(text)
    assert writer is not None
    assert first is not None
    writer.close()
    if writer.kept + rejections.total != rows:
        raise AssertionError(f"{writer.kept} + {rejections.total} rows are not {rows}")
    explanation = f"the header has {len(first.dialect.header)} field(s)"
    _refuse_mostly_rejected(rejections, rows, explanation, first.where)
    kind = first.dialect.name + inputs[0].packing
    return _finished(job, out, rejections, writer.names, rows, kind, encoding, notices)


def _order(names: tuple[str, ...], wanted: tuple[str, ...], file: str, first: str) -> list[int]:
    if set(names) != set(wanted):
        missing = [name for name in wanted if name not in names]
        extra = [name for name in names if name not in wanted]
        raise files_differ(file, first, missing, extra, [])
    return [names.index(name) for name in wanted]


def _json(job: Job, inputs: list[_Input], tell: Tell) -> Source:
    out, rejections = job.scratch / "rows.parquet", _rejections(job)
    gathered = JsonRows(out, rejections, job.limits)
    notices: list[Notice] = []
    kind, encoding = "", ""
    for number, one in enumerate(inputs):
        tell(f"Reading {one.name}", number / len(inputs))
        text = _text(job, one, number)
        with text.path.open("rb") as file:
            file.seek(text.start)
            array = file.read(HEAD_BYTES).lstrip().startswith(b"[")
        gathered.read(JsonText(text, array, one.name))
        notices += text.notices
        kind = kind or ("json" if array else "json lines") + one.packing
        encoding = encoding or text.encoding
        _done_with(text)
    gathered.close()
    if gathered.kept + rejections.total != gathered.rows:
        raise AssertionError(f"{gathered.kept} + {rejections.total} rows are not {gathered.rows}")
    explanation = "each line must be one JSON object"
    _refuse_mostly_rejected(rejections, gathered.rows, explanation, inputs[0].name)
    notices += gathered.names.notices()
    names = tuple(gathered.names.names)
    return _finished(job, out, rejections, names, gathered.rows, kind, encoding, notices)


def _parquet(job: Job, inputs: list[_Input], tell: Tell) -> Source:
    files: list[Path] = []
    for number, one in enumerate(inputs):
        tell(f"Reading {one.name}", number / len(inputs))
        if not one.packing:
            files.append(one.path)
            continue
        plain = job.scratch / f"{job.out.stem}-{number}.parquet"
        with plain.open("wb") as file:
            for chunk in unpacked(one.path, job.limits):
                file.write(chunk)
        files.append(plain)
    names = [one.name for one in inputs]
    rows, columns, notices = describe(files, names, job.limits)
    _refuse_nothing(job, rows, len(columns))
    for path, name in zip(files, names, strict=True):
        check_pages(path, name, [column for column, _ in columns], job.limits)
    for i, one in enumerate(inputs):
        if one.packing:
            files[i] = files[i].replace(job.out.with_name(files[i].name))
    return Source(
        files=tuple(files),
        text=False,
        columns=tuple(columns),
        rows=rows,
        rejected=(),
        rejected_count={},
        format="parquet" + inputs[0].packing,
        encoding="",
        notices=tuple(notices),
    )


def _rejections(job: Job) -> Rejections:
    return Rejections(job.scratch / "rejected.parquet")


def _finished(
    job: Job,
    out: Path,
    rejections: Rejections,
    names: tuple[str, ...],
    rows: int,
    kind: str,
    encoding: str,
    notices: list[Notice],
) -> Source:
    """Move what was made to its place, the rows last, and describe it."""
    _refuse_nothing(job, rows, len(names))
    some_rejected = rejections.close()
    if some_rejected:
        (job.scratch / "rejected.parquet").replace(job.rejected)
    out.replace(job.out)
    return Source(
        files=(job.out,),
        text=True,
        columns=tuple((name, "VARCHAR") for name in names),
        rows=rows,
        rejected=tuple(rejections.examples),
        rejected_count=rejections.count,
        format=kind,
        encoding=encoding,
        notices=tuple(notices),
        rejected_file=job.rejected if some_rejected else None,
    )


def _refuse_mostly_rejected(
    rejections: Rejections, rows: int, explanation: str, where: str
) -> None:
    if rejections.total * 2 <= rows:
        return
    example = rejections.examples[0]
    raise LogError(
        "too_many_rejected_lines",
        f"{rejections.total:,} of {rows:,} rows cannot be read; {explanation}, "
        f'but row {example.row} is "{example.text[:80]}" ({example.reason}).',
        where=where,
        fix="Check the delimiter, the header and the quotes, or export the file again.",
    )


def _decimal_commas(name: str) -> Notice:
    return Notice(
        "decimal_commas",
        "warn",
        "log",
        f"Some numbers in {name} have a decimal comma (1,5).",
        "Export with decimal points: a number with a comma counts as no number.",
    )
