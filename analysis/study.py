"""The study: what to look at in a log, read strictly from TOML, JSON or a mapping."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

from analysis.core import StudyError
from analysis.study_fields import (
    Check,
    boolean,
    choice,
    in_zone,
    instant,
    integer,
    later,
    name_map,
    number,
    read_section,
    refuse,
    share_map,
    shown,
    text,
    texts,
    timezone,
)
from analysis.study_panel import SyntheticControl, synthetic_control

ROLES = ("primary", "guardrail", "secondary")
KINDS = ("proportion", "mean", "count", "sum", "ratio", "retention")
LATER_KINDS = ("quantile", "accuracy", "precision", "recall", "specificity", "f1", "auc", "mcc")
LATER_DESIGNS = ("group_sequential", "always_valid", "bayesian")
CORRECTIONS = ("holm", "none", "hochberg", "bonferroni", "bh", "by")


def _key(check: Check, default: Any = None) -> Any:
    """A field of a section: how its value is checked, and its default."""
    return field(default=default, metadata={"check": check})


@dataclass(frozen=True)
class LogSpec:
    """Where the log is and how its times are read.

    Attributes:
        path: Files or globs, relative to the study file; empty if it comes from elsewhere.
        events: Interleaving: a second file of clicks or purchases.
        timezone: IANA zone of time stamps without an offset, and of day boundaries.
        engine: ``duckdb`` (embedded) or ``spark`` (Spark Connect).
        table: Spark: the table to read instead of files.
        connection: Spark: name of the environment variable that holds the address.
    """

    path: tuple[str, ...] = _key(texts, ())
    events: tuple[str, ...] = _key(texts, ())
    timezone: str = _key(timezone, "UTC")
    engine: str = _key(choice("duckdb", "spark"), "duckdb")
    table: str | None = _key(text)
    connection: str | None = _key(text)


@dataclass(frozen=True)
class Columns:
    """Role = column name; None means not said: the log guesses and reports it.

    `n`, `sum` and `sum_sq` are the columns of daily sums; `weight` says how many
    identical units a row stands for. From `list` on: the columns of a list log. `region` is
    a panel's unit and `treated_from` says from when it was treated.
    """

    unit: str | None = _key(text)
    time: str | None = _key(text)
    arm: str | None = _key(text)
    event: str | None = _key(text)
    value: str | None = _key(text)
    id: str | None = _key(text)
    segments: tuple[str, ...] | None = _key(texts)
    cluster: str | None = _key(text)
    weight: str | None = _key(text)
    n: str | None = _key(text)
    sum: str | None = _key(text)
    sum_sq: str | None = _key(text)
    list: str | None = _key(text)
    position: str | None = _key(text)
    item: str | None = _key(text)
    model: str | None = _key(text)
    clicked: str | None = _key(text)
    converted: str | None = _key(text)
    context: str | None = _key(text)
    randomized: str | None = _key(text)
    propensity: str | None = _key(text)
    competitive: str | None = _key(text)
    day: str | None = _key(text)
    region: str | None = _key(text)
    treated_from: str | None = _key(text)


@dataclass(frozen=True)
class Term:
    """One side of a ratio: an event's values (``sum``) or occurrences (``count``), or a column."""

    event: str | None = _key(text)
    value: str | None = _key(choice("sum", "count"))
    column: str | None = _key(text)


def _term(value: Any, where: str) -> Term:
    term = read_section(Term, value, where)
    if term.event is None and term.column is None:
        raise refuse("missing_key", "names neither an event nor a column", where)
    if term.event is not None and term.column is not None:
        raise refuse("conflicting_keys", "names both an event and a column", where)
    return replace(term, value=term.value or "count") if term.event is not None else term


def _covariate(value: Any, where: str) -> Any:
    if isinstance(value, Mapping):
        return name_map("numerator", "denominator")(value, where)
    return text(value, where)


@dataclass(frozen=True)
class Metric:
    """One number by which the arms are compared.

    Attributes:
        name: Its name on every screen; unique in the study.
        role: ``primary``, ``guardrail`` or ``secondary``; None reads as primary for the
            first metric of a study that names no primary, else as secondary.
        kind: One of KINDS; None means not said: an event's share of units, a 0/1
            column as a proportion, any other column as a mean.
        better: ``higher`` or ``lower``.
        event: Event logs: the event that counts.
        column: Unit tables: the column; None means the column called like the metric.
        success: Unit tables: the label of a text column that reads as 1.
        successes, trials: Counted rows: the columns of successes and of trials.
        n, sum, sum_sq: Daily sums: this metric's columns, if not those of [columns].
        numerator, denominator: Ratios.
        day: Retention: days since exposure.
        margin: Guardrails: the worst harm accepted.
        margin_scale: ``relative`` (a lift) or ``absolute`` (metric units).
        cap_quantile: Values above this pooled quantile are set to it.
        window_days: Counts only this long from exposure; overrides [ab].
        covariate: ``pre``, ``none``, a column, or a ratio's two columns; None = not said.
    """

    name: str = _key(text, "")
    role: str = _key(choice(*ROLES), "")
    kind: str | None = _key(later(KINDS, LATER_KINDS, "metric kind"))
    better: str = _key(choice("higher", "lower"), "higher")
    event: str | None = _key(text)
    column: str | None = _key(text)
    success: str | None = _key(text)
    successes: str | None = _key(text)
    trials: str | None = _key(text)
    n: str | None = _key(text)
    sum: str | None = _key(text)
    sum_sq: str | None = _key(text)
    numerator: Term | None = _key(_term)
    denominator: Term | None = _key(_term)
    day: int | None = _key(integer(low=0))
    margin: float | None = _key(number(low=0))
    margin_scale: str = _key(choice("relative", "absolute"), "relative")
    cap_quantile: float | None = _key(number(low=0, high=1, low_open=True))
    window_days: float | None = _key(number(low=0, low_open=True))
    covariate: str | dict[str, str] | None = _key(_covariate)


@dataclass(frozen=True)
class ABOptions:
    """Method switches of the A/B lens; the first value is the default."""

    relative_interval: str = _key(choice("auto", "fieller", "log_delta", "delta"), "auto")
    proportion_interval: str = _key(choice("score", "newcombe", "agresti_caffo", "wald"), "score")
    proportion_test: str = _key(choice("auto", "z_pooled", "fisher"), "auto")
    critical_value: str = _key(choice("auto", "t", "z"), "auto")
    adjusted_lift_base: str = _key(choice("raw", "adjusted"), "raw")
    cluster_se: str = _key(choice("delta", "cr1", "cr0"), "delta")
    cap_base: str = _key(choice("all", "positive"), "all")
    analysis_units: str = _key(choice("all", "complete"), "all")
    exact_repeats: str = _key(choice("drop", "keep"), "drop")
    split_columns: tuple[str, ...] = _key(texts, ())
    srm_concentration: float = _key(number(low=0, low_open=True), 100.0)
    compare: str = _key(choice("to_control", "all_pairs"), "to_control")


LATER_OPTIONS = ("bounds", "looks", "information", "n_star", "mixture_sd", "prior", "novelty_days")


def _options(value: Any, where: str) -> ABOptions:
    return read_section(ABOptions, value, where, later=LATER_OPTIONS)


@dataclass(frozen=True)
class AB:
    """The A/B lens: who is compared, when, and by which rules.

    None means not said: the log's guess, the documented default, or "not planned".
    `treatments` default to every other arm and `allocation` to equal shares.
    """

    control: str | None = _key(text)
    treatments: tuple[str, ...] | None = _key(texts)
    allocation: dict[str, float] | None = _key(share_map)
    exposure: str | None = _key(text)
    window_days: float | None = _key(number(low=0, low_open=True))
    pre_days: float | None = _key(number(low=0, low_open=True))
    end: str | None = _key(instant)
    alpha: float = _key(number(low=0, high=0.5, low_open=True), 0.05)
    design: str = _key(later(("fixed",), LATER_DESIGNS, "design"), "fixed")
    horizon_units: int | None = _key(integer(low=1))
    horizon_end: str | None = _key(instant)
    correction: str = _key(choice(*CORRECTIONS), "holm")
    mde: float | None = _key(number(low=0, low_open=True))
    segments: tuple[str, ...] | None = _key(texts)
    options: ABOptions = _key(_options, ABOptions())


def _examination(value: Any, where: str) -> Any:
    """A word, a curve by position, or an exponent."""
    if isinstance(value, Mapping):
        if set(value) != {"eta"}:
            raise refuse("wrong_type", f"is {shown(value)}; it takes eta", where)
        return {"eta": number(low=0)(value["eta"], f"{where}.eta")}
    if isinstance(value, list | tuple):
        check = number(low=0, low_open=True)
        return tuple(check(one, f"{where}[{i + 1}]") for i, one in enumerate(value))
    return choice("auto", "none")(value, where)


@dataclass(frozen=True)
class Interleaving:
    """The interleaving lens: which rankers shared the lists, and how preference is read.

    Attributes:
        control: The ranker in use; None = guessed.
        candidates: Rankers held against it; None = every other.
        outcome: What credits a ranker.
        examination: How position is taken out: ``auto``, ``none``, theta by position, or
            ``{"eta": ...}`` for theta = position ** -eta.
        credit_scope: Which slots credit: ``auto``, ``all`` or ``competitive``.
        attribution: Whom a purchase credits: the ``last`` exposure, or all (``fractional``).
        window_days: How long after its exposure a purchase counts.
        value_cap: Purchases count at most this much in the capped value.
        monitoring: ``fixed``, or ``anytime`` for looks before the end.
        positions_randomised: Whether list order was drawn at random.
        exclude_suspected_bots: Whether the headline leaves suspected bots out.
        alpha: Two-sided false-positive rate.
        t_star: Users at which the anytime interval is tightest.
        past_pairs: A table of past experiments run both ways, from which an A/B lift may be
            predicted: experiment, interleaving_lift, interleaving_se, ab_lift, ab_se.
    """

    control: str | None = _key(text)
    candidates: tuple[str, ...] | None = _key(texts)
    outcome: str = _key(choice("click", "conversion", "purchase_count", "purchase_value"), "click")
    examination: Any = _key(_examination, "auto")
    credit_scope: str = _key(choice("auto", "all", "competitive"), "auto")
    attribution: str = _key(choice("last", "fractional"), "last")
    window_days: float = _key(number(low=0, low_open=True), 7.0)
    value_cap: float | None = _key(number(low=0, low_open=True))
    monitoring: str = _key(choice("fixed", "anytime"), "fixed")
    positions_randomised: str = _key(choice("unknown", "yes", "no"), "unknown")
    exclude_suspected_bots: bool = _key(boolean, True)
    alpha: float = _key(number(low=0, high=0.5, low_open=True), 0.05)
    t_star: float = _key(number(low=0, low_open=True), 1000.0)
    past_pairs: tuple[str, ...] = _key(texts, ())


def _interleaving(value: Any, where: str) -> Interleaving:
    lens = read_section(Interleaving, value, where)
    if lens.control is not None and lens.control in (lens.candidates or ()):
        raise refuse(
            "control_is_treatment",
            f'names "{lens.control}" as control and as a candidate',
            f"{where}.candidates",
            fix="Remove it from candidates.",
        )
    return lens


def _metrics(value: Any, where: str) -> tuple[Metric, ...]:
    if not isinstance(value, list | tuple):
        raise refuse("wrong_type", f"is {shown(value)}, not a list of metrics ([[metrics]])", where)
    metrics = tuple(_metric(one, i) for i, one in enumerate(value))
    seen: set[str] = set()
    for metric in metrics:
        if metric.name in seen:
            raise refuse(
                "duplicate_metric",
                f'two metrics are called "{metric.name}"',
                where,
                fix="Give each metric its own name.",
            )
        seen.add(metric.name)
    return _with_roles(metrics)


def _metric(value: Any, i: int) -> Metric:
    named = value.get("name") if isinstance(value, Mapping) else None
    where = f'metric "{named}"' if isinstance(named, str) and named else f"metrics[{i + 1}]"
    metric = read_section(Metric, value, where)
    if not metric.name:
        raise refuse("missing_key", "has no name", where, fix='Add name = "...".')
    if metric.kind is None and metric.numerator is not None:
        metric = replace(metric, kind="ratio")
    if metric.kind == "ratio" and metric.numerator is None:
        raise refuse(
            "missing_key",
            "is a ratio without a numerator",
            where,
            fix='Add numerator = { event = "...", value = "sum" }.',
        )
    if metric.kind not in (None, "ratio") and (metric.numerator or metric.denominator):
        raise refuse(
            "conflicting_keys",
            f"has a numerator or denominator but is a {metric.kind}",
            where,
            fix='Set kind = "ratio" or remove them.',
        )
    if metric.kind == "retention" and metric.day is None:
        raise refuse(
            "missing_key", "is a retention without a day", where, fix="Add day = 7, for example."
        )
    return metric


def _with_roles(metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
    """Roles filled in: the first metric is primary unless some metric is."""
    named = any(metric.role == "primary" for metric in metrics)
    return tuple(
        metric if metric.role else replace(metric, role="secondary" if named or i else "primary")
        for i, metric in enumerate(metrics)
    )


def _ab(value: Any, where: str) -> AB:
    ab = read_section(AB, value, where)
    if ab.control is not None and ab.treatments is not None and ab.control in ab.treatments:
        raise refuse(
            "control_is_treatment",
            f'names "{ab.control}" as control and as a treatment',
            f"{where}.treatments",
            fix="Remove it from treatments.",
        )
    return ab


@dataclass(frozen=True)
class Study:
    """What to look at: the log, its columns, the metrics, and one section a lens.

    `base` is the folder that paths are relative to: the study file's. It is no part of
    what the study says.
    """

    version: int = _key(integer(low=1), 1)
    name: str = _key(text, "")
    hypothesis: str | None = _key(text)
    owner: str | None = _key(text)
    log: LogSpec = _key(lambda value, where: read_section(LogSpec, value, where), LogSpec())
    columns: Columns = _key(lambda value, where: read_section(Columns, value, where), Columns())
    metrics: tuple[Metric, ...] = _key(_metrics, ())
    ab: AB | None = _key(_ab)
    interleaving: Interleaving | None = _key(_interleaving)
    synthetic_control: SyntheticControl | None = _key(synthetic_control)
    base: Path = field(default=Path(), compare=False)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """The study in a TOML or JSON file.

        Raises:
            StudyError: The file is missing or unreadable, or says something unknown.
        """
        path = Path(path)
        try:
            read = path.read_bytes()
        except (FileNotFoundError, ValueError):
            raise StudyError(
                "study_not_found",
                "There is no such study file.",
                where=str(path),
                fix="Check the path.",
            ) from None
        except OSError as problem:
            raise StudyError(
                "study_unreadable",
                f"The study file cannot be read: {problem.strerror}.",
                where=str(path),
                fix="Check the path and its rights.",
            ) from None
        try:
            content = read.decode("utf-8-sig")
            is_json = path.suffix.lower() == ".json" or content.lstrip().startswith("{")
            mapping = json.loads(content) if is_json else tomllib.loads(content)
        except (ValueError, RecursionError) as problem:
            raise StudyError(
                "study_unreadable",
                f"The study file is not valid TOML or JSON in UTF-8: {problem}.",
                where=str(path),
                fix="Mend the line that the message names.",
            ) from None
        return replace(cls.parse(mapping), base=path.parent)

    @classmethod
    def parse(cls, mapping: Any) -> Self:
        """The study in a mapping with the keys of a study file.

        Raises:
            StudyError: A key is unknown or missing, or a value is not what it takes.
        """
        study = read_section(cls, mapping, "study")
        if study.version != 1:
            raise refuse(
                "unknown_version",
                f"is {study.version}; this Verdict reads version 1",
                "version",
                fix="Set version = 1, or use a newer Verdict.",
            )
        if study.ab is None and study.interleaving is None and study.synthetic_control is None:
            raise refuse(
                "no_lens",
                "holds no lens, so there is nothing to analyse",
                "study",
                fix="Add an [ab], an [interleaving] or a [synthetic_control] section.",
            )
        if not study.metrics and (study.ab is not None or study.synthetic_control is not None):
            raise refuse("no_metrics", "names no metric", "study", fix="Add a [[metrics]] section.")
        zone = study.log.timezone
        if study.ab is None:
            return study
        ab = replace(
            study.ab,
            end=in_zone(study.ab.end, zone, "ab.end"),
            horizon_end=in_zone(study.ab.horizon_end, zone, "ab.horizon_end"),
        )
        return replace(study, ab=ab)

    def to_mapping(self) -> dict[str, Any]:
        """The study with every default written out, in the keys of a study file."""
        mapping: dict[str, Any] = _plain(self)
        return mapping

    def to_toml(self) -> str:
        """The study as a TOML file."""
        import tomli_w

        return tomli_w.dumps(self.to_mapping())

    def canonical(self) -> str:
        """One spelling for equal studies: sorted JSON, without where the log lies."""
        mapping = self.to_mapping()
        mapping.get("log", {}).pop("path", None)
        return json.dumps(mapping, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    def key(self) -> str:
        """SHA-256 of the canonical form, as 64 hex digits."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


def _plain(value: Any) -> Any:
    """A dataclass as a mapping without Nones; tuples as lists."""
    if hasattr(value, "__dataclass_fields__"):
        return {
            one.metadata.get("name", one.name): _plain(said)
            for one in fields(value)
            if one.metadata
            and (said := getattr(value, one.name)) is not None
            # "None of them" is said; what is empty by default is not.
            and not (said == one.default and said in ((), ""))
        }
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value


__all__ = [
    "AB",
    "ABOptions",
    "Columns",
    "Interleaving",
    "LogSpec",
    "Metric",
    "Study",
    "SyntheticControl",
    "Term",
]
