"""What GraphiQL shows of an answer that one source could not add to."""

from pathlib import Path

import pytest

from tests.browser.devtools import browsing, find, open_page
from tests.browser.visit import EDITOR, EXECUTE, READY
from tests.gateway.demo.running import Demo

QUERY = """\
query Partial {
customer(by: {email: "lin.wang@example.com"}) {
name
purchases(first: 1) { nodes { number } }
tickets(first: 1) { nodes { subject } }
interactions(first: 1) { nodes { subject } }
}
"""
"""As somebody types it: the editor closes the first brace by itself."""
_SHOWN = "document.querySelector('.result-window').textContent"


def test_graphiql_shows_the_partial_answer_and_why_it_is(tmp_path: Path, demo: Demo) -> None:
    """The help desk is a black hole: `tickets` is null, the error names it, the rest is there."""
    chromium = find()
    if chromium is None:
        pytest.skip("Chromium is not installed (Debian: apt install chromium)")
    picture = tmp_path / "partial.png"

    with demo.broken("desk", "blackhole"), browsing(chromium) as browser:
        page = open_page(browser, demo.endpoint)
        page.wait_for(READY)
        page.evaluate("document.querySelector('.graphiql-tab-add').click()")
        page.wait_for(f"{EDITOR} !== null")
        page.evaluate(f"{EDITOR}.focus()")
        page.type_text(QUERY)
        page.evaluate("new Promise(done => setTimeout(done, 500))")
        page.evaluate(f"{EXECUTE}.click()")
        page.wait_for(f"{_SHOWN}.includes('SOURCE_TIMEOUT')")
        shown = page.evaluate(_SHOWN).replace("\xa0", " ")
        page.screenshot(picture)

    assert '"tickets": null' in shown
    assert "The source 'desk' did not answer in time" in shown
    assert '"interactions": {' in shown
    assert '"number": "SO-2026-07983"' in shown
    assert picture.read_bytes().startswith(b"\x89PNG")
