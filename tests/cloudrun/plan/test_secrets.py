"""Which secrets get a version, whose value it is, and which one the revision gets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hipflask.cloudrun.observed import ObservedSecret
from hipflask.cloudrun.plan.secrets import secret_versions, secrets, useless_values
from hipflask.cloudrun.spec import SecretRef, ServiceSpec
from hipflask.errors import SpecRefused
from tests.cloudrun.running import in_place
from tests.cloudrun.specs import GOOD


def having(**references: str) -> ServiceSpec:
    """Return the good spec with these secrets only."""
    return replace(GOOD, secrets={name: SecretRef.parse(it) for name, it in references.items()})


def step(
    spec: ServiceSpec, known: dict[str, ObservedSecret], *given: str
) -> tuple[list[str], dict[str, str]]:
    """Return the commands in short, and the versions."""
    observed = in_place(spec, secrets=known, given=frozenset(given))
    made = secrets(spec, observed)
    assert bool(made.commands) != made.in_place
    words = [" ".join(command.argv[1:-1]) for command in made.commands]
    sources = [f" < {command.stdin_of}" if command.stdin_of else "" for command in made.commands]
    return [
        f"{text.split(' --')[0]}{source}" for text, source in zip(words, sources, strict=True)
    ], secret_versions(spec, observed)


CREATED = ["secrets create a", "secrets versions add a < A"]


@pytest.mark.parametrize(
    ("known", "given", "commands", "version"),
    [
        # There, and nothing else is known.
        (ObservedSecret(3, 3), (), [], "3"),
        # A value is at hand, and it is the one that is there.
        (ObservedSecret(3, 3), ("A",), [], "3"),
        # The newest version is switched off.
        (ObservedSecret(4, 3), (), [], "3"),
        # Another value is at hand.
        (ObservedSecret(3, 3, differs=True), ("A",), CREATED[1:], "4"),
        (ObservedSecret(9, 3, differs=True), ("A",), CREATED[1:], "10"),
        # It is there without a version that can be read: an earlier try ended in between.
        (ObservedSecret(0, 0), ("A",), CREATED[1:], "1"),
        (ObservedSecret(2, 0), ("A",), CREATED[1:], "3"),
        # Nothing is there.
        (None, ("A",), CREATED, "1"),
    ],
)
def test_version_is_added_where_it_must_be(
    known: ObservedSecret | None, given: tuple[str, ...], commands: list[str], version: str
) -> None:
    made, versions = step(having(A="a"), {"a": known} if known else {}, *given)
    assert (made, versions) == (commands, {"a": version})


def test_no_value_is_an_argument() -> None:
    observed = in_place(having(A="a"), secrets={}, given=frozenset({"A"}))
    *_, added = secrets(having(A="a"), observed).commands
    assert added.argv[-2:] == ("--data-file=-", "--project=corner-shop-1234")


def test_secret_key_is_made_up() -> None:
    made, _ = step(having(SECRET_KEY="key"), {})
    assert made == ["secrets create key", "secrets versions add key < SECRET_KEY"]


@pytest.mark.parametrize(
    ("known", "words"),
    [({}, "is not in Secret Manager"), ({"a": ObservedSecret(2, 0)}, "no version that can be")],
)
def test_secret_without_a_value_is_refused(known: dict[str, ObservedSecret], words: str) -> None:
    with pytest.raises(SpecRefused, match=words) as caught:
        step(having(A="a"), known)
    assert caught.value.codes == ("secret-absent",)
    assert "A=… into .env.production" in caught.value.hint


def test_numbered_version_is_left_alone() -> None:
    known = {"a": ObservedSecret(5, 5, differs=True)}
    assert step(having(A="a:3"), known) == ([], {"a": "5"})


@pytest.mark.parametrize("known", [{}, {"a": ObservedSecret(2, 2)}])
def test_numbered_version_that_is_not_there_is_refused(known: dict[str, ObservedSecret]) -> None:
    with pytest.raises(SpecRefused, match="a has no version 3") as caught:
        step(having(A="a:3"), known, "A")
    # A value in the file is of no use for it, so that is not what is advised.
    assert "Leave the number out" in caught.value.hint


def test_values_that_go_nowhere() -> None:
    spec = having(A="a", B="b:3", C="c", D="c", E="c")
    values = {"A": "1", "B": "2", "C": "3", "D": "4", "E": "3", "F": "5"}
    assert useless_values(spec, values) == {
        "B": "hipflask.toml asks for b, version 3.",
        "D": "the secret c gets the value of C.",
        "F": "[service.secrets] of hipflask.toml does not name it.",
    }


@pytest.mark.parametrize(
    ("given", "source"), [(("A",), "A"), (("B",), "B"), (("A", "B"), "A"), (("B", "A"), "A")]
)
def test_secret_of_two_variables_is_made_once(given: tuple[str, ...], source: str) -> None:
    made, versions = step(having(A="a", B="a"), {}, *given)
    assert made == ["secrets create a", f"secrets versions add a < {source}"]
    assert versions == {"a": "1"}


def test_secret_of_two_variables_in_place_needs_no_value() -> None:
    assert step(having(A="a", B="a:1"), {"a": ObservedSecret(2, 2)}) == ([], {"a": "2"})


def test_no_secrets_are_in_place() -> None:
    assert step(having(), {}) == ([], {})
