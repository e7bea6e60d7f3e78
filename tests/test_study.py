"""The study file: read strictly, written out completely, with one key for one meaning."""

import json
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.core import StudyError
from analysis.study import Study, Term

SMALLEST: dict[str, Any] = {"metrics": [{"name": "Orders", "event": "order"}], "ab": {}}

LARGE = """
version = 1
name = "Ranker v2"
hypothesis = "Fresher results raise purchases."
owner = "search team"

[log]
path = ["a.csv", "b.csv"]
timezone = "Europe/Berlin"

[columns]
unit = "user_id"
time = "ts"
arm = "variant"
event = "event"
value = "value"
id = "event_id"
segments = ["country", "device"]

[[metrics]]
name = "Purchase rate"
role = "primary"
kind = "proportion"
event = "purchase"

[[metrics]]
name = "Revenue per purchase"
role = "secondary"
kind = "ratio"
numerator = { event = "purchase", value = "sum" }
denominator = { event = "purchase", value = "count" }
covariate = { numerator = "past_revenue", denominator = "past_purchases" }

[[metrics]]
name = "Latency"
role = "guardrail"
kind = "mean"
column = "latency"
better = "lower"
margin = 0.05
cap_quantile = 0.99
window_days = 7
covariate = "pre"

[[metrics]]
name = "Day 7"
kind = "retention"
event = "visit"
day = 7

[ab]
control = "control"
treatments = ["t1", "t2"]
allocation = { control = 2, t1 = 1, t2 = 1 }
exposure = "exposure"
window_days = 14
pre_days = 7.5
end = 2026-03-23T00:00:00+01:00
alpha = 0.1
horizon_units = 40000
horizon_end = "2026-03-30"
correction = "bh"
mde = 0.02
segments = ["country"]
[ab.options]
relative_interval = "fieller"
compare = "all_pairs"
srm_concentration = 50
"""


def with_(**sections: Any) -> dict[str, Any]:
    """The smallest study with some sections changed."""
    return deepcopy(SMALLEST) | sections


def metric(**keys: Any) -> dict[str, Any]:
    """The smallest study with one metric."""
    return with_(metrics=[{"name": "M"} | keys])


def refused(mapping: Any) -> StudyError:
    """The error for a mapping that must be refused."""
    with pytest.raises(StudyError) as caught:
        Study.parse(mapping)
    return caught.value


# ------------------------------------------------------------------ what is read


def test_the_smallest_study_has_a_primary_metric_and_documented_defaults() -> None:
    study = Study.parse(SMALLEST)
    assert study.metrics[0].role == "primary"
    assert study.metrics[0].better == "higher"
    assert study.ab is not None
    assert study.ab.alpha == 0.05
    assert study.ab.design == "fixed"
    assert study.ab.correction == "holm"
    assert study.log.timezone == "UTC"
    assert study.log.engine == "duckdb"


def test_a_large_study_reads_as_it_says() -> None:
    study = Study.parse(tomllib.loads(LARGE))
    assert study.ab is not None
    assert study.log.path == ("a.csv", "b.csv")
    assert study.metrics[1].numerator == Term("purchase", "sum")
    assert study.metrics[1].covariate == {
        "numerator": "past_revenue",
        "denominator": "past_purchases",
    }
    assert study.ab.allocation == {"control": 2, "t1": 1, "t2": 1}
    assert study.ab.options.compare == "all_pairs"
    assert study.metrics[3].role == "secondary"


def test_the_first_metric_is_primary_unless_another_is() -> None:
    def roles(*given: str | None) -> list[str]:
        metrics = [
            {"name": f"m{i}"} | ({} if role is None else {"role": role})
            for i, role in enumerate(given)
        ]
        return [one.role for one in Study.parse(with_(metrics=metrics)).metrics]

    assert roles(None, None) == ["primary", "secondary"]
    assert roles(None, "primary") == ["secondary", "primary"]
    assert roles("guardrail", None) == ["guardrail", "secondary"]


def test_a_ratio_is_one_by_its_numerator() -> None:
    study = Study.parse(metric(numerator={"event": "click"}))
    assert study.metrics[0].kind == "ratio"
    assert study.metrics[0].numerator == Term("click", "count")


@pytest.mark.parametrize(
    ("given_", "instant"),
    [
        ("2026-03-23T00:00:00Z", "2026-03-23T00:00:00Z"),
        ("2026-03-23T00:00:00+01:00", "2026-03-22T23:00:00Z"),
        (datetime(2026, 3, 23, tzinfo=timezone(timedelta(hours=2))), "2026-03-22T22:00:00Z"),
        (datetime(2026, 3, 23, tzinfo=UTC), "2026-03-23T00:00:00Z"),
    ],
)
def test_times_with_an_offset_become_utc(given_: Any, instant: str) -> None:
    for zone in ("UTC", "Europe/Berlin"):
        study = Study.parse(with_(ab={"end": given_}, log={"timezone": zone}))
        assert study.ab is not None
        assert study.ab.end == instant


@pytest.mark.parametrize("given_", ["2026-03-23", "2026-03-23 00:00:00", date(2026, 3, 23)])
@pytest.mark.parametrize(
    ("zone", "instant"),
    [("UTC", "2026-03-23T00:00:00Z"), ("Europe/Berlin", "2026-03-22T23:00:00Z")],
)
def test_times_without_an_offset_are_local(given_: Any, zone: str, instant: str) -> None:
    study = Study.parse(with_(ab={"end": given_, "horizon_end": given_}, log={"timezone": zone}))
    assert study.ab is not None
    assert study.ab.end == study.ab.horizon_end == instant


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("mapping", "suggestion"),
    [
        (with_(nane="x"), "name"),
        (with_(ab={"aplha": 0.05}), "alpha"),
        (with_(ab={"options": {"cluster_ses": "cr1"}}), "cluster_se"),
        (with_(columns={"unti": "u"}), "unit"),
        (with_(log={"time_zone": "UTC"}), "timezone"),
        (metric(marign=0.1), "margin"),
        (metric(numerator={"evnt": "click"}), "event"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_one(
    mapping: dict[str, Any], suggestion: str
) -> None:
    error = refused(mapping)
    assert error.code == "unknown_key"
    assert f'"{suggestion}"' in error.fix
    assert suggestion in error.what


def test_an_unknown_key_near_nothing_names_all_there_are() -> None:
    error = refused(with_(ab={"zzz": 1}))
    assert "control" in error.what
    assert "mde" in error.what


@pytest.mark.parametrize("alpha", [0, -0.05, 0.5000001, 1, 5, float("nan"), float("inf")])
def test_alpha_lies_above_0_and_at_most_at_one_half(alpha: float) -> None:
    error = refused(with_(ab={"alpha": alpha}))
    assert error.code == "out_of_range"
    assert "ab.alpha" in str(error)


@pytest.mark.parametrize("alpha", [1e-9, 0.05, 0.5])
def test_alpha_within_its_bounds_is_taken(alpha: float) -> None:
    study = Study.parse(with_(ab={"alpha": alpha}))
    assert study.ab is not None
    assert study.ab.alpha == alpha


@pytest.mark.parametrize(
    ("mapping", "code", "place"),
    [
        ([], "wrong_type", "study"),
        (None, "wrong_type", "study"),
        (with_(name=3), "wrong_type", "name"),
        (with_(name=" "), "blank_value", "name"),
        (with_(version="1"), "wrong_type", "version"),
        (with_(version=True), "wrong_type", "version"),
        (with_(version=2), "unknown_version", "version"),
        (with_(log=[]), "wrong_type", "log"),
        (with_(log={"path": 3}), "wrong_type", "log.path"),
        (with_(log={"path": ["a", "a"]}), "repeated_value", "log.path"),
        (with_(log={"timezone": "Mars/Olympus"}), "unknown_timezone", "log.timezone"),
        (with_(log={"engine": "oracle"}), "unknown_value", "log.engine"),
        (with_(columns={"unit": 3}), "wrong_type", "columns.unit"),
        (with_(ab={"alpha": "0.05"}), "wrong_type", "ab.alpha"),
        (with_(ab={"alpha": True}), "wrong_type", "ab.alpha"),
        (with_(ab={"horizon_units": 1.5}), "wrong_type", "ab.horizon_units"),
        (with_(ab={"horizon_units": 0}), "out_of_range", "ab.horizon_units"),
        (with_(ab={"end": "soon"}), "not_a_time", "ab.end"),
        (with_(ab={"end": 20260323}), "not_a_time", "ab.end"),
        (with_(ab={"allocation": {}}), "wrong_type", "ab.allocation"),
        (with_(ab={"allocation": {"a": 0, "b": 1}}), "out_of_range", "ab.allocation"),
        (with_(ab={"window_days": 0}), "out_of_range", "ab.window_days"),
        (with_(ab={"correction": "sidak"}), "unknown_value", "ab.correction"),
        (with_(ab={"control": "a", "treatments": ["a"]}), "control_is_treatment", "treatments"),
        (with_(ab={"options": {"compare": "none"}}), "unknown_value", "ab.options.compare"),
        (with_(metrics={}), "wrong_type", "metrics"),
        (with_(metrics=[]), "no_metrics", "study"),
        (with_(metrics=[{}]), "missing_key", "metrics[1]"),
        (metric(role="main"), "unknown_value", "M"),
        (metric(kind="median"), "unknown_value", "M"),
        (metric(better="up"), "unknown_value", "M"),
        (metric(margin=-0.1), "out_of_range", "M"),
        (metric(cap_quantile=1.1), "out_of_range", "M"),
        (metric(cap_quantile=0), "out_of_range", "M"),
        (metric(kind="retention", event="visit"), "missing_key", "M"),
        (metric(kind="retention", day=-1), "out_of_range", "M"),
        (metric(kind="ratio"), "missing_key", "M"),
        (metric(kind="mean", numerator={"column": "a"}), "conflicting_keys", "M"),
        (metric(numerator={}), "missing_key", "M"),
        (metric(numerator={"event": "a", "column": "b"}), "conflicting_keys", "M"),
        (metric(covariate={"numerator": "a"}), "wrong_type", "M"),
        ({"metrics": SMALLEST["metrics"]}, "no_lens", "study"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_code_and_a_place(
    mapping: Any, code: str, place: str
) -> None:
    error = refused(mapping)
    assert error.code == code
    assert place in str(error)


def test_two_metrics_may_not_share_a_name() -> None:
    error = refused(with_(metrics=[{"name": "A"}, {"name": "B"}, {"name": "A"}]))
    assert error.code == "duplicate_metric"
    assert '"A"' in str(error)


@pytest.mark.parametrize(
    "mapping",
    [
        *(metric(kind=kind) for kind in ("quantile", "accuracy", "f1", "auc", "mcc", "recall")),
        *(
            with_(ab={"design": design})
            for design in ("group_sequential", "always_valid", "bayesian")
        ),
        with_(ab={"options": {"prior": [1, 1]}}),
        with_(ab={"options": {"looks": 5}}),
        with_(ab={"options": {"novelty_days": 14}}),
    ],
)
def test_what_a_later_version_will_have_is_refused_as_such(mapping: dict[str, Any]) -> None:
    error = refused(mapping)
    assert error.code == "not_available"
    assert error.fix


def test_a_metric_is_named_in_its_messages() -> None:
    assert 'metric "Refunds".margin' in str(
        refused(with_(metrics=[{"name": "Refunds", "margin": "5%"}]))
    )


def test_a_message_does_not_repeat_a_value_of_any_length() -> None:
    assert len(str(refused(with_(name=[0] * 100_000)))) < 2_000
    assert len(str(refused(metric(kind="x" * 100_000)))) < 2_000
    assert len(str(refused(with_(**{"k" * 100_000: 1})))) < 2_000


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.just(10**400),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from(["UTC", "pre", "0001-01-01T00:00:00+05:00", "9999-12-31T23:00:00-05:00"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
PLACES = [
    *(("study", key) for key in ("version", "name", "owner", "log", "columns", "metrics", "ab")),
    *(("log", key) for key in ("path", "timezone", "engine", "table")),
    *(("columns", key) for key in ("unit", "segments", "n")),
    *(
        ("metric", key)
        for key in ("name", "role", "kind", "numerator", "day", "margin", "covariate")
    ),
    *(
        ("ab", key)
        for key in (
            "control", "treatments", "allocation", "end", "horizon_end", "horizon_units", "alpha",
            "mde", "window_days", "segments", "options", "design",
        )
    ),
]  # fmt: skip


@given(place=st.sampled_from(PLACES), value=JSON)
@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow])
def test_any_value_anywhere_is_read_or_refused_and_never_crashes(
    place: tuple[str, str], value: Any
) -> None:
    section, key = place
    mapping = deepcopy(SMALLEST) | {"log": {}, "columns": {}}
    sections = {"study": mapping, "metric": mapping["metrics"][0]} | mapping
    sections[section][key] = value
    study: Study | StudyError
    try:
        study = Study.parse(mapping)
    except StudyError as error:
        study = error
    if isinstance(study, StudyError):
        refusal = study
        assert refusal.code
        assert len(str(refusal)) > len(refusal.code) + 3
        return
    assert len(study.key()) == 64
    assert Study.parse(study.to_mapping()) == study


# ------------------------------------------------------------------ what is written


@pytest.mark.parametrize("mapping", [SMALLEST, tomllib.loads(LARGE)], ids=["smallest", "large"])
def test_a_study_survives_its_own_toml_json_and_mapping(mapping: dict[str, Any]) -> None:
    study = Study.parse(mapping)
    assert Study.parse(study.to_mapping()) == study
    assert Study.parse(tomllib.loads(study.to_toml())) == study
    assert Study.parse(json.loads(json.dumps(study.to_mapping()))) == study
    assert Study.parse(json.loads(study.canonical())).key() == study.key()


@pytest.mark.parametrize("empty", [{"columns": {"segments": []}}, {"ab": {"segments": []}}])
def test_no_segments_at_all_is_not_a_guess_after_a_round_trip(empty: dict[str, Any]) -> None:
    study = Study.parse(with_(name="S", **empty))
    again = Study.parse(study.to_mapping())
    assert again == study
    assert again.key() == study.key()
    assert study.key() != Study.parse(with_(name="S")).key()


def test_defaults_are_written_out() -> None:
    """A readout never depends on the defaults of a later version."""
    written = Study.parse(SMALLEST).to_mapping()
    assert written["version"] == 1
    assert written["log"] == {"timezone": "UTC", "engine": "duckdb"}
    assert written["metrics"][0]["better"] == "higher"
    assert written["metrics"][0]["role"] == "primary"
    assert written["metrics"][0]["margin_scale"] == "relative"
    assert written["ab"]["alpha"] == 0.05
    assert written["ab"]["correction"] == "holm"
    assert written["ab"]["design"] == "fixed"
    options = written["ab"]["options"]
    assert options["relative_interval"] == "auto"
    assert options["proportion_interval"] == "score"
    assert options["proportion_test"] == "auto"
    assert options["critical_value"] == "auto"
    assert options["adjusted_lift_base"] == "raw"
    assert options["cluster_se"] == "delta"
    assert options["cap_base"] == "all"
    assert options["analysis_units"] == "all"
    assert options["exact_repeats"] == "drop"
    assert options["srm_concentration"] == 100
    assert options["compare"] == "to_control"


def turned_round(value: Any) -> Any:
    """The same mapping with the keys of every section in the opposite order."""
    if isinstance(value, Mapping):
        return {key: turned_round(value[key]) for key in reversed(list(value))}
    return [turned_round(one) for one in value] if isinstance(value, list) else value


def test_the_key_depends_on_what_is_said_and_not_on_the_order_of_keys() -> None:
    mapping = tomllib.loads(LARGE)
    study = Study.parse(mapping)
    assert Study.parse(turned_round(mapping)).key() == study.key()
    assert len(study.key()) == 64
    assert set(study.key()) <= set("0123456789abcdef")


def test_saying_a_default_changes_no_key() -> None:
    said = with_(
        version=1,
        log={"timezone": "UTC"},
        ab={"alpha": 0.05, "options": {"compare": "to_control"}},
        metrics=[{"name": "Orders", "event": "order", "role": "primary", "better": "higher"}],
    )
    assert Study.parse(said).key() == Study.parse(SMALLEST).key()


def test_where_the_log_lies_is_no_part_of_the_key() -> None:
    assert Study.parse(with_(log={"path": "a.csv"})).key() == Study.parse(SMALLEST).key()


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Other"},
        {"ab": {"alpha": 0.1}},
        {"log": {"timezone": "Europe/Berlin"}},
        {"columns": {"unit": "user"}},
        {"metrics": [{"name": "Orders", "event": "purchase"}]},
    ],
)
def test_another_meaning_has_another_key(change: dict[str, Any]) -> None:
    assert Study.parse(with_(**change)).key() != Study.parse(SMALLEST).key()


# ------------------------------------------------------------------ files


@pytest.mark.parametrize("name", ["study.toml", "study.json", "study.txt"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_toml_and_json_files_are_read(tmp_path: Path, name: str, mark: str) -> None:
    study = Study.parse(tomllib.loads(LARGE))
    path = tmp_path / name
    content = json.dumps(study.to_mapping()) if "json" in name else LARGE
    path.write_text(mark + content, encoding="utf-8")
    assert Study.read(path) == study
    assert Study.read(str(path)).base == tmp_path


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no_lens"),
        (b"name = ", "study_unreadable"),
        (b"{", "study_unreadable"),
        (b"\xff\xfe\x00", "study_unreadable"),
        (b'{"ab": {}, "metrics": [{"name": "M"}], "name": "\\ud800"}', None),
        (b"[ab]\nmde = " + b"1" * 5000, None),
        (b'{"ab": {"mde": ' + b"1" * 5000 + b"}}", None),
        (b"a = " + b"[" * 50_000, "study_unreadable"),
        (b'{"a": ' + b"[" * 50_000, "study_unreadable"),
    ],
)
def test_a_file_that_is_no_study_is_refused(
    tmp_path: Path, content: bytes, code: str | None
) -> None:
    path = tmp_path / "study.toml"
    path.write_bytes(content)
    with pytest.raises(StudyError) as caught:
        Study.read(path)
    assert code is None or caught.value.code == code


def test_a_path_without_a_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path, "a\0b"):
        with pytest.raises(StudyError):
            Study.read(path)


def test_the_samples_are_studies_that_survive_a_round_trip(project: Path) -> None:
    samples = sorted((project / "data" / "samples").glob("*.toml"))
    assert samples
    for path in samples:
        study = Study.read(path)
        assert Study.parse(study.to_mapping()) == study


@pytest.mark.parametrize(
    ("section", "code", "place"),
    [
        ({"outcome": "likes"}, "unknown_value", "interleaving.outcome"),
        ({"examination": {"slope": 1}}, "wrong_type", "interleaving.examination"),
        ({"examination": [1.0, 0.0]}, "out_of_range", "interleaving.examination[2]"),
        ({"exclude_suspected_bots": "yes"}, "wrong_type", "interleaving.exclude_suspected_bots"),
        ({"control": "a", "candidates": ["a"]}, "control_is_treatment", "interleaving.candidates"),
        ({"window": 7}, "unknown_key", "window_days"),
    ],
)
def test_an_interleaving_section_is_read_as_strictly(
    section: dict[str, Any], code: str, place: str
) -> None:
    error = refused({"interleaving": section})
    assert error.code == code
    assert place in str(error)


def test_an_interleaving_study_needs_no_metric_and_survives_a_round_trip() -> None:
    study = Study.parse({"interleaving": {"control": "old", "examination": {"eta": 1.0}}})
    assert Study.parse(study.to_mapping()) == study
    assert Study.parse(tomllib.loads(study.to_toml())).key() == study.key()
