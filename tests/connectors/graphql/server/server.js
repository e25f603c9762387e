// A shop behind GraphQL Yoga: `node server.js DATA` prints its port. DATA is a JSON file with the
// schema (`sdl`), the flat records by entity, and the names that the schema has for the entities.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createSchema, createYoga } from "graphql-yoga";
import { GraphQLError } from "graphql";

const { sdl, records, types, lists, singles, relations } = JSON.parse(
  readFileSync(process.argv[2], "utf8"),
);
const columns = { PLACED: "placed_at", CHANGED: "changed" };
const bad = (message) => new GraphQLError(message, { extensions: { code: "BAD_USER_INPUT" } });

function connection(all, { first, after, sort, reverse }) {
  if (first == null || first > 250) throw bad("give `first`, at most 250");
  if (sort) {
    const key = (each) => each[columns[sort]];
    all = all.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
    if (reverse) all.reverse();
  }
  const start = after ? Number(Buffer.from(after, "base64").toString().slice(3)) + 1 : 0;
  if (Number.isNaN(start)) throw bad("Invalid cursor");
  const some = all.slice(start, start + first);
  const edges = some.map((node, n) => ({
    node,
    cursor: Buffer.from(`at:${start + n}`).toString("base64"),
  }));
  return {
    nodes: some,
    edges,
    pageInfo: {
      hasNextPage: start + first < all.length,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

function kept(each, { status, from, changed }) {
  return (
    (status == null || each.status === status) &&
    (from == null || each.placed_at >= from) &&
    (changed == null || each.changed >= changed)
  );
}

function chosen(each, where) {
  return Object.entries(where ?? {}).every(([name, { _in }]) => _in.includes(each[name]));
}

const query = {
  nodes(_, { ids }) {
    const every = new Map();
    for (const [entity, some] of Object.entries(records))
      for (const each of some) every.set(each.record_id, { ...each, __typename: types[entity] });
    return ids.map((id) => every.get(id) ?? null);
  },
};
const resolvers = { Query: query, Node: { __resolveType: (each) => each.__typename } };
for (const [entity, some] of Object.entries(records)) {
  query[lists[entity]] = (_, args) => connection(some.filter((each) => kept(each, args)), args);
  query[`${lists[entity]}_list`] = (_, { where, limit, offset }) =>
    some.filter((each) => chosen(each, where)).slice(offset ?? 0).slice(0, limit ?? undefined);
  query[singles[entity]] = (_, { record_id }) =>
    some.find((each) => each.record_id === record_id) ?? null;
  const relation = relations[entity];
  if (relation) {
    const owner = types[relation === "customer" ? "customer_record" : relation];
    resolvers[owner] ??= {};
    resolvers[owner][lists[entity]] = (parent, args) =>
      connection(some.filter((each) => each[`${relation}_ref`] === parent.record_id), args);
  }
}

const yoga = createYoga({
  schema: createSchema({ typeDefs: sdl, resolvers }),
  graphiql: false,
  landingPage: false,
  logging: false,
});
const server = createServer(yoga);
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit()).resume(); // It ends with who started it.
