// Hive Gateway on a supergraph that Mesh composes of the REST service, with the settings that its
// documentation has for production: NODE_ENV=production, JIT on, no page to try queries in.
// `node server.js DESK` composes, and prints the port.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { createGatewayRuntime } from "@graphql-hive/gateway";
import { useJIT } from "@graphql-mesh/plugin-jit";

function compose(desk) {
  const here = fileURLToPath(new URL(".", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "c360-hive-"));
  const file = join(folder, "supergraph.graphql");
  const options = { cwd: here, env: { ...process.env, DESK: desk }, stdio: "pipe" };
  execFileSync(process.execPath, ["node_modules/.bin/mesh-compose", "-c", "mesh.config.js", "-o", file], options);
  const supergraph = readFileSync(file, "utf8");
  rmSync(folder, { recursive: true });
  return supergraph;
}

const gateway = createGatewayRuntime({
  supergraph: compose(process.argv[2]),
  logging: "error",
  graphiql: false,
  landingPage: false,
  plugins: () => [useJIT()],
});
const server = createServer(gateway);
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.on("SIGTERM", () => process.exit());
