// Runs every audit of graphql-http against the URL given; prints what failed; exits 1 if any did.

import { serverAudits } from "graphql-http";

const url = process.argv[2];
if (!url) {
  console.error("usage: node audit.js URL");
  process.exit(2);
}

let passed = 0;
const audits = serverAudits({ url });
for (const audit of audits) {
  const result = await audit.fn();
  if (result.status === "ok") passed += 1;
  else console.log(`${result.status} ${audit.id} ${audit.name}: ${result.reason}`);
}
console.log(`${passed} of ${audits.length} audits passed`);
process.exit(passed === audits.length ? 0 : 1);
