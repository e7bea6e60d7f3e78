"""pandas by hand: the job as a careful notebook does it, reading the needed columns only."""

import pandas as pd

from tests.bench.job import COLUMNS, OUTCOMES, PAIRS, WINDOW_DAYS, Moments


def moments(log: str) -> Moments:
    """The job's answer."""
    events = pd.read_parquet(log, columns=["ts", "user_id", "event", "variant", "value"])
    exposed = events[events["event"] == "exposure"].groupby("user_id")
    first = pd.DataFrame({"t0": exposed["ts"].min(), "arm": exposed["variant"].min()})
    first = first[first["arm"] == exposed["variant"].max()]

    wanted = events.loc[
        events["event"].isin(["purchase", "page_load"]), ["ts", "user_id", "event", "value"]
    ]
    near = wanted.merge(first["t0"], left_on="user_id", right_index=True)
    gap = near["ts"] - near["t0"]
    window = pd.Timedelta(days=WINDOW_DAYS)
    near = near[(gap >= -window) & (gap < window)]

    units = first[["arm"]].copy()
    after = near["ts"] >= near["t0"]
    for prefix, period in (("", near[after]), ("pre_", near[~after])):
        purchases = period[period["event"] == "purchase"].groupby("user_id")["value"]
        loads = period[period["event"] == "page_load"].groupby("user_id")["value"]
        units[f"{prefix}purchased"] = (purchases.size() > 0).astype(float)
        units[f"{prefix}revenue"] = purchases.sum()
        units[f"{prefix}page_loads"] = loads.size().astype(float)
        units[f"{prefix}latency"] = loads.sum()
    units = units.fillna({f"{prefix}{name}": 0.0 for prefix in ("", "pre_") for name in OUTCOMES})

    answer: Moments = {}
    for arm, one in units.groupby("arm"):
        spread = one[list(COLUMNS)].cov().to_numpy()
        at = {name: place for place, name in enumerate(COLUMNS)}
        answer[str(arm)] = {
            "n": len(one),
            **{f"mean {name}": float(one[name].mean()) for name in COLUMNS},
            **{f"var {name}": float(spread[at[name], at[name]]) for name in COLUMNS},
            **{f"cov {a} x {b}": float(spread[at[a], at[b]]) for a, b in PAIRS},
        }
    return answer
