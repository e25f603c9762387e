// How Mesh composes the REST service into one graph, as its documentation shows: operations with
// samples of their answers, and a join that asks for the tickets of all customers at once.
import { defineConfig } from "@graphql-mesh/compose-cli";
import { loadJSONSchemaSubgraph } from "@omnigraph/json-schema";

const endpoint = process.env.DESK ?? "http://127.0.0.1:1";
const text = { type: "string" };
const integer = { type: "integer" };
const flag = { type: "boolean" };

function object(title, properties) {
  return { type: "object", title, properties };
}

function list(items) {
  return { type: "array", items };
}

function page(title, properties) {
  return object(`${title}Page`, { nodes: list(object(title, properties)) });
}

const ticket = object("Ticket", {
  id: text,
  customer: text,
  number: text,
  subject: text,
  status: text,
  priority: text,
  openedAt: text,
});
const customer = object("Customer", {
  id: { type: "string", format: "id" },
  recordId: text,
  kind: text,
  name: text,
  givenName: text,
  familyName: text,
  language: text,
  lifecycleStage: text,
  tags: list(text),
  createdAt: text,
  emails: list(object("EmailAddress", { address: text, label: text, primary: flag })),
  phones: list(object("PhoneNumber", { e164: text, label: text })),
  addresses: list(object("PostalAddress", { street: text, city: text, country: text })),
  purchases: page("Purchase", {
    id: text,
    number: text,
    status: text,
    placedAt: text,
    channel: text,
    total: object("Money", { amount: text, currency: text }),
  }),
  interactions: page("Interaction", {
    id: text,
    channel: text,
    direction: text,
    subject: text,
    content: text,
    occurredAt: text,
  }),
  documents: page("Document", {
    id: text,
    name: text,
    kind: text,
    mediaType: text,
    sizeBytes: integer,
    modifiedAt: text,
  }),
  campaigns: page("CampaignMembership", {
    status: text,
    sentAt: text,
    campaign: object("Campaign", { name: text, kind: text }),
  }),
});

export const composeConfig = defineConfig({
  subgraphs: [
    {
      sourceHandler: loadJSONSchemaSubgraph("Customers", {
        endpoint,
        operations: [
          {
            type: "Query",
            field: "customer",
            path: "/customers/{args.id}",
            method: "GET",
            argTypeMap: { id: { type: "string", nullable: false, format: "id" } },
            responseSchema: customer,
          },
          {
            type: "Query",
            field: "customers",
            path: "/customers?until={args.until}&limit={args.limit}",
            method: "GET",
            argTypeMap: { until: { type: "string", nullable: false }, limit: { type: "integer" } },
            responseSchema: object("CustomerPage", { nodes: list(customer) }),
          },
        ],
      }),
    },
    {
      sourceHandler: loadJSONSchemaSubgraph("Desk", {
        endpoint,
        operations: [
          {
            type: "Query",
            field: "ticketsOf",
            path: "/tickets",
            method: "GET",
            queryParamArgMap: { customer: "customer" },
            argTypeMap: { customer: list(text) },
            queryStringOptions: { arrayFormat: "repeat" },
            responseSchema: list(ticket),
          },
        ],
      }),
    },
  ],
  additionalTypeDefs: /* GraphQL */ `
    extend type Customer {
      tickets: [Ticket]
        @resolveTo(
          sourceName: "Desk"
          sourceTypeName: "Query"
          sourceFieldName: "ticketsOf"
          keyField: "recordId"
          keysArg: "customer"
          valueKeyField: "customer"
        )
    }
  `,
});
