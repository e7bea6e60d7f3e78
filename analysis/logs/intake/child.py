"""The reading process: strangers' bytes are parsed here, under limits, and nowhere else.

Asked by one JSON object on standard input; answers by JSON lines on standard output:
``{"progress": [text, share]}`` any number of times, then ``{"source": ...}`` or ``{"error": ...}``.
"""

import json
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

from analysis.core import LogError
from analysis.logs.intake.limits import Limits


class WithoutPandas(MetaPathFinder):
    """Hides pandas: pyarrow looks for it when it is first given values, and nothing here needs it.

    Importing it takes longer than reading a small file.
    """

    def find_spec(self, fullname: str, *_: object) -> None:
        """Nothing, but for pandas a refusal."""
        if fullname == "pandas":
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


def _bound(limits: Limits) -> None:
    """Lower this process's own limits; systems without them keep the caller's clock."""
    try:
        import resource
    except ImportError:
        return
    for kind, value in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            _, hard = resource.getrlimit(kind)
            bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (bound, bound))
        except (OSError, ValueError):
            continue


def _answer(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Exit status 0: answered; anything else: the caller says that reading failed."""
    asked = json.loads(sys.stdin.read())
    limits = Limits(**asked["limits"])
    _bound(limits)
    sys.meta_path.insert(0, WithoutPandas())
    # Imported under the limits, since these bring the parsers.
    from analysis.logs.intake.convert import Job, convert
    from analysis.logs.intake.record import to_record

    job = Job(
        files=tuple(map(Path, asked["files"])),
        names=tuple(asked["names"]),
        out=Path(asked["out"]),
        scratch=Path(asked["scratch"]),
        limits=limits,
    )
    try:
        source = convert(job, lambda text, share: _answer({"progress": [text, share]}))
    except LogError as error:
        _answer(
            {
                "error": {
                    "code": error.code,
                    "what": error.what,
                    "where": error.where,
                    "fix": error.fix,
                }
            }
        )
        return 0
    except MemoryError:
        return 3
    _answer({"source": to_record(source)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
