// What the Node.js contenders with resolvers have in common: the schema and the statements. These are
// as good as the gateway's: limited in the database, one for all parents of a level, prepared, and
// they read the columns that the types have.
import { readFileSync } from "node:fs";

export const schema = readFileSync(new URL("schema.graphql", import.meta.url), "utf8");

const OWNED = "source, record_id, ";
const RELATIONS = {
  purchases: ["purchase", "placed_at", `${OWNED}number, status, placed_at, total, currency, channel`, purchase],
  tickets: ["ticket", "opened_at", `${OWNED}number, subject, status, priority, opened_at`, ticket],
  interactions: [
    "interaction",
    "occurred_at",
    `${OWNED}channel, direction, subject, content, occurred_at`,
    interaction,
  ],
  documents: ["document", "modified_at", `${OWNED}name, kind, media_type, size_bytes, modified_at`, file],
  campaigns: ["campaign_membership", "sent_at", "status, sent_at, campaign_source, campaign_ref", membership],
};
const CUSTOMER =
  "id, kind, name, given_name, family_name, language, lifecycle_stage, tags, created_at, emails, phones, addresses";

export const relations = Object.keys(RELATIONS);

/** The options of a pool of connections, as many as the gateway has. */
export function poolOptions(connectionString) {
  return { connectionString, max: 16 };
}

/** A function from customers' keys to a connection for each, in the order of the keys. */
export function relation(pool, name) {
  const [table, newest, columns, make] = RELATIONS[name];
  const text = `
    SELECT x.*, k.n::int4 FROM unnest($1::uuid[]) WITH ORDINALITY AS k(id, n) CROSS JOIN LATERAL (
      SELECT ${columns} FROM ${table} AS e WHERE e.customer_id = k.id
      ORDER BY e.${newest} DESC NULLS LAST, e.source, e.record_id LIMIT $2
    ) AS x`;
  return async (keys, first) => {
    const { rows } = await pool.query({ name, text, values: [keys, first] });
    const found = keys.map(() => ({ nodes: [] }));
    for (const row of rows) found[row.n - 1].nodes.push(make(row));
    return found;
  };
}

/** The customers with some keys, in the order of the keys. */
export async function customers(pool, keys) {
  const text = `SELECT ${CUSTOMER} FROM customer WHERE id = ANY($1::uuid[])`;
  const { rows } = await pool.query({ name: "customer", text, values: [keys] });
  const found = new Map(rows.map((row) => [row.id, customer(row)]));
  return keys.map((key) => found.get(key) ?? null);
}

/** The campaigns with some keys, in the order of the keys. */
export async function campaigns(pool, keys) {
  const text =
    "SELECT source, record_id, name, kind FROM campaign WHERE (source, record_id) IN" +
    " (SELECT * FROM unnest($1::text[], $2::text[]))";
  const values = [keys.map((key) => key.source), keys.map((key) => key.ref)];
  const { rows } = await pool.query({ name: "campaign", text, values });
  const found = new Map(rows.map((row) => [`${row.source} ${row.record_id}`, row]));
  return keys.map((key) => found.get(`${key.source} ${key.ref}`));
}

/** A page of customers, the newest first. */
export async function page(pool, { where, first, after }) {
  const conditions = ["superseded_by IS NULL"];
  const values = [];
  if (where.createdAt) conditions.push(`created_at <= $${values.push(where.createdAt.lte)}`);
  if (where.lifecycleStage) conditions.push(`lifecycle_stage = $${values.push(where.lifecycleStage.eq)}`);
  if (after) {
    const [at, key] = Buffer.from(after, "base64").toString().split(" ");
    const [time, last] = [`$${values.push(at)}`, `$${values.push(key)}`];
    conditions.push(`created_at <= ${time} AND (created_at < ${time} OR created_at = ${time} AND id > ${last})`);
  }
  const text =
    `SELECT ${CUSTOMER} FROM customer WHERE ${conditions.join(" AND ")}` +
    ` ORDER BY created_at DESC NULLS LAST, id LIMIT $${values.push(first + 1)}`;
  const name = `page ${conditions.length} ${Boolean(after)}`;
  const { rows } = await pool.query({ name, text, values });
  const nodes = rows.slice(0, first).map(customer);
  const last = nodes.at(-1);
  const endCursor = last ? Buffer.from(`${last.createdAt} ${last.key}`).toString("base64") : null;
  return { nodes, pageInfo: { hasNextPage: rows.length > first, endCursor } };
}

/** The key of a customer from its global id. */
export function customerKey(id) {
  return id.slice("Customer:".length);
}

function globalId(...key) {
  return key.join(":");
}

function customer(row) {
  return {
    key: row.id,
    id: globalId("Customer", row.id),
    kind: row.kind,
    name: row.name,
    givenName: row.given_name,
    familyName: row.family_name,
    language: row.language,
    lifecycleStage: row.lifecycle_stage,
    tags: row.tags,
    createdAt: row.created_at?.toISOString(),
    emails: row.emails.map(({ address, label, is_primary: primary }) => ({ address, label, primary })),
    phones: row.phones,
    addresses: row.addresses,
  };
}

function purchase(row) {
  return {
    id: globalId("Purchase", row.source, row.record_id),
    number: row.number,
    status: row.status,
    placedAt: row.placed_at.toISOString(),
    total: { amount: row.total, currency: row.currency },
    channel: row.channel,
  };
}

function ticket(row) {
  return {
    id: globalId("Ticket", row.source, row.record_id),
    number: row.number,
    subject: row.subject,
    status: row.status,
    priority: row.priority,
    openedAt: row.opened_at.toISOString(),
  };
}

function interaction(row) {
  return {
    id: globalId("Interaction", row.source, row.record_id),
    channel: row.channel,
    direction: row.direction,
    subject: row.subject,
    content: row.content,
    occurredAt: row.occurred_at.toISOString(),
  };
}

function file(row) {
  return {
    id: globalId("Document", row.source, row.record_id),
    name: row.name,
    kind: row.kind,
    mediaType: row.media_type,
    sizeBytes: Number(row.size_bytes),
    modifiedAt: row.modified_at?.toISOString(),
  };
}

function membership(row) {
  return {
    status: row.status,
    sentAt: row.sent_at?.toISOString(),
    campaignKey: { source: row.campaign_source, ref: row.campaign_ref },
  };
}
