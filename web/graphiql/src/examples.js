// The example tabs: every examples/queries/*.graphql, with the variables of the .json beside it.

const documents = import.meta.glob("../../../examples/queries/*.graphql", {
  query: "?raw",
  import: "default",
  eager: true,
});
const variables = import.meta.glob("../../../examples/queries/*.json", {
  query: "?raw",
  import: "default",
  eager: true,
});

export const examples = Object.keys(documents)
  .sort()
  .map((path) => ({
    query: documents[path],
    variables: variables[path.replace(/\.graphql$/, ".json")] ?? "",
  }));
