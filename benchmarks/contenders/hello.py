"""The floor: the least that an ASGI application under uvicorn costs. It reads the body."""

from starlette.types import Receive, Scope, Send

from benchmarks.contenders.serving import arguments, run, serve

_BODY = b'{"data":{"hello":"world"}}'
_HEADERS = [
    (b"content-type", b"application/json"),
    (b"content-length", str(len(_BODY)).encode()),
]


async def hello(_scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the same to everything."""
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


if __name__ == "__main__":
    arguments()
    run(serve(hello))
