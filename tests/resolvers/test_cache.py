"""The cache: bounded by bytes, and what is asked for again outlives what is seen once."""

from resolvers.cache import SegmentedCache


def _cache(*keys: str, max_bytes: int = 10) -> SegmentedCache[str, str]:
    cache: SegmentedCache[str, str] = SegmentedCache(max_bytes)
    for each in keys:
        cache.add(each, each.upper(), size=1)
    return cache


def _kept(cache: SegmentedCache[str, str], keys: str) -> str:
    return "".join(each for each in keys if cache.get(each))


def test_what_is_larger_than_everything_is_not_kept() -> None:
    """It drives out what is on probation, but nothing that is protected."""
    cache = _cache("a", "b")
    assert cache.get("a") == "A"
    cache.add("x", "X", size=11)
    assert _kept(cache, "abx") == "a"
    assert cache.size == 1


def test_the_least_recently_used_goes_first() -> None:
    """Of those that were never asked for again, the oldest."""
    cache = _cache(*"abcdefghijkl")
    assert len(cache) == cache.size == 10
    assert _kept(cache, "abc") == "c"


def test_a_flood_drives_out_its_own_kind_only() -> None:
    """What was asked for twice stays, however many come once."""
    cache = _cache("a", "b", "c")
    assert _kept(cache, "ab") == "ab"
    for n in range(1000):
        cache.add(str(n), "x", size=1)
    assert _kept(cache, "abc") == "ab"
    assert cache.size == 10


def test_the_protected_fall_back_to_probation() -> None:
    """They have eight of ten bytes; the least recently used falls back, and can come again."""
    cache = _cache(*"abcdefghi")
    assert _kept(cache, "abcdefghi") == "abcdefghi"
    cache.add("x", "X", size=1)
    cache.add("y", "Y", size=1)
    assert _kept(cache, "abcdefghixy") == "bcdefghixy"


def test_growth_counts() -> None:
    """In either segment; of what was dropped or replaced it does not."""
    cache = _cache("a")
    b, a = "B of its own", cache.get("a")
    cache.add("b", b, size=1)
    assert a == "A"
    cache.grow("a", a, size=3)
    cache.grow("b", b, size=2)
    cache.grow("b", "other", size=2)
    cache.grow("gone", "X", size=2)
    assert cache.size == 7
    cache.grow("b", b, size=4)
    assert (_kept(cache, "ab"), cache.size) == ("a", 4)
    cache.grow("a", a, size=7)
    assert (_kept(cache, "ab"), cache.size) == ("", 0)
