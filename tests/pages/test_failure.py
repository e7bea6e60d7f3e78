"""Messages: what, where, what to do and a code; never a traceback, never what was inside."""

from streamlit.testing.v1 import AppTest


def test_an_error_that_can_be_mended_says_how() -> None:
    def script() -> None:
        from analysis.core import LogError
        from pages.ui.failure import show_failure

        show_failure(LogError("bad_thing", "It is bad.", where="a.csv, row 7", fix="Mend it."))

    (said,) = AppTest.from_function(script).run().error
    assert said.value.splitlines() == [
        "It is bad\\.  ",
        "**Where:** a\\.csv\\, row 7  ",
        "**What to do:** Mend it\\.  ",
        ":gray[Code: bad\\_thing]",
    ]


def test_a_fault_of_ours_gets_a_mark_that_the_log_explains() -> None:
    def script() -> None:
        from pages.ui.failure import show_failure

        show_failure(ValueError("secret inside"))

    at = AppTest.from_function(script).run()
    (said,) = at.error
    assert "secret" not in said.value
    assert "Traceback" not in said.value
    assert "Code: page_failed" in said.value
    assert not at.exception


def test_text_from_a_log_stays_text_in_a_message() -> None:
    def script() -> None:
        from analysis.core import LogError
        from pages.ui.failure import show_failure

        show_failure(LogError("x", "Arm ![a](http://evil.example/a.png) and <img src=x>."))

    (said,) = AppTest.from_function(script).run().error
    assert "\\!\\[a\\]\\(" in said.value
    assert "\\<img src\\=x\\>" in said.value
