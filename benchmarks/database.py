"""The PostgreSQL of the benchmark: filled once for a data set, and kept for the next run."""

import asyncio
import hashlib
import os
import shutil
import urllib.parse
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import orjson

import migrations
from benchmarks.data import CUSTOMERS, fill
from benchmarks.roles import make_roles
from connectors.native.server import EmbeddedServer

CACHE = Path(__file__).with_name(".cache")
"""Where filled databases are kept, unless the benchmark is told another folder."""

_MOST_BUFFERS_MB = 4096

# Only while it is filled: what is lost by a crash is made anew.
_FILLING = {
    "fsync": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "16GB",
    "maintenance_work_mem": "512MB",
    "shared_buffers": "1GB",
}


@dataclass(frozen=True, slots=True)
class Database:
    """A running PostgreSQL with the data set. `pid` is its main process."""

    url: str
    pid: int
    log: Path
    customers: int
    counts: Mapping[str, int]

    def url_of(self, role: str) -> str:
        """Where one of the roles of this module gets in."""
        parts = urllib.parse.urlsplit(self.url)
        netloc = f"{role}:{urllib.parse.quote(parts.password or '', safe='')}@"
        return parts._replace(netloc=netloc).geturl()


def settings() -> Mapping[str, str]:
    """PostgreSQL's settings, the same for all: a server that may have much of the memory."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    buffers_mb = min(pages // 4 // 2**20, _MOST_BUFFERS_MB)
    return MappingProxyType(
        {
            "shared_buffers": f"{buffers_mb}MB",
            "effective_cache_size": f"{buffers_mb * 2}MB",
            "random_page_cost": "1.1",
            "max_connections": "300",
            "jit": "off",
            "autovacuum": "off",
            "log_destination": "stderr,jsonlog",
            "logging_collector": "on",
            "log_filename": "bench.log",
        }
    )


@asynccontextmanager
async def running(*, scale: float, cache: Path = CACHE) -> AsyncIterator[Database]:
    """The database of a scale while the block runs; it is filled where no earlier run did."""
    customers = round(CUSTOMERS * scale)
    folder = cache / f"{customers}-{_fingerprint()}"
    counts = await _filled(folder, customers)
    # Only what is recorded in this run.
    await asyncio.to_thread(shutil.rmtree, folder / "db" / "data" / "log", ignore_errors=True)
    async with EmbeddedServer(folder / "db", settings=settings()) as server:
        data = folder / "db" / "data"
        said = await asyncio.to_thread((data / "postmaster.pid").read_text, encoding="utf-8")
        log = data / "log" / "bench.json"
        yield Database(server.url, int(said.split("\n", 1)[0]), log, customers, counts)


async def _filled(folder: Path, customers: int) -> Mapping[str, int]:
    done = folder / "rows.json"
    counts = await asyncio.to_thread(_earlier, folder, done)
    if counts is None:
        print(f"making {customers:,} customers in {folder} …", flush=True)
        async with EmbeddedServer(folder / "db", settings=_FILLING) as server:
            counts = await fill(server.url, customers=customers)
            await make_roles(server.url)
        await asyncio.to_thread(done.write_bytes, orjson.dumps(counts))
    return counts


def _earlier(folder: Path, done: Path) -> Mapping[str, int] | None:
    """What an earlier run has filled; none where none did, and the folder is empty then."""
    if done.exists():
        found: Mapping[str, int] = orjson.loads(done.read_bytes())
        return found
    # The half of a run that was interrupted.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return None


def _fingerprint() -> str:
    """Of all that the filled tables come from."""
    made_from = [Path(__file__).with_name(name) for name in ("data.py", "roles.py")]
    made_from += sorted((Path(migrations.__path__[0]) / "versions").glob("*.py"))
    return hashlib.sha256(b"".join(each.read_bytes() for each in made_from)).hexdigest()[:12]
