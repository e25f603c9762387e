"""How often a viewer may ask: buckets that fill again, for each viewer alone, with others' eyes."""

import asyncio
from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from uuid import uuid4

import pytest

from connectors.redis import RedisLink
from domain.viewer import Viewer
from gateway.auth import rate as rates
from gateway.auth.rate import Buckets, RequestRates
from gateway.config.access import RequestRate
from gateway.http.origin import Origins
from gateway.http.rejection import Rejected
from tests.redis import REDIS_URL, needs_redis

AGENT = Viewer(role="agent", credential="key:1")


class _Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def _limited(clock: _Clock, link: RedisLink | None = None, **rate: float) -> RequestRates:
    return RequestRates(
        {"agent": RequestRate.model_validate(rate)}, link=link, buckets=Buckets(clock)
    )


async def _asked(
    limited: RequestRates, count: int, viewer: Viewer = AGENT, client: str | None = None
) -> Sequence[Mapping[str, str] | Rejected | None]:
    found: list[Mapping[str, str] | Rejected | None] = []
    for _ in range(count):
        try:
            found.append(await limited.admit(viewer, client=client))
        except Rejected as exc:
            found.append(exc)
    return found


def test_who_asks_too_often_is_told_when_to_come_again() -> None:
    """Three in a minute: the fourth waits for the twenty seconds that one takes to come back."""
    clock = _Clock()
    limited = _limited(clock, requests=3)

    first, *_, third, fourth = asyncio.run(_asked(limited, 4))
    clock.now_s += 20
    fifth, sixth = asyncio.run(_asked(limited, 2))

    assert first == {
        "ratelimit-limit": "3",
        "ratelimit-remaining": "2",
        "ratelimit-reset": "20",
        "ratelimit-policy": "3;w=60",
    }
    assert isinstance(third, Mapping)
    assert third["ratelimit-remaining"] == "0"
    assert isinstance(fourth, Rejected)
    assert (fourth.status, fourth.code, fourth.headers["retry-after"]) == (
        429,
        "RATE_LIMITED",
        "20",
    )
    assert not isinstance(fifth, Rejected)
    assert isinstance(sixth, Rejected)


def test_a_burst_is_what_may_be_asked_at_once() -> None:
    """Six hundred a minute, but five at once, and ten in each second after that."""
    clock = _Clock()
    limited = _limited(clock, requests=600, burst=5)

    at_once = asyncio.run(_asked(limited, 8))
    clock.now_s += 0.3
    later = asyncio.run(_asked(limited, 8))

    assert sum(isinstance(each, Rejected) for each in at_once) == 3
    assert sum(isinstance(each, Rejected) for each in later) == 5


def test_each_viewer_has_a_bucket_of_their_own() -> None:
    """Keys, people, addresses; whose neighbour asks too often may ask all the same."""
    limited = _limited(_Clock(), requests=1)
    anonymous = Viewer(role="agent")

    async def run() -> list[bool]:
        viewers = [
            (AGENT, "1.1.1.1"),
            (AGENT, "2.2.2.2"),
            (Viewer(role="agent", credential="key:2"), "1.1.1.1"),
            (anonymous, "1.1.1.1"),
            (anonymous, "::ffff:1.1.1.1"),
            (anonymous, "2001:db8::1"),
            (anonymous, "2001:db8::2"),
            (anonymous, "2001:db8:0:1::1"),
            (anonymous, None),
        ]
        return [
            isinstance((await _asked(limited, 1, each, client))[0], Rejected)
            for each, client in viewers
        ]

    assert asyncio.run(run()) == [False, True, False, False, True, False, True, False, False]


def test_a_role_without_a_rate_is_not_counted() -> None:
    """Nothing is said of a rate either."""
    limited = _limited(_Clock(), requests=1)

    assert asyncio.run(_asked(limited, 3, Viewer(role="admin"))) == [None, None, None]


def test_a_flood_of_addresses_takes_no_more_memory_than_it_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The bucket that was not used for longest is forgotten."""
    monkeypatch.setattr(rates, "MOST_BUCKETS", 100)
    buckets = Buckets(_Clock())
    filling = rates.Filling.of(RequestRate(requests=1))

    for number in range(1000):
        buckets.take(f"k{number}", filling)

    assert len(buckets._full_at) == 100  # the memory is what is asked about


@needs_redis
def test_replicas_count_together() -> None:
    """Two gateways with one Redis let three requests through, not six."""
    viewer = Viewer(role="agent", credential=f"key:{uuid4()}")

    async def run() -> int:
        links = [RedisLink.open(REDIS_URL, timeout_s=1) for _ in range(2)]
        replicas = [_limited(_Clock(), link, requests=3) for link in links]
        found = [*await _asked(replicas[0], 3, viewer), *await _asked(replicas[1], 3, viewer)]
        for link in links:
            await link.close()
        return sum(isinstance(each, Rejected) for each in found)

    assert asyncio.run(run()) == 3


def test_without_redis_each_replica_counts_for_itself() -> None:
    """A Redis that is away lets nobody ask without limit, and keeps nobody out."""

    async def run() -> list[bool]:
        link = RedisLink.open("redis://127.0.0.1:1/0")
        found = await _asked(_limited(_Clock(), link, requests=2), 3)
        await link.close()
        return [isinstance(each, Rejected) for each in found]

    pytest.importorskip("redis")
    assert asyncio.run(run()) == [False, False, True]


PROXIES = Origins([ip_network("10.0.0.0/8")])


@pytest.mark.parametrize(
    ("client", "said", "address"),
    [
        ("9.9.9.9", b"1.1.1.1", "9.9.9.9"),
        ("127.0.0.1", b"1.1.1.1", "127.0.0.1"),
        ("10.0.0.5", b"1.1.1.1", "1.1.1.1"),
        ("10.0.0.5", b"6.6.6.6, 1.1.1.1, 10.0.0.4", "1.1.1.1"),
        ("10.0.0.5", b"1.1.1.1, garbage", "10.0.0.5"),
        ("10.0.0.5", b"", "10.0.0.5"),
        ("10.0.0.5", b"10.0.0.9", "10.0.0.9"),
    ],
)
def test_only_a_trusted_proxy_says_where_a_client_is(
    client: str, said: bytes, address: str
) -> None:
    """What stands left of the client's address was said by the client."""
    scope = {"client": (client, 1), "scheme": "http"}

    assert PROXIES.address(scope, {b"x-forwarded-for": said}) == address


@pytest.mark.parametrize(
    ("client", "said", "scheme"),
    [
        ("9.9.9.9", b"https", "http"),
        ("127.0.0.1", b"https", "https"),
        ("10.0.0.5", b"https", "https"),
        ("10.0.0.5", b"javascript", "http"),
    ],
)
def test_only_a_proxy_says_how_a_client_came(client: str, said: bytes, scheme: str) -> None:
    """Links to documents begin with it."""
    scope = {"client": (client, 1), "scheme": "http"}

    assert PROXIES.scheme(scope, {b"x-forwarded-proto": said}) == scheme
