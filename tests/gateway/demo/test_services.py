"""The two HTTP systems behave like real products: who may ask, how much, and what is an error."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from gateway.demo.access import CRM_TOKEN, DESK_PASSWORD, DESK_USER
from gateway.demo.customer import hero
from gateway.demo.sources import applications

TOKEN = {"authorization": f"Bearer {CRM_TOKEN}"}
USER = (DESK_USER, DESK_PASSWORD)


@pytest.fixture(scope="module")
def crm(demo_data: Path) -> TestClient:
    """The CRM, asked by who knows the token."""
    return TestClient(applications(demo_data)[0], headers=TOKEN)


@pytest.fixture(scope="module")
def desk(demo_data: Path) -> TestClient:
    """The help desk, asked by who knows the password."""
    client = TestClient(applications(demo_data)[1])
    client.auth = USER
    return client


def message(response: Any) -> str:
    """What the body of an error says."""
    return str(response.json()["error"]["message"])


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": "x"}])
def test_the_crm_refuses_strangers(demo_data: Path, headers: dict[str, str]) -> None:
    """401 with a challenge, for every path."""
    stranger = TestClient(applications(demo_data)[0], headers=headers)

    for path in ("/parties", "/parties/P00001", "/activities"):
        response = stranger.get(f"/api/v2{path}")

        assert response.status_code == 401
        assert response.headers["www-authenticate"] == 'Bearer realm="crm"'


@pytest.mark.parametrize("given", ["", "Basic !!!", "Basic Z2F0ZXdheTp3cm9uZw==", "Bearer x"])
def test_the_desk_refuses_strangers(demo_data: Path, given: str) -> None:
    """401 with a challenge, whatever is wrong with the header."""
    stranger = TestClient(applications(demo_data)[1], headers={"authorization": given})

    for path in ("/users", "/users/show_many?ids=1", "/tickets", "/tickets/10001"):
        response = stranger.get(f"/v1{path}")

        assert response.status_code == 401
        assert response.headers["www-authenticate"] == 'Basic realm="desk"'


def test_crm_pages_hold_a_hundred_and_end(crm: TestClient) -> None:
    """All parties once; the page behind the last one is empty."""
    first = crm.get("/api/v2/parties", params={"per_page": 100}).json()
    pages = first["meta"]["pages"]
    ids = [
        each["id"]
        for page in range(1, pages + 1)
        for each in crm.get("/api/v2/parties", params={"per_page": 100, "page": page}).json()[
            "data"
        ]
    ]

    assert len(ids) == first["meta"]["total"] == len(set(ids))
    assert crm.get("/api/v2/parties", params={"page": pages * 100}).json()["data"] == []


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("per_page=101", "per_page must not be more than 100"),
        ("page=0", "page must be a whole number, at least 1"),
        ("page=two", "page must be a whole number, at least 1"),
        ("updated_since=yesterday", "updated_since must be a time such as 2026-01-15T09:00:00Z"),
        ("ids=" + ",".join(f"P{n}" for n in range(51)), "ids takes at most 50 ids at once"),
    ],
)
def test_the_crm_refuses_what_makes_no_sense(crm: TestClient, query: str, problem: str) -> None:
    """400 with the reason."""
    response = crm.get(f"/api/v2/parties?{query}")

    assert (response.status_code, message(response)) == (400, problem)


def test_the_crm_looks_up_many_at_once(crm: TestClient) -> None:
    """Those that exist, each once; one alone that does not exist is 404."""
    found = crm.get("/api/v2/parties", params={"ids": "P00002,P99999,P00001,P00002"}).json()

    assert [each["id"] for each in found["data"]] == ["P00002", "P00001"]
    assert crm.get("/api/v2/parties/P00001").json()["data"]["full_name"] == "王琳"
    assert crm.get("/api/v2/parties/P99999").status_code == 404


def test_crm_activities_of_several_parties_come_together(crm: TestClient) -> None:
    """Only theirs; the hero has nine."""
    params: dict[str, str | int] = {"party_ids": "P00001,P00002", "per_page": 100}
    found = crm.get("/api/v2/activities", params=params).json()["data"]

    assert {each["party_id"] for each in found} == {"P00001", "P00002"}
    assert sum(each["party_id"] == "P00001" for each in found) == 9


def test_the_crm_gives_what_changed_since(crm: TestClient) -> None:
    """Fewer than all, and none from before."""
    params = {"updated_since": "2025-01-01T00:00:00+00:00"}

    everything = crm.get("/api/v2/parties").json()["meta"]["total"]
    recent = crm.get("/api/v2/parties", params=params).json()["meta"]["total"]

    assert 0 < recent < everything


def test_desk_cursors_lead_through_everything(desk: TestClient) -> None:
    """Every user once, and no cursor on the last page."""
    ids: list[int] = []
    params: dict[str, str | int] = {"limit": 200}
    while True:
        answer = desk.get("/v1/users", params=params).json()
        ids += [each["id"] for each in answer["users"]]
        if answer["meta"]["next_cursor"] is None:
            break
        params["cursor"] = answer["meta"]["next_cursor"]

    assert len(ids) == len(set(ids)) > 800


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/users?limit=201", "limit must not be more than 200"),
        ("/users?limit=0", "limit must be a whole number, at least 1"),
        ("/users?cursor=abc", "this cursor is none of ours"),
        ("/users?cursor=b3RoZXIgNQ==", "this cursor is none of ours"),
        ("/users/show_many", "ids must be a list of ids with commas between them"),
        (
            "/tickets?" + "&".join(f"requester_id={n}" for n in range(101)),
            "requester_id takes at most 100 ids at once",
        ),
    ],
)
def test_the_desk_refuses_what_makes_no_sense(desk: TestClient, path: str, problem: str) -> None:
    """400 with the reason."""
    response = desk.get(f"/v1{path}")

    assert (response.status_code, message(response)) == (400, problem)


def test_the_desk_finds_the_tickets_of_several_users(desk: TestClient) -> None:
    """By a parameter that repeats; users without tickets, or that do not exist, give none."""
    lin = hero().id_in("desk")

    found = desk.get("/v1/tickets", params={"requester_id": [lin, "1"]}).json()["tickets"]

    assert [str(each["requester_id"]) for each in found] == [lin] * 6


def test_the_desk_looks_up_tickets(desk: TestClient) -> None:
    """Many by a comma list, one by its path, and 404 where there is none."""
    found = desk.get("/v1/tickets/show_many", params={"ids": "10002,1,10001"}).json()["tickets"]

    assert [each["id"] for each in found] == [10002, 10001]
    assert desk.get("/v1/tickets/10001").json()["ticket"]["id"] == 10001
    assert desk.get("/v1/tickets/1").status_code == 404
    assert desk.get("/v1/users/show_many?ids=1").json() == {"users": []}
