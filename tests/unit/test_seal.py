from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from worker import seal
from worker.seal import Seal, WrongKey

OURS, THEIRS = Seal("a key that is long enough"), Seal("another key, long enough too")


def test_what_is_sealed_can_be_opened_by_the_same_key_only() -> None:
    sealed = OURS.close("whsec_geheim é 日")
    assert "geheim" not in sealed
    assert OURS.open(sealed) == "whsec_geheim é 日"
    assert OURS.close("whsec_geheim é 日") != sealed
    for spoilt in (sealed[:-4] + "AAAA", "", "x", "é"):
        with pytest.raises(WrongKey, match="secret_key"):
            OURS.open(spoilt)
    with pytest.raises(WrongKey):
        THEIRS.open(sealed)
    assert "long enough" not in repr(OURS)


def test_tokens_are_good_for_their_use_only() -> None:
    token = OURS.sign("unsubscribe", {"channel": "mail", "address": "a@example.org"})
    assert OURS.verify("unsubscribe", token) == {"channel": "mail", "address": "a@example.org"}
    assert OURS.verify("feedback", token) is None
    assert THEIRS.verify("unsubscribe", token) is None
    body, _, mac = token.partition(".")
    for spoilt in ("", ".", body, f"{body}.", f".{mac}", f"{body}x.{mac}", token + "é", "a.b"):
        assert OURS.verify("unsubscribe", spoilt) is None
    assert token == OURS.sign("unsubscribe", {"address": "a@example.org", "channel": "mail"})


def test_keys_are_derived_as_published() -> None:
    theirs = HKDF(SHA256(), 32, b"alliance-watch", b"store").derive(b"key")
    assert seal._derive(b"key", "store") == theirs
