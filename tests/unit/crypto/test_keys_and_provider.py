"""Key files: made once, kept private, never silently replaced; and what the provider does with them."""

import json
import stat
import threading

import pytest

from gongshu import crypto
from gongshu.crypto import keys, sealing
from gongshu.errors import EnvironmentFault, Exit
from gongshu.home import Home


def test_every_key_file_is_private_and_the_second_time_changes_nothing(home):
    before = {path.name: path.read_bytes() for path in home.secrets.iterdir()}
    assert set(before) == {*keys.NAMES, keys.INVENTORY}
    for path in home.secrets.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(home.secrets.stat().st_mode) == 0o700
    keys.ensure(home)
    assert before == {path.name: path.read_bytes() for path in home.secrets.iterdir()}


def test_many_at_once_agree_on_one_set_of_keys(tmp_path):
    place = Home(tmp_path)
    found = []
    threads = [threading.Thread(target=lambda: found.append(keys.ensure(place))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(each == found[0] for each in found)
    assert not [path for path in place.secrets.iterdir() if path.name.startswith(".")]


def test_an_interrupted_first_time_is_completed(home):
    kept = (home.secrets / keys.MASTER).read_bytes()
    (home.secrets / keys.INVENTORY).unlink()
    (home.secrets / keys.LEDGER_SM2).unlink()
    keys.ensure(home)
    assert (home.secrets / keys.MASTER).read_bytes() == kept
    assert (home.secrets / keys.LEDGER_SM2).is_file()


def test_the_inventory_tells_nothing_secret(home):
    inventory = (home.secrets / keys.INVENTORY).read_text()
    secrets = [(home.secrets / name).read_text().split()[0] for name in (keys.MASTER, keys.COMMITMENT)]
    assert not any(secret in inventory for secret in secrets)
    assert all(len(value) == 16 for value in json.loads(inventory).values())


@pytest.mark.parametrize("name", keys.NAMES)
def test_a_lost_key_is_not_replaced_by_a_new_one(home, name):
    (home.secrets / name).unlink()
    with pytest.raises(EnvironmentFault) as caught:
        keys.ensure(home)
    assert caught.value.code == "crypto.key_missing"
    assert name in caught.value.text.zh
    assert name in caught.value.text.en
    assert caught.value.exit == Exit.ENVIRONMENT
    assert not (home.secrets / name).exists()


def test_an_exchanged_key_is_noticed(home, tmp_path):
    other = Home(tmp_path / "other")
    keys.ensure(other)
    (home.secrets / keys.MASTER).write_bytes((other.secrets / keys.MASTER).read_bytes())
    with pytest.raises(EnvironmentFault) as caught:
        keys.ensure(home)
    assert caught.value.code == "crypto.key_exchanged"


@pytest.mark.parametrize("content", [b"", b"zz", b"00" * 31, b"\xff\xfe"])
def test_a_mutilated_key_is_named(home, content):
    for name in (keys.MASTER, keys.LEDGER_ED25519, keys.LEDGER_SM2):
        (home.secrets / name).write_bytes(content)
    for read in (lambda: keys.secret(home, keys.MASTER), lambda: keys.ed25519(home), lambda: keys.sm2_key(home)):
        with pytest.raises(EnvironmentFault) as caught:
            read()
        assert caught.value.code == "crypto.key_malformed"


def test_a_secrets_place_that_is_no_folder_is_a_sentence(tmp_path):
    (tmp_path / "secrets").write_text("in the way")
    with pytest.raises(EnvironmentFault) as caught:
        keys.ensure(Home(tmp_path))
    assert caught.value.code == "crypto.secrets_unwritable"


def test_an_installation_without_keys_says_what_to_do(tmp_path):
    with pytest.raises(EnvironmentFault) as caught:
        crypto.provider(Home(tmp_path / "empty")).wrap(b"x", "client")
    assert caught.value.code == "crypto.key_missing"
    assert "gongshu init" in caught.value.text.en


@pytest.mark.parametrize("algorithm", [sealing.SM4_GCM, sealing.AES_GCM])
def test_what_is_sealed_opens_for_its_purpose_only(algorithm):
    master = b"m" * 32
    sealed = sealing.seal(master, b"client secret", "client:c1", algorithm)
    assert sealing.unseal(master, sealed, "client:c1") == b"client secret"
    assert sealed != sealing.seal(master, b"client secret", "client:c1", algorithm), "a nonce is never used twice"
    wrong = [(b"n" * 32, sealed, "client:c1"), (master, sealed, "client:c2"), (master, b"", "client:c1")]
    wrong += [
        (master, sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], "client:c1") for at in range(len(sealed))
    ]
    for key, value, purpose in wrong:
        with pytest.raises(EnvironmentFault) as caught:
            sealing.unseal(key, value, purpose)
        assert caught.value.code == "crypto.sealed_value_unreadable"


def test_the_provider_says_that_it_is_not_certified(home):
    provider = crypto.provider(home)
    assert provider.certified is False
    assert "密评" in provider.notice.zh
    assert "not a certified" in provider.notice.en
    assert provider is crypto.provider(home)


def test_the_provider_wraps_signs_and_verifies(home):
    provider = crypto.provider(home)
    assert provider.unwrap(provider.wrap(b"s", "p"), "p") == b"s"
    signature = provider.ed25519_sign(b"data")
    assert provider.ed25519_verify(provider.ed25519_public(), b"data", signature)
    assert not provider.ed25519_verify(provider.ed25519_public(), b"datA", signature)
    assert not provider.ed25519_verify(b"short", b"data", signature)
    signature = provider.sm2_sign(b"data")
    assert provider.sm2_verify(provider.sm2_public(), b"data", signature)
    assert not provider.sm2_verify(provider.sm2_public(), b"datA", signature)
    assert provider.hmac("HMAC-SM3", b"k", b"d") == provider.hmac("SM3", b"k", b"d")


def test_a_commitment_links_spellings_and_tells_nothing(home, tmp_path):
    provider = crypto.provider(home)
    commitment = provider.commit("11010119900307001x")
    assert commitment == provider.commit(" 110101 19900307001X ")
    assert commitment == provider.commit("11010119900307001X")
    assert commitment != provider.commit("110101199003070028")
    assert len(commitment) == len("hmac-sm3:") + 64
    assert "19900307001" not in commitment
    assert provider.commit("") == ""
    other = Home(tmp_path / "other")
    keys.ensure(other)
    assert crypto.provider(other).commit("11010119900307001X") != commitment, "another city's salt, another value"
