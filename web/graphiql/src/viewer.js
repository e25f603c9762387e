// Who the visitor is: one of the keys that the gateway offers, or a key or token of their own.
// It is kept as long as the tab is open, and never in the headers that GraphiQL remembers.

import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { createElement, useEffect, useRef, useState } from "react";

const KEPT = "customer360:viewer";
const OWN = "own";
const NOBODY = { choice: "", own: "" };

const told = document.querySelector('meta[name="customer360-keys"]');

/** Whether the gateway asks who its visitors are. */
export const asksForKey = told !== null;
const offered = asksForKey ? JSON.parse(told.content) : [];

let viewer = NOBODY;
try {
  viewer = { ...NOBODY, ...JSON.parse(sessionStorage.getItem(KEPT)) };
} catch {
  // Storage may be forbidden, or hold something else.
}

function credential() {
  if (viewer.choice === OWN) return viewer.own.trim();
  return offered.find((each) => each.name === viewer.choice)?.key ?? "";
}

/** `fetch`, with the credential of the viewer where the request does not bring its own. */
export function fetchAsViewer(url, options) {
  const headers = new Headers(options.headers);
  const key = credential();
  if (key && !headers.has("authorization")) headers.set("authorization", `Bearer ${key}`);
  return fetch(url, { ...options, headers });
}

/** The control with which visitors say who they are; what is seen follows at once. */
export function ViewAs() {
  const { introspect, stop } = useGraphiQLActions();
  const responseEditor = useGraphiQL((state) => state.responseEditor);
  const [shown, setShown] = useState(viewer);
  const settled = useRef(credential());

  function become(next) {
    viewer = next;
    setShown(next);
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(next));
    } catch {
      // Then it is forgotten when the page is loaded again.
    }
  }

  useEffect(() => {
    // A key that is being typed is tried once the typing pauses.
    const wait = setTimeout(
      () => {
        if (settled.current === credential()) return;
        settled.current = credential();
        // What another viewer was answered must not stand there as if it were this one's.
        stop();
        responseEditor?.setValue("");
        introspect();
      },
      shown.choice === OWN ? 400 : 0,
    );
    return () => clearTimeout(wait);
  }, [shown, introspect, stop, responseEditor]);

  const choices = [
    ["", offered.length ? "nobody in particular" : "without a key"],
    ...offered.map((each) => [each.name, each.name]),
    [OWN, offered.length ? "my own key" : "my key or token"],
  ];
  return createElement(
    "span",
    { className: "view-as" },
    createElement(
      "label",
      null,
      "View as ",
      createElement(
        "select",
        {
          value: shown.choice,
          onChange: (event) => become({ ...shown, choice: event.target.value }),
        },
        choices.map(([value, text]) => createElement("option", { key: value, value }, text)),
      ),
    ),
    shown.choice === OWN &&
      createElement("input", {
        type: "password",
        autoComplete: "off",
        spellCheck: false,
        placeholder: "API key or token",
        "aria-label": "API key or token",
        value: shown.own,
        onChange: (event) => become({ ...shown, own: event.target.value }),
      }),
  );
}
