"""Another role in GraphiQL: rows vanish, values are masked, and the documentation follows."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.demo.access import ANALYST, VISITORS
from tests.browser.devtools import Browser, Page, browsing, find, open_page
from tests.browser.visit import EXECUTE, READY
from tests.gateway.demo.running import Demo

_TABS = "[...document.querySelectorAll('.graphiql-tab-button')]"
_SELECT = "document.querySelector('.view-as select')"
_OWN = "document.querySelector('.view-as input')"
_IS_IDLE = f"{EXECUTE}.ariaLabel.startsWith('Execute')"
_SHOWN = "document.querySelector('.result-window').textContent.replaceAll('\\u00a0', ' ')"
_SETTLE = "new Promise(done => setTimeout(done, 300))"
_CHOOSE = """(() => {{
  const select = {select};
  Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, 'value').set.call(select, {role!r});
  select.dispatchEvent(new Event('change', {{bubbles: true}}));
}})()"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser, where one is installed."""
    chromium = find()
    if chromium is None:
        pytest.skip("Chromium is not installed (Debian: apt install chromium)")
    with browsing(chromium) as started:
        yield started


@pytest.fixture(scope="module")
def page(browser: Browser, demo: Demo) -> Page:
    """GraphiQL with the example for this open, seen by nobody in particular."""
    found = open_page(browser, demo.endpoint)
    found.wait_for(READY)
    found.evaluate(f"{_TABS}.find(each => each.textContent === 'WhoSeesWhat').click()")
    found.wait_for(
        "document.querySelector('.graphiql-query-editor').textContent.includes('WhoSeesWhat')"
    )
    return found


def _introspections(browser: Browser) -> int:
    """How many schemas have come."""
    finished = {event.details["requestId"] for event in browser.named("Network.loadingFinished")}
    return sum(
        "IntrospectionQuery" in event.details["request"].get("postData", "")
        and event.details["requestId"] in finished
        for event in browser.named("Network.requestWillBeSent")
    )


def _become(page: Page, role: str) -> None:
    before = _introspections(page.browser)
    page.evaluate(_CHOOSE.format(select=_SELECT, role=role))
    page.browser.wait(lambda: _introspections(page.browser) > before, what=f"schema of {role}")
    page.evaluate(_SETTLE)


def _answer(page: Page) -> Mapping[str, Any]:
    """Run what is in the editor: the answer as GraphiQL shows it is that of the network."""
    page.wait_for(_IS_IDLE)
    page.evaluate(_SETTLE)
    page.evaluate(f"{EXECUTE}.click()")
    page.wait_for(f"{_SHOWN}.includes('\"data\"') || {_SHOWN}.includes('\"errors\"')")
    page.wait_for(_IS_IDLE)
    asked = [
        event.details["requestId"]
        for event in page.browser.named("Network.requestWillBeSent")
        if json.loads(event.details["request"].get("postData", "{}")).get("operationName")
        == "WhoSeesWhat"
    ]
    body = page.browser.call("Network.getResponseBody", page.session, requestId=asked[-1])["body"]
    found: Mapping[str, Any] = json.loads(body)
    return found


def test_rows_vanish_and_masks_appear(page: Page, tmp_path: Path) -> None:
    """The same question as three roles; what the one before was answered is wiped away."""
    seen: dict[str, Any] = {}
    for each in VISITORS:
        _become(page, each.role)
        assert page.evaluate(_SHOWN).strip() == ""
        answer = _answer(page)
        assert "errors" not in answer
        assert answer["data"]["me"] == {"role": each.role}
        seen[each.role] = answer["data"]["customers"]["nodes"]
        picture = tmp_path / f"{each.role}.png"
        page.screenshot(picture)
        assert picture.read_bytes().startswith(b"\x89PNG")

    assert {role: len(nodes) for role, nodes in seen.items()} == {
        "agent": 17,
        "analyst": 17,
        "partner": 3,
    }
    lin = {role: nodes[0] for role, nodes in seen.items()}
    assert lin["agent"]["name"] == lin["partner"]["name"] == "王琳"
    assert lin["agent"]["emails"] == [{"address": "lin.wang@example.com"}]
    assert lin["partner"]["emails"] == [{"address": "l***@example.com"}]
    assert lin["partner"]["phones"] == [{"e164": "***8000"}]
    assert len(lin["analyst"]["name"]) == len(lin["analyst"]["emails"][0]["address"]) == 32


def test_the_documentation_is_that_of_the_role(page: Page) -> None:
    """A partner's `Customer` has no documents, and its queries no sources."""
    _become(page, "analyst")
    show = "document.querySelector('[aria-label=\"Show Documentation Explorer\"]')"
    query = "[...document.querySelectorAll('.graphiql-doc-explorer-type-name')]"
    page.evaluate(f"{show}.click()")
    page.wait_for(f"{query}.some(each => each.textContent === 'Query')")
    page.evaluate(f"{query}.find(each => each.textContent === 'Query').click()")
    fields = (
        "[...document.querySelectorAll('.graphiql-doc-explorer-field-name')]"
        ".map(each => each.textContent)"
    )
    page.wait_for(f"{fields}.includes('customers')")

    _become(page, "partner")
    page.wait_for(f"!{fields}.includes('sources')")
    as_partner = page.evaluate(fields)
    _become(page, "agent")
    page.wait_for(f"{fields}.includes('sources')")
    as_agent = page.evaluate(fields)

    assert set(as_partner) < set(as_agent)
    assert {"sources", "campaigns"} <= set(as_agent) - set(as_partner)


def test_a_key_of_ones_own_is_sent_and_forgotten_with_the_tab(page: Page) -> None:
    """It stands in the storage of the tab only, and a wrong one is told."""
    page.evaluate(_CHOOSE.format(select=_SELECT, role="own"))
    page.wait_for(f"{_OWN} !== null")
    before = _introspections(page.browser)
    page.evaluate(f"{_OWN}.focus()")
    page.type_text(str(ANALYST.key))
    page.browser.wait(lambda: _introspections(page.browser) > before, what="schema of the key")

    assert _answer(page)["data"]["me"] == {"role": "analyst"}
    secret = ANALYST.key.secret
    assert page.evaluate(f"{_OWN}.type") == "password"
    assert secret in page.evaluate("JSON.stringify(sessionStorage)")
    assert secret not in page.evaluate("JSON.stringify(localStorage)")
    assert secret not in page.evaluate("location.href")

    page.evaluate(f"{_OWN}.select()")
    page.type_text("c360_wrong")
    page.wait_for(f"{_OWN}.value === 'c360_wrong'")
    page.evaluate("new Promise(done => setTimeout(done, 600))")
    page.evaluate(f"{EXECUTE}.click()")
    page.wait_for(f"{_SHOWN}.includes('UNAUTHENTICATED')")
