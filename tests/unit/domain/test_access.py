"""Secrets and roles."""

import pytest

from worker.domain.access import Role, digest, mint


@pytest.mark.parametrize("role", list(Role))
def test_a_secret_names_its_role_and_is_found_by_its_digest(role: Role) -> None:
    secret = mint(role)
    assert secret.text.startswith(f"aw_{role.value}_")
    assert digest(secret.text) == secret.digest
    assert len(secret.digest) == 64


def test_secrets_are_long_and_never_the_same() -> None:
    made = {mint(Role.READ).text for _ in range(200)}
    assert len(made) == 200
    assert min(map(len, made)) >= len("aw_read_") + 43


def test_prefix_and_repr_give_nothing_away() -> None:
    secret = mint(Role.ADMIN)
    assert secret.text.startswith(secret.prefix)
    assert len(secret.text) - len(secret.prefix) > 30
    assert secret.text not in repr(secret)
    assert secret.digest not in repr(secret)


def test_roles_include_those_below() -> None:
    assert Role.ADMIN.allows(Role.OPERATE)
    assert Role.OPERATE.allows(Role.OPERATE)
    assert Role.OPERATE.allows(Role.READ)
    assert not Role.READ.allows(Role.OPERATE)
    assert not Role.OPERATE.allows(Role.ADMIN)


def test_a_digest_can_be_made_of_any_input() -> None:
    assert digest("\udcff") != digest("é")
