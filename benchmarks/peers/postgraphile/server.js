// PostGraphile as its documentation shows it for production: the Amber preset on Grafserv's server for
// Node.js, no Ruru, no watching, no explaining, names of columns and keys as they are (V4 preset).
// `node server.js DATABASE` prints the port. NODE_ENV and GRAPHILE_ENV are `production`.
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { makeV4Preset } from "postgraphile/presets/v4";
import { pgSmartTagsFromFile } from "postgraphile/utils";
import { PostGraphileConnectionFilterPreset } from "postgraphile-plugin-connection-filter";

const preset = {
  extends: [
    PostGraphileAmberPreset,
    makeV4Preset({ dynamicJson: true, disableDefaultMutations: true }),
    PostGraphileConnectionFilterPreset,
  ],
  plugins: [pgSmartTagsFromFile(fileURLToPath(new URL("tags.json5", import.meta.url)))],
  pgServices: [
    makePgService({ connectionString: process.argv[2], schemas: ["public"], poolConfig: { max: 16 } }),
  ],
  schema: {
    // As the store's indexes are sorted.
    pgOrderByNullsLast: true,
  },
  grafast: { explain: false },
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
};

const serv = postgraphile(preset).createServ(grafserv);
const server = createServer();
server.on("error", (error) => {
  throw error;
});
await serv.addTo(server);
await serv.ready();
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.on("SIGTERM", () => process.exit());
