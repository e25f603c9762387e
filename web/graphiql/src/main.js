// The page: GraphiQL on the endpoint beside it. Nothing is loaded from anywhere else.

import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./page.css";

import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createElement } from "react";
import { createRoot } from "react-dom/client";

import { examples } from "./examples.js";
import { asksForKey, fetchAsViewer, ViewAs } from "./viewer.js";

// Relative to the page, so that a proxy may serve the gateway under a path of its own.
const url = new URL("graphql", document.baseURI).href;
// GraphiQL leaves the variables of the first default tab out of the editor on a first visit (5.4.0).
const isFirstVisit = localStorage.getItem("graphiql:tabState") === null;
const brand = createElement("span", { className: "brand" }, "Customer 360");

createRoot(document.getElementById("graphiql")).render(
  createElement(
    GraphiQL,
    {
      fetcher: createGraphiQLFetcher({ url, fetch: fetchAsViewer }),
      defaultTabs: examples,
      initialVariables: isFirstVisit ? examples[0].variables : undefined,
      defaultEditorToolsVisibility: "variables",
    },
    createElement(GraphiQL.Logo, null, asksForKey && createElement(ViewAs), brand),
  ),
);
