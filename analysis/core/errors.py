"""What a person can mend: one family of errors, each with a code, a place and a fix."""


class VerdictError(Exception):
    """Something in the study or the log that its owner can mend.

    Everything else that goes wrong is a bug and raises as such.

    Args:
        code: Stable snake_case code, such as ``unknown_key``.
        what: What is wrong and what was found, one sentence.
        where: File, key, row or column; empty if the sentence says it.
        fix: What to do, one sentence.
    """

    def __init__(self, code: str, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        """The whole message on one line: code, place, what is wrong, what to do."""
        place = f"{self.where}: " if self.where else ""
        fix = f" {self.fix}" if self.fix else ""
        return f"[{self.code}] {place}{self.what}{fix}"

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the trip from a child process."""
        return (_rebuild, (type(self), self.code, self.what, self.where, self.fix))


class StudyError(VerdictError):
    """The study file cannot be used."""


class LogError(VerdictError):
    """The log cannot be read, or does not fit the study."""


class StoreError(VerdictError):
    """A saved thing is not there, or cannot be saved."""


def _rebuild(kind: type[VerdictError], code: str, what: str, where: str, fix: str) -> VerdictError:
    return kind(code, what, where=where, fix=fix)
