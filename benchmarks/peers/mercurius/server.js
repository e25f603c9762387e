// Mercurius as its documentation shows it for production: the JIT compiler on from the first
// request, loaders for all relations, no cache of loaded rows. `node server.js DATABASE` prints the port.
import Fastify from "fastify";
import mercurius from "mercurius";
import pg from "pg";

import { campaigns, customerKey, customers, page, poolOptions, relation, relations, schema } from "../shared/store.js";

const pool = new pg.Pool(poolOptions(process.argv[2]));
const app = Fastify();

/** A loader of mercurius: all customers of a level and of one page size in one statement. */
function related(name) {
  const load = relation(pool, name);
  return {
    loader: (queries) => load(queries.map(({ obj }) => obj.key), queries[0].params.first),
    opts: { cache: false },
  };
}

app.register(mercurius, {
  schema,
  jit: 1,
  graphiql: false,
  resolvers: {
    Query: {
      customer: async (_, { by }) => (await customers(pool, [customerKey(by.id)]))[0],
      customers: (_, given) => page(pool, given),
    },
  },
  loaders: {
    Customer: Object.fromEntries(relations.map((name) => [name, related(name)])),
    CampaignMembership: {
      campaign: {
        loader: (queries) => campaigns(pool, queries.map(({ obj }) => obj.campaignKey)),
        opts: { cache: false },
      },
    },
  },
});

await app.listen({ host: "127.0.0.1", port: 0 });
console.log(app.server.address().port);
process.on("SIGTERM", () => process.exit());
