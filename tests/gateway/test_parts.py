"""The gateway's small parts: comparison, limits, nonces, mapped files, gathering, authentication."""

import asyncio
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongshu.gateway import authentication, comparison
from gongshu.gateway.control import Known
from gongshu.gateway.errors import TABLE, Refusal
from gongshu.gateway.evidence import Gathering
from gongshu.gateway.limits import DailyQuota, Rates
from gongshu.gateway.mapped import BLOCK, MappedFile
from gongshu.gateway.nonces import Nonces

# --- comparison ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "stored", "claim", "said"),
    [
        ("C", "张三", "张三", "yes"),
        ("C", "张三", " 张三 ", "yes"),
        ("C", "张三", "张四", "no"),
        ("C", "买买提·艾力", "买买提•艾力", "yes"),
        ("C", "11010119900307001X", "11010119900307001x", "yes"),
        ("C", "ABC", "ＡＢＣ", "yes"),
        ("C", "5", 5, "yes"),
        ("C", None, "张三", "unknown"),
        ("C", "", "", "unknown"),
        ("N", 1003.5, "1,003.50", "yes"),
        ("N", 1003.5, 1003.5, "yes"),
        ("N", 1003.5, "1003.51", "no"),
        ("N", 0, "-0", "yes"),
        ("I", 7, "七", "no"),
        ("Y", "12345678901234567890.5", "12345678901234567890.50", "yes"),
        ("D", "1990-03-07", "19900307", "yes"),
        ("D", "1990-03-07", "1990年3月7日", "yes"),
        ("D", "1990-03-07", "1990/3/8", "no"),
        ("D", "1990-03-07", "三月", "no"),
        ("T", "2026-01-02T03:04:05+08:00", "2026-01-02 03:04:05", "yes"),
        ("T", "2026-01-02T03:04:05+08:00", "2026-01-01T19:04:05Z", "yes"),
        ("T", "2026-01-02T03:04:05+08:00", "2026年1月2日 3:04:05", "yes"),
        ("T", "2026-01-02T03:04:05+08:00", "2026-01-02", "no"),
        ("N", "1" + "0" * 40, "1" + "0" * 39 + "1", "no"),
        ("L", True, "是", "yes"),
        ("L", False, "1", "no"),
        ("L", True, 1, "yes"),
    ],
)
def test_a_claim_is_compared_as_what_it_is(kind, stored, claim, said):
    assert comparison.answer(comparison.normalizer(kind), stored, claim) == said


@given(st.sampled_from("CNYDTLMGBIF"), st.text(max_size=20), st.text(max_size=20) | st.integers() | st.booleans())
def test_comparing_never_fails(kind, stored, claim):
    assert comparison.answer(comparison.normalizer(kind), stored, claim) in ("yes", "no", "unknown")


@given(st.sampled_from("CNYDTLMGBIF"), st.text(min_size=1, max_size=20))
def test_a_value_is_equal_to_itself(kind, value):
    assert comparison.answer(comparison.normalizer(kind), value, value) == "yes"


# --- limits ----------------------------------------------------------------------------------------------------------


@given(st.integers(1, 20), st.lists(st.floats(0, 30), min_size=1, max_size=80))
def test_no_minute_sees_more_than_twice_the_rate_and_the_long_run_keeps_it(per_minute, pauses):
    """A full bucket and what drips in meanwhile: at most rate × (1 + minutes) calls in any stretch of time."""
    rates, now, taken = Rates(), 1000.0, []
    for pause in pauses:
        now += pause
        if not rates.wait("k", per_minute, now):
            taken.append(now)
    for i, j in itertools.combinations(range(len(taken)), 2):
        assert j - i + 1 <= per_minute * (1 + (taken[j] - taken[i]) / 60) + 1e-6


def test_a_rate_tells_how_long_to_wait_and_then_allows():
    rates = Rates()
    for _ in range(6):
        rates.take("k", 6, 0.0)
    with pytest.raises(Refusal) as refused:
        rates.take("k", 6, 0.0)
    assert refused.value.retry_after == 10
    rates.take("k", 6, 10.0)
    rates.take("other", 6, 0.0)


def test_rates_are_forgotten_when_they_no_longer_matter():
    rates = Rates()
    for i in range(1000):
        rates.take(i, 60, 0.0)
    rates.take("late", 60, 200.0)
    assert len(rates._arrival) == 1


MIDNIGHT = 1_772_294_400.0  # 2026-03-01 00:00 in Shanghai


def test_a_quota_is_a_day_of_shanghai(tmp_path):
    quotas = DailyQuota(tmp_path)
    quotas.take("g", 1, MIDNIGHT - 1)
    with pytest.raises(Refusal, match="quota_exceeded"):
        quotas.take("g", 1, MIDNIGHT - 0.5)
    quotas.take("g", 1, MIDNIGHT)
    assert [path.name for path in tmp_path.iterdir()] == ["20260301.quota"]


def test_quotas_of_many_grants_survive(tmp_path):
    quotas = DailyQuota(tmp_path)
    for i in range(3000):
        for _ in range(i % 3):
            quotas.take(f"grant_{i}", 10, MIDNIGHT)
    quotas.close()
    again = DailyQuota(tmp_path)
    again.take("grant_1", 10, MIDNIGHT)
    assert [again._counts[f"grant_{i}"][0] for i in (1, 2, 2999)] == [2, 2, 2]
    assert len(again._counts) == 2000


# --- nonces ----------------------------------------------------------------------------------------------------------


def test_a_nonce_is_remembered_as_long_as_its_timestamp_counts(tmp_path):
    nonces = Nonces(tmp_path, 10_000.0)
    nonces.use("a", "n", 10_000, 10_000.0)
    for now in (10_000.0, 10_299.0):
        nonces.use("a", f"other{now}", int(now), now)
        with pytest.raises(Refusal, match="nonce_replayed"):
            nonces.use("a", "n", 10_000, now)
    nonces.use("b", "n", 10_000, 10_000.0)
    nonces.use("a", "x", 10_700, 10_700.0)
    assert len(list(tmp_path.glob("*.nonces"))) == len(nonces._buckets) == 1


def test_nonces_survive_the_process_and_only_as_long_as_needed(tmp_path):
    first = Nonces(tmp_path, 10_000.0)
    for i in range(8000):  # more than one block
        first.use("a", str(i), 10_000, 10_000.0)
    again = Nonces(tmp_path, 10_100.0)
    for i in (0, 4000, 7999):
        with pytest.raises(Refusal, match="nonce_replayed"):
            again.use("a", str(i), 10_000, 10_100.0)
    again.use("a", "8000", 10_000, 10_100.0)
    late = Nonces(tmp_path, 11_000.0)
    assert late._count == 0 and not list(tmp_path.glob("*.nonces"))


def test_a_mapped_file_grows_and_keeps(tmp_path):
    file = MappedFile(tmp_path / "f")
    file.store(0, b"first")
    file.store(3 * BLOCK + 5, b"last")
    file.close()
    content = MappedFile(tmp_path / "f").content()
    assert content[:5] == b"first" and content[3 * BLOCK + 5 :][:4] == b"last"
    assert len(content) % BLOCK == 0


# --- gathering -------------------------------------------------------------------------------------------------------


class Slow:
    """A spool whose batches take a while; ``fail`` breaks the next one."""

    def __init__(self):
        self.batches, self.fail = [], False

    def extend(self, leaves):
        self.batches.append(leaves)
        return asyncio.ensure_future(self._sync(len(self.batches)))

    async def _sync(self, number):
        await asyncio.sleep(0.01)
        if self.fail:
            raise OSError(5, "input/output error")


def test_what_arrives_meanwhile_goes_with_the_next_batch():
    async def main():
        spool = Slow()
        gathering = Gathering(spool)
        first = gathering.append(b"0")
        await asyncio.sleep(0.002)
        rest = [gathering.append(b"%d" % i) for i in range(1, 50)]
        await asyncio.gather(first, *rest)
        assert [len(batch) for batch in spool.batches] == [1, 49]

    asyncio.run(main())


def test_everyone_in_a_failed_batch_is_told_and_the_next_one_may_succeed():
    async def main():
        spool = Slow()
        gathering = Gathering(spool)
        spool.fail = True
        results = await asyncio.gather(*(gathering.append(b"x") for _ in range(5)), return_exceptions=True)
        assert [type(result) for result in results] == [OSError] * 5
        spool.fail = False
        await gathering.append(b"y")

    asyncio.run(main())


def test_one_caller_who_leaves_does_not_disturb_the_others():
    async def main():
        gathering = Gathering(Slow())
        waiting = [gathering.append(b"x") for _ in range(5)]
        await asyncio.sleep(0.002)
        waiting[2].cancel()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(result) for result in results].count(asyncio.CancelledError) == 1
        assert results.count(None) == 4

    asyncio.run(main())


# --- authentication --------------------------------------------------------------------------------------------------


def test_an_unknown_client_costs_the_same_work(monkeypatch, tmp_path):
    done = []
    real = authentication.signing.verify
    monkeypatch.setattr(authentication.signing, "verify", lambda *a, **k: (done.append(1), real(*a, **k)))
    headers = authentication.signing.sign(client_id="nobody", secret=b"x", method="POST", path="/", timestamp=1000)
    with pytest.raises(authentication.Unauthenticated, match="client_unknown"):
        authentication.authenticate(
            Known(),
            Nonces(tmp_path, 1000.0),
            method="POST",
            target="/",
            headers={name.lower(): value for name, value in headers.items()},
            body=b"",
            now=1000.0,
        )
    assert done == [1]


def test_every_code_has_both_sentences_and_a_fitting_status():
    for code, entry in TABLE.items():
        assert entry.text.zh.endswith("。") and entry.text.en.endswith("."), code
        assert 400 <= entry.status < 600
