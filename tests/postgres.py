"""A real PostgreSQL of the tests' own: Debian's package, on a free port, with nothing in it.

It refuses to run as root, so as root it is started as the user that its package brings.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

USERS = ("postgres", "nobody")


def program(name: str) -> str:
    """Where a program of PostgreSQL lies; Debian keeps them out of the path."""
    for place in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True):
        return str(place)
    found = shutil.which(name)
    assert found, f"{name} is missing: run apt-get install postgresql"
    return found


@dataclass
class Postgres:
    """One running server; `database()` makes an empty database on it."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    made: int = 0

    def database(self) -> str:
        """The URL of a new database, as VERDICT_DATABASE_URL takes it."""
        self.made += 1
        name = f"verdict{self.made}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, name: str) -> str:
        return f"postgresql://verdict@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        # At once, whoever is still connected.
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)


def _user() -> dict[str, Any]:
    """Whom to start it as: ourselves, but never root."""
    if os.geteuid() != 0:
        return {}
    for name in USERS:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise AssertionError("no user to run PostgreSQL as")


def start() -> Postgres:
    """Make and start a server; it is ready when this returns."""
    folder = Path(tempfile.mkdtemp(prefix="verdict-postgres-"))
    user = _user()
    if user:
        os.chown(folder, user["user"], user["group"])
    subprocess.run(
        [program("initdb"), "-D", str(folder / "data"), "-U", "verdict", "-A", "trust",
         "--no-sync", "-E", "UTF8", "--locale", "C.UTF-8"],
        check=True, capture_output=True, cwd="/", **user,
    )  # fmt: skip
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    process = subprocess.Popen(
        [program("postgres"), "-D", str(folder / "data"), "-p", str(port), "-k", str(folder),
         "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=200"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **user,
    )  # fmt: skip
    server = Postgres(folder, port, process)
    until = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(server.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            assert process.poll() is None, "PostgreSQL ended"
            assert time.monotonic() < until, "PostgreSQL did not start within 60 seconds"
            time.sleep(0.1)
        else:
            return server
