"""What the demo prints when it is ready."""

from importlib.metadata import version

from gateway.demo.access import CRM_TOKEN, DESK_PASSWORD, DESK_USER, VISITORS

_QUESTION = (
    '{"query": "{ customer(by: {email: \\"lin.wang@example.com\\"}) '
    '{ name purchases(first: 3) { edges { node { number total { amount currency } } } } } }"}'
)


def welcome(address: str, *, crm_url: str, desk_url: str, configuration: str, data: str) -> str:
    """Where to go, and how to look behind the scenes."""
    keys = "\n".join(f"  {each.role:<10} {each.key}" for each in VISITORS)
    return f"""
Customer 360 {version("customer360-gateway")} is ready: 2,000 customers in five systems.

  GraphiQL   {address}/graphql
             open it in a browser; the tabs hold examples, Ctrl-Enter runs one

  curl -s {address}/graphql -H 'content-type: application/json' \\
    -d '{_QUESTION}'

Who may see what: without a key you are an agent. Choose another role under "View as" in GraphiQL,
or send a key as 'authorization: Bearer …', and rows vanish, values are masked, fields are gone:
{keys}

Behind it:
  shop       {data}/shop/shop.db (SQLite)
  crm        curl -H 'authorization: Bearer {CRM_TOKEN}' {crm_url}/api/v2/parties
  desk       curl -u {DESK_USER}:{DESK_PASSWORD} {desk_url}/v1/tickets
  mailing    {data}/mailing (CSV and Parquet)
  documents  {data}/documents (PDF, Word, text)
  configured in {configuration}

See how the answer bears a system that fails: in another terminal, with the same command,
  --break desk=blackhole   (or down, delay, 429, 500, html … ; crm too; documents=down)
  --break desk=none        heals it

Ctrl-C stops everything. The next start finds the same data; --reset makes them anew.
"""
