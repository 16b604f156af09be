"""Circles of managers and missing HR partners are found; the directory is accepted all the same."""

import itertools

import pytest

from functions.ingest.directory_faults import NAMED, directory_faults


def person(
    person_id: str, manager: str | None = None, hr: str | None = "hr", active: str = "true"
) -> dict[str, str | None]:
    return {"person_id": person_id, "manager_id": manager, "hr_partner_id": hr, "active": active}


HOUSE = [
    person("boss"),
    person("hr", "boss"),
    person("m-1", "boss"),
    person("r-1", "m-1"),
    person("r-2", "m-1"),
]


def test_a_house_in_order_has_no_faults() -> None:
    assert not directory_faults(HOUSE)


def test_a_manager_outside_the_directory_is_no_fault() -> None:
    assert not directory_faults([person("boss", "somebody-abroad", hr=None), *HOUSE[1:]])


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_circle_of_managers_is_found_once_in_any_order(order: tuple[int, ...]) -> None:
    circle = [person("a", "b"), person("b", "c"), person("c", "a")]
    people = [*HOUSE, person("under", "a"), *(circle[index] for index in order)]
    faults = directory_faults(people)
    assert faults.circles == (("a", "b", "c"),)
    assert faults.in_words() == {"circles_of_managers": "1: a > b > c > a"}


def test_a_person_who_is_their_own_manager_is_a_circle_of_one() -> None:
    assert directory_faults([*HOUSE, person("x", "x")]).circles == (("x",),)


def test_circles_of_people_who_have_left_concern_nobody() -> None:
    assert not directory_faults([*HOUSE, person("x", "y", active="false"), person("y", "x")])


@pytest.mark.parametrize("partner", [None, "nobody", "gone"])
def test_a_person_without_an_active_hr_partner_is_named(partner: str | None) -> None:
    people = [*HOUSE, person("gone", active="false"), person("r-3", "m-1", hr=partner)]
    faults = directory_faults(people)
    assert faults.without_hr_partner == ("r-3",)
    assert faults.counts() == {"circles_of_managers": 0, "without_hr_partner": 1}


def test_a_directory_without_any_hr_partner_names_the_first_and_counts_all() -> None:
    people = [person("boss", hr=None), *(person(f"r-{n:03d}", "boss", hr=None) for n in range(100))]
    told = directory_faults(people).in_words()["without_hr_partner"]
    assert told.startswith("100: r-000, r-001, ")
    assert told.count("r-") == NAMED
    assert told.endswith(", ...")


def test_a_very_long_chain_of_managers_takes_linear_time() -> None:
    people = [person(str(n), str(n + 1)) for n in range(50_000)]
    assert directory_faults([*people, person("50000", "0")]).circles[0][:2] == ("0", "1")
