"""A visit to the GraphiQL page: every example tab is run, and everything suspicious is noted.

`python -m tests.browser.visit http://127.0.0.1:8000/ [SCREENSHOT.png]` visits a running gateway.
"""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.browser.devtools import Browser, Event, Page, browsing, find, open_page

_TABS = "[...document.querySelectorAll('.graphiql-tab-button')]"
EXECUTE = "document.querySelector('.graphiql-execute-button')"
READY = f"{EXECUTE} !== null && document.querySelector('.view-lines') !== null"
"""What is true on the page once it can be used."""

# The same button stops an operation as long as one runs.
_IS_IDLE = f"{EXECUTE}.ariaLabel.startsWith('Execute')"
# GraphiQL looks for the name of the operation 100 ms after a document changes. A timer of the page
# that starts later and lasts longer ends after that, however busy the machine is.
_SETTLE = "new Promise(done => setTimeout(done, 300))"
EDITOR = "document.querySelector('.graphiql-query-editor textarea')"


@dataclass(slots=True)
class Report:
    """What a visit came to. All lists of complaints are empty for a page that is as it should be.

    `answers` holds the JSON of each example's answer by the title of its tab.
    """

    answers: dict[str, Any] = field(default_factory=dict)
    workers: set[str] = field(default_factory=set)
    has_docs: bool = False
    marks_mistakes: bool = False
    remembers: bool = False
    policy_violations: list[str] = field(default_factory=list)
    console_errors: list[str] = field(default_factory=list)
    foreign_requests: list[str] = field(default_factory=list)


def visit(chromium: str, url: str, *, screenshot: Path | None = None) -> Report:
    """Visit the page at `url` with a fresh browser."""
    report = Report()
    with browsing(chromium) as browser:
        page = open_page(browser, url)
        page.wait_for(READY)
        for place in range(page.evaluate(f"{_TABS}.length")):
            title, answer = _run_tab(page, place)
            report.answers[title] = answer
        _look_around(page, report, screenshot)
        _collect(page, report, origin=url)
    return report


def _run_tab(page: Page, place: int) -> tuple[str, Any]:
    """Open a tab, execute it, and wait for the answer: its title and its JSON."""
    if place:
        # The first tab is open already, and has to work as it is.
        page.evaluate(f"{_TABS}[{place}].click()")
    title: str = page.evaluate(f"{_TABS}[{place}].textContent")
    # The title stands in the document: the editor shows this tab once it shows that.
    page.wait_for(
        f"document.querySelector('.graphiql-query-editor').textContent.includes('{title}')"
    )
    page.wait_for(_IS_IDLE)
    page.evaluate(_SETTLE)
    page.evaluate(f"{EXECUTE}.click()")
    page.browser.wait(lambda: _finished(page.browser, title) is not None, what=f"answer of {title}")
    request = _finished(page.browser, title)
    body = page.browser.call("Network.getResponseBody", page.session, requestId=request)["body"]
    page.wait_for(_IS_IDLE)
    page.wait_for("document.querySelector('.result-window').textContent.includes('data')")
    return title, json.loads(body)


def _finished(browser: Browser, operation: str) -> str | None:
    """The request of an operation if its answer has arrived."""
    finished = {event.details["requestId"] for event in browser.named("Network.loadingFinished")}
    for event in browser.named("Network.requestWillBeSent"):
        sent = event.details["request"].get("postData", "{}")
        is_it = json.loads(sent).get("operationName") == operation
        if is_it and event.details["requestId"] in finished:
            return str(event.details["requestId"])
    return None


def _look_around(page: Page, report: Report, screenshot: Path | None) -> None:
    """Documentation, history and the marks under mistakes; the picture is of the first tab."""
    page.evaluate(f"{_TABS}[0].click()")
    page.evaluate("document.querySelector('[aria-label=\"Show Documentation Explorer\"]').click()")
    page.wait_for("document.querySelector('.graphiql-plugin')?.textContent.includes('Query')")
    report.has_docs = True
    if screenshot is not None:
        page.screenshot(screenshot)
    page.evaluate("document.querySelector('[aria-label=\"Show History\"]').click()")
    page.wait_for("document.querySelectorAll('.graphiql-history-item').length > 0")
    report.remembers = True
    page.evaluate(f"{EDITOR}.focus()")
    page.type_text("{ noSuchField } ")
    page.wait_for("document.querySelector('.graphiql-query-editor .squiggly-error') !== null")
    report.marks_mistakes = True


def _collect(page: Page, report: Report, *, origin: str) -> None:
    """Note what the page and its workers did; the browser's own pages are none of our business."""
    host = urlsplit(origin).netloc
    ours = {page.session}
    for event in page.browser.events:
        if event.session not in ours:
            continue
        if event.name == "Target.attachedToTarget":
            ours.add(event.details["sessionId"])
            report.workers.add(_worker(event.details["targetInfo"]["url"]))
        _note_request(event, host, report)
        _note_complaint(event, report)


def _note_request(event: Event, host: str, report: Report) -> None:
    match event.name:
        case "Network.requestWillBeSent":
            url = event.details["request"]["url"]
        case "Network.webSocketCreated":
            url = event.details["url"]
        case _:
            return
    parts = urlsplit(url)
    if parts.scheme not in {"data", "blob"} and parts.netloc != host:
        report.foreign_requests.append(url)


def _note_complaint(event: Event, report: Report) -> None:
    match event.name:
        case "Audits.issueAdded":
            issue = event.details["issue"]
            if issue["code"] == "ContentSecurityPolicyIssue":
                report.policy_violations.append(json.dumps(issue["details"]))
        case "Log.entryAdded" if event.details["entry"]["level"] == "error":
            report.console_errors.append(event.details["entry"]["text"])
        case "Runtime.exceptionThrown":
            report.console_errors.append(json.dumps(event.details["exceptionDetails"]))
        case "Runtime.consoleAPICalled" if event.details["type"] in {"error", "assert"}:
            report.console_errors.append(json.dumps(event.details["args"]))
        case _:
            return


def _worker(url: str) -> str:
    """The name of a worker: its file's, up to the hash."""
    return urlsplit(url).path.rsplit("/", 1)[-1].split("-")[0]


if __name__ == "__main__":
    found = find()
    if found is None:
        sys.exit("No Chromium was found on PATH; install one (Debian: apt install chromium).")
    picture = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    outcome = visit(found, sys.argv[1], screenshot=picture)
    sys.stdout.write(f"{outcome}\n")
