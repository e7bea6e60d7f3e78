"""The words of the Guide: reading, log formats, claims and limits."""

from collections.abc import Callable

import streamlit as st

from pages.ui.words import VERDICTS

VERDICT_MEANS = {
    "do_not_use": "The data cannot carry a claim: the split failed, units saw several arms, one"
    " ranker was always on top, or another stop notice stands. Mend that first; no lift is to be"
    " read.",
    "roll_back": "The primary metric is clearly worse, or a guardrail is clearly outside its"
    " margin; or people prefer the ranker in use.",
    "ship": "The primary metric is clearly better and every guardrail is shown to stay inside its"
    " margin; or people prefer the candidate ranker.",
    "keep_running": "The planned sample or time is not reached, or a guardrail is not yet shown"
    " to be safe.",
    "iterate": "The test is complete and the primary metric did not clearly move. The readout says"
    " how small an effect it could have seen.",
}

EVENT_LOG = """event_id,ts,user_id,event,variant,value,country
e1,2026-03-02T08:00:12Z,u17,exposure,control,,DE
e2,2026-03-02T08:01:40Z,u17,purchase,,49.90,DE
e3,2026-03-02T09:13:05Z,u42,exposure,treatment,,US
e4,2026-03-02T11:47:30Z,u55,exposure,treatment,,US
e5,2026-03-03T10:20:00Z,u42,page_load,,812,US
e6,2026-03-03T10:21:44Z,u61,exposure,control,,US
"""

UNIT_TABLE = """user_id,variant,converted,revenue,revenue_pre,country
u17,control,1,49.90,12.00,DE
u42,treatment,0,0,30.50,US
u55,treatment,1,18.00,0,US
u61,control,0,0,7.25,DE
"""

LIST_LOG = """request_id,ts,user_id,query,position,item_id,model,clicked
r1,2026-03-02T08:00:12Z,u17,q3,1,i204,legacy,0
r1,2026-03-02T08:00:12Z,u17,q3,2,i377,candidate,1
r1,2026-03-02T08:00:12Z,u17,q3,3,i118,,0
r2,2026-03-02T08:02:47Z,u42,q9,1,i530,candidate,1
r2,2026-03-02T08:02:47Z,u42,q9,2,i204,legacy,0
"""

PANEL = """region,week,tasks,complaints_per_task
Lisbon,2026-03-02,4120,0.021
Porto,2026-03-02,3310,0.019
Ghent,2026-03-02,2875,0.024
Lisbon,2026-03-09,4188,0.020
Porto,2026-03-09,3295,0.022
Ghent,2026-03-09,2901,0.023
"""

JSON_LINES = """{"id": "e1", "ts": "2026-03-02T08:00:12Z", "user_id": "u17", "event": "exposure", "variant": "control"}
{"id": "e2", "ts": "2026-03-02T08:01:40Z", "user_id": "u17", "event": "purchase", "value": 49.9}
{"id": "e3", "ts": "2026-03-02T09:13:05Z", "user_id": "u42", "event": "exposure", "variant": "treatment"}
{"id": "e4", "ts": "2026-03-02T11:47:30Z", "user_id": "u55", "event": "exposure", "variant": "treatment"}
"""  # noqa: E501


def show_reading() -> None:
    """How to read an interval, a guardrail and a verdict."""
    st.subheader("An interval", anchor=False)
    st.markdown(
        "A readout gives each change as a number and an interval, such as"
        " **+6.7%**, +2.6% to +10.8%. The interval holds every lift that fits the data at the"
        " printed level. Of many tests read at 95%, about 95 in 100 such intervals hold the true"
        " lift. It is not a chance that *this* lift is the true one.\n"
        "\n"
        "- A **filled diamond**: the interval leaves out zero. The change is clear.\n"
        "- A **hollow ring**: zero fits too. There is no clear change, which is not the same as no"
        " effect: look at how far the interval reaches.\n"
        "- **Blue** is better and **orange** is worse, by the direction that the metric names."
        " The word says the same.\n"
        "- An **arrow** at the end of a bar: the interval goes on beyond the scale."
    )
    st.subheader("A guardrail", anchor=False)
    st.markdown(
        "A guardrail has a margin: the worst harm that you accept for the sake of the primary"
        " metric. Harm must be *shown* to stay inside the margin; not seeing harm is not enough.\n"
        "\n"
        "- **Safe**: the whole interval lies inside the margin.\n"
        "- **Breached**: the harm is clearly larger than the margin.\n"
        "- **Not shown safe**: the data allow harm beyond the margin. More units may tell."
    )
    st.subheader("A preference", anchor=False)
    st.markdown(
        "In interleaving two rankers fill one list, and people choose among their items. What"
        " stands higher is clicked more, whoever put it there, so a plain count of clicks can name"
        " the wrong ranker. A readout therefore says three things:\n"
        "\n"
        "- **Who starts.** If one ranker always does, clicks cannot name a winner. If it does more"
        " often, slots are compared at the same position only.\n"
        "- **The same position.** The change in clicks a slot, comparing the rankers within each"
        " position. The waterfall leads there from the raw count, step by step.\n"
        "- **Users, not clicks.** A user is counted once, however many lists they saw: a few busy"
        " people cannot decide alone.\n"
        "\n"
        "For the candidate: **Ship** means people prefer it, **Roll back** that they prefer the"
        " ranker in use. The size of a preference is not the lift that an A/B test would show."
    )
    st.subheader("A counterfactual", anchor=False)
    st.markdown(
        "When a launch reaches a whole region, product or workspace at once, nobody is left beside"
        " it who did not get it. Untreated **donors** are then weighted so that together they ran"
        " like the treated unit before the start. What they did afterwards is the"
        " **counterfactual**, drawn dashed; the space between it and the solid line is the"
        " effect.\n"
        "\n"
        "- **Look before the start first.** Where the dashed line missed the solid one even then,"
        " it says nothing about afterwards: a poor fit stops the readout.\n"
        "- **The rank decides.** Every donor is treated as if it had been launched in. A result is"
        " clear when hardly any of these placebos drifts as far, in units of its own misfit: *1 of"
        " 22*. The interval is the same test told the other way round, so the two never"
        " disagree.\n"
        "- **With few donors little can be shown.** With 8, p cannot go below 1/9, so there is no"
        " 95% interval whatever the effect.\n"
        "- **Then the checks.** A pretended earlier start should show nothing, no single donor"
        " should carry the effect, other methods should point the same way, and no donor may have"
        " been touched by the launch.\n"
        "- **Per period, in total, in percent** are one effect with one interval.\n"
        "\n"
        "A structural time series without donors is a *forecast*: whatever else changed on that"
        " day is in it too."
    )
    st.subheader("A verdict", anchor=False)
    st.markdown("The first of these that holds is the verdict; the readout names the rule.")
    st.markdown(
        "\n".join(f"1. **{VERDICTS[word].word}.** {text}" for word, text in VERDICT_MEANS.items())
    )
    st.subheader("Notices", anchor=False)
    st.markdown(
        "- **Stop**: nothing may be concluded until it is mended.\n"
        "- **Warning**: read it before you use the numbers.\n"
        "- **Note**: for the record."
    )


def show_logs() -> None:
    """The forms of log that are read, with small examples to take away."""
    st.markdown(
        "CSV, TSV, CSV with semicolons, JSON lines and Parquet, also packed as `.gz` or `.zst`."
        " What a file is, its content decides, not its name. Column names are free: roles are"
        " guessed, shown, and yours to change."
    )
    _example(
        "Event log: one row an event",
        "An exposure says when a unit first met its arm. Metrics are made of the events after it."
        " Units without events count as zeros.",
        EVENT_LOG,
        "event-log.csv",
        _whole_event_log,
    )
    _example(
        "Unit table: one row a unit",
        "Each metric is a column. A column from before the experiment, here `revenue_pre`, can"
        " sharpen a metric.",
        UNIT_TABLE,
        "unit-table.csv",
    )
    _example(
        "List log: one row a shown slot",
        "For interleaving. Log every slot that was shown, clicked or not, and the ranker that put"
        " the item there; a blank ranker is a slot that both would have filled. Columns such as"
        " `rank_legacy` and `rank_candidate`, the item's rank in each ranker's own list, sharpen"
        " the answer. A row may also hold a whole list, and clicks may come in a second file.",
        LIST_LOG,
        "list-log.csv",
    )
    _example(
        "Panel: one row a region and period",
        "For synthetic control. A region may be a market, a workspace, a product or a surface;"
        " metrics are columns. Bring 10 periods or more from before the start, and 19 untreated"
        " regions for a test at 5%. A wide table, one column a region, is read as well, and so is"
        " an event log with a region and a time in every row.",
        PANEL,
        "panel.csv",
        _whole_panel,
    )
    _example(
        "JSON lines: one object a line",
        "The keys are the columns; a missing key is a blank cell.",
        JSON_LINES,
        "event-log.jsonl",
    )
    st.subheader("What each role means", anchor=False)
    st.markdown(
        "| role | meaning |\n|---|---|\n"
        "| unit | who was assigned: a user, a device, an account |\n"
        "| arm | the version that the unit met |\n"
        "| time | when it happened; times without an offset are read in the study's time zone |\n"
        "| event | what happened; absent in a unit table |\n"
        "| value | a number that belongs to the event, such as an amount or milliseconds |\n"
        "| event id | makes a repeated row recognisable, so that it counts once |\n"
        "| cluster | what was assigned when units are nested in it, such as a company |\n"
        "| segments | traits of units to look at one by one |\n"
        "| list | one shown ranking, such as a request or a result page |\n"
        "| position | the place in the list, from the top |\n"
        "| ranker | who put the item into the slot |\n"
        "| clicked | whether the item was clicked |\n"
        "| region | the unit of a panel: a market, workspace, product or surface |"
    )


def show_limits() -> None:
    """What Verdict does not claim, and how much it takes."""
    st.subheader("What we do not claim", anchor=False)
    st.markdown(
        "- A verdict is a rule applied to data, not a promise about the future.\n"
        "- A test that ends without a clear change has not shown that there is no effect.\n"
        "- Looking again and again until a fixed-length test turns significant makes its error"
        " rate larger than printed. Plan the length, then read once.\n"
        "- Segments are explored, not decided on: the more of them one reads, the more will stand"
        " out by luck.\n"
        "- A split that fits the plan does not prove that assignment was random, only that nothing"
        " speaks against it.\n"
        "- What happens later than the window was not measured.\n"
        "- Interleaving says which ranker people choose side by side. It does not say what the"
        " choice does to visits, revenue or speed: test those by A/B.\n"
        "- A counterfactual is made of units that were chosen by their past. It takes for granted"
        " that they would have gone on together, and that nothing else happened to the treated"
        " unit alone."
    )
    st.subheader("Limits", anchor=False)
    st.markdown(
        "| what | limit |\n|---|---|\n"
        "| upload in the browser | 200 MB; larger logs by path or by `curl -T` |\n"
        "| unpacked text | 1 GiB, and 200 times the packed size |\n"
        "| columns | 1,000 |\n"
        "| one cell | 64 KiB |\n"
        "| one column name | 256 characters |\n"
        "| arms | 20 |"
    )
    st.subheader("Where things are", anchor=False)
    st.markdown(
        "Logs, studies and readouts stay in one folder on the machine that runs Verdict"
        " (`data/var`, or where `VERDICT_HOME` points). Nothing is sent anywhere, and no figures"
        " about use are kept."
    )


def _whole_event_log() -> str:
    """An event log that is long enough to be run."""
    from analysis import simulate

    return simulate.template("ab")


def _whole_panel() -> str:
    """A panel that is long enough to be run."""
    from analysis import simulate

    return simulate.template("synthetic_control")


def _example(
    title: str, about: str, text: str, name: str, whole: Callable[[], str] | None = None
) -> None:
    """Show the first lines of an example; what is downloaded may be longer."""
    st.subheader(title, anchor=False)
    st.markdown(about)
    st.code(text.rstrip(), language=None, wrap_lines=False)
    st.download_button(
        f"Download {name}",
        whole or text,
        file_name=name,
        mime="text/plain",
        icon=":material/download:",
        on_click="ignore",
    )
