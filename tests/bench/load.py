"""A served Verdict under load: `python -m tests.bench.load`, or `make load`.

Three questions, each against one server process on this machine, with the client beside it:
how many shared pages a second, how quickly 100 people with an action each 5 s are answered, and
whether 500 people who only look cost anything. Prints a table for the README.
"""

import argparse
import asyncio
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from analysis.store import Store, share
from tests.pages.conftest import keep

TOP = Path(__file__).resolve().parents[2]


@dataclass
class Server:
    """One server process with a store of its own."""

    port: int
    pid: int
    study: str
    token: str

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def memory(self) -> float:
        """Resident memory, MB."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0

    def cpu(self) -> float:
        """CPU seconds so far."""
        parts = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Taken:
    """How long each answer took, in seconds, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    cpu: float = 0.0
    lasted: float = 0.0

    @contextmanager
    def measuring(self, server: "Server") -> Iterator[None]:
        """The server's CPU time and the time on the clock while this goes on."""
        cpu, begin = server.cpu(), time.perf_counter()
        yield
        self.cpu, self.lasted = server.cpu() - cpu, time.perf_counter() - begin

    def at(self, share_of_all: float) -> float:
        """A percentile, ms."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, round(share_of_all * (len(ordered) - 1)))]


@contextmanager
def served() -> Iterator[Server]:
    """A server on a store with finished studies and a link; it ends with the block."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
        one.close()
        home = Path(folder) / "home"
        store = Store.open(home)
        study = keep(store, "ship")
        token, _ = share(store, study)
        # As many as a busy team has.
        for k in range(30):
            keep(store, ("ship", "roll_back", "srm")[k % 3], name=f"Study {k}")
        with (home / "server.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
                cwd=TOP, env={**os.environ, "VERDICT_HOME": str(home)}, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        try:
            server = Server(port, process.pid, study, token)
            _wait(server, process)
            while any(row.status in {"ready", "running"} for row in store.studies()):
                time.sleep(0.5)
            yield server
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{server.origin}/readyz", timeout=2).close()
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.2)
        else:
            return
    raise TimeoutError("The server did not start.")


# Shared pages: plain HTTP over kept connections, as a proxy keeps them.


async def shared_pages(server: Server, rate: int, seconds: float, connections: int) -> Taken:
    """Ask for the shared page `rate` times a second; an answer is timed from when it was due."""
    taken = Taken()
    due: asyncio.Queue[float] = asyncio.Queue()
    request = (f"GET /r/{server.token} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n").encode()

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        while (moment := await due.get()) >= 0:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            await reader.readexactly(length)
            taken.seconds.append(time.perf_counter() - moment)
            if not head.startswith("http/1.1 200"):
                taken.errors.append(head.partition("\r\n")[0])
        writer.close()

    asking = [asyncio.create_task(ask()) for _ in range(connections)]
    with taken.measuring(server):
        begin = time.perf_counter()
        for k in range(int(rate * seconds)):
            wait = begin + k / rate - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            due.put_nowait(begin + k / rate)
        for _ in asking:
            due.put_nowait(-1.0)
        await asyncio.gather(*asking)
    return taken


# People: Streamlit's own protocol over websockets, as a browser speaks it.


@dataclass
class Person:
    """One open tab."""

    socket: ClientConnection
    study: str

    async def act(self, page: str) -> None:
        """Open a page, and wait until its script has run."""
        asked = BackMsg()
        asked.rerun_script.query_string = f"study={self.study}"
        asked.rerun_script.page_name = page
        await self.socket.send(asked.SerializeToString())
        while True:
            said = ForwardMsg()
            message = await asyncio.wait_for(self.socket.recv(), 60)
            said.ParseFromString(message if isinstance(message, bytes) else message.encode())
            if said.WhichOneof("type") == "script_finished":
                return


async def open_tab(server: Server) -> Person:
    """A tab that has loaded its first page."""
    tab = await connect(
        f"ws://127.0.0.1:{server.port}/_stcore/stream",
        origin=Origin(server.origin), subprotocols=[Subprotocol("streamlit")],
        max_size=None, open_timeout=60,
    )  # fmt: skip
    person = Person(tab, server.study)
    await person.act("")
    return person


async def tabs(server: Server, count: int) -> list[Person]:
    """Tabs opened by a few people at a time."""
    opened: list[Person] = []
    for _ in range(0, count, 10):
        opened += await asyncio.gather(
            *(open_tab(server) for _ in range(min(10, count - len(opened))))
        )
    return opened


PAGES = ("", "ab", "ab", "ab", "data_health", "guide")


async def people(server: Server, count: int, every: float, seconds: float) -> Taken:
    """People who each do something every few seconds: read a readout, look into the list."""
    taken, chance = Taken(), random.Random(1)
    opened = await tabs(server, count)
    end = 0.0

    async def work(person: Person) -> None:
        await asyncio.sleep(chance.random() * every)
        while time.perf_counter() < end:
            begin = time.perf_counter()
            try:
                await person.act(chance.choice(PAGES))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is an error to count
                taken.errors.append(type(error).__name__)
                return
            taken.seconds.append(time.perf_counter() - begin)
            await asyncio.sleep(max(0.0, every - (time.perf_counter() - begin)))

    with taken.measuring(server):
        end = time.perf_counter() + seconds
        await asyncio.gather(*(work(one) for one in opened))
    await asyncio.gather(*(one.socket.close() for one in opened))
    return taken


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=float, default=20)
    asked.add_argument("--rate", type=int, default=500)
    asked.add_argument("--people", type=int, default=100)
    asked.add_argument("--idle", type=int, default=500)
    given = asked.parse_args()
    print("| what | asked | answered/s | median ms | p95 ms | errors | CPU ms each | server MB |")
    print("|---|---|---|---|---|---|---|---|")
    with served() as server:
        asyncio.run(shared_pages(server, 50, 1, 8))
        row(
            "shared pages", f"{given.rate}/s",
            asyncio.run(shared_pages(server, given.rate, given.seconds, 32)), server,
        )  # fmt: skip
        asyncio.run(people(server, 5, 1, 3))
        row(
            "people, an action each 5 s", str(given.people),
            asyncio.run(people(server, given.people, 5, given.seconds)), server,
        )  # fmt: skip
        row(
            "a reader beside idle sessions", str(given.idle),
            asyncio.run(beside_idle(server, given.idle, given.seconds)), server,
        )  # fmt: skip


async def beside_idle(server: Server, count: int, seconds: float) -> Taken:
    """Open tabs that do nothing, and what one more person waits beside them."""
    taken = Taken()
    opened = await tabs(server, count)
    with taken.measuring(server):
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            moment = time.perf_counter()
            await opened[0].act("ab")
            taken.seconds.append(time.perf_counter() - moment)
            await asyncio.sleep(0.5)
    await asyncio.gather(*(one.socket.close() for one in opened))
    return taken


def row(what: str, asked: str, taken: Taken, server: Server) -> None:
    """One line of the table."""
    count = len(taken.seconds)
    print(
        f"| {what} | {asked} | {count / taken.lasted:.0f} |"
        f" {1000 * statistics.median(taken.seconds):.0f} | {taken.at(0.95):.0f} |"
        f" {len(taken.errors)} | {1000 * taken.cpu / count:.1f} | {server.memory():.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
