// Apollo Server with DataLoader, as its documentation shows: NODE_ENV=production switches its landing
// page, introspection and stack traces off; its Fastify integration is the faster of its own servers.
// `node server.js DATABASE` prints the port.
import { ApolloServer } from "@apollo/server";
import fastifyApollo, { fastifyApolloDrainPlugin } from "@as-integrations/fastify";
import DataLoader from "dataloader";
import Fastify from "fastify";
import pg from "pg";

import { campaigns, customerKey, customers, page, poolOptions, relation, relations, schema } from "../shared/store.js";

const pool = new pg.Pool(poolOptions(process.argv[2]));
const loads = Object.fromEntries(relations.map((name) => [name, relation(pool, name)]));

/** A DataLoader for one relation; a request asks each of them for one page size. */
function related(name) {
  return new DataLoader(
    (keys) => loads[name](keys.map(({ key }) => key), keys[0].first),
    { cacheKeyFn: ({ key, first }) => `${key} ${first}` },
  );
}

function context() {
  const loaders = Object.fromEntries(relations.map((name) => [name, related(name)]));
  loaders.customer = new DataLoader((keys) => customers(pool, keys));
  loaders.campaign = new DataLoader((keys) => campaigns(pool, keys), {
    cacheKeyFn: ({ source, ref }) => `${source} ${ref}`,
  });
  return { loaders };
}

const fields = relations.map((name) => [
  name,
  (parent, { first }, { loaders }) => loaders[name].load({ key: parent.key, first }),
]);
const app = Fastify();
const apollo = new ApolloServer({
  typeDefs: schema,
  resolvers: {
    Query: {
      customer: (_, { by }, { loaders }) => loaders.customer.load(customerKey(by.id)),
      customers: (_, given) => page(pool, given),
    },
    Customer: Object.fromEntries(fields),
    CampaignMembership: { campaign: (parent, _, { loaders }) => loaders.campaign.load(parent.campaignKey) },
  },
  plugins: [fastifyApolloDrainPlugin(app)],
});

await apollo.start();
await app.register(fastifyApollo(apollo), { context: async () => context() });
await app.listen({ host: "127.0.0.1", port: 0 });
console.log(app.server.address().port);
process.on("SIGTERM", () => process.exit());
