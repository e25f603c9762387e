import { defineConfig } from "vite";

export default defineConfig({
  // Relative addresses: the page works under any path that a proxy puts before it.
  base: "./",
  build: {
    outDir: "../../gateway/static/graphiql",
    emptyOutDir: true,
    assetsDir: "graphiql-assets",
    // The policy of the page allows no data: scripts or fonts, so everything is a file.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 8000,
    license: { fileName: "LICENSES.md" },
    target: "es2022",
    rolldownOptions: {
      // "use client" means nothing in a bundle, and eighty libraries say it.
      onLog(level, log, next) {
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") next(level, log);
      },
    },
  },
  worker: { format: "es" },
});
