"""A fake Airbyte source: a program that keeps to the protocol, and refuses who does not.

    python source.py spec
    python source.py check|discover --config FILE
    python source.py read --config FILE --catalog FILE [--state FILE]

Its configuration says what it holds and how it behaves:

- `streams`: for each name `records`, `properties`, `sync_modes` and more of its description
- `token`: a secret that must be nowhere but in the configuration
- `state`: `STREAM`, `GLOBAL` or `LEGACY`; `every`: after so many records
- `down`: a file; while it exists, the source behind cannot be reached
- `quirks`: what it does besides, by the name of it
"""

import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def _say(kind: str, **more: Any) -> None:
    print(json.dumps({"type": kind, **more}, ensure_ascii=False), flush=True)


def _fail(failure_type: str, message: str) -> None:
    error = {"message": message, "failure_type": failure_type}
    _say("TRACE", trace={"type": "ERROR", "emitted_at": 0.0, "error": error})
    sys.exit(1)


def _files(words: list[str]) -> dict[str, Any]:
    """The files of the command line; others must not be able to read them."""
    found = {}
    for name, path in zip(words[::2], words[1::2], strict=True):
        file = Path(path)
        if stat.S_IMODE(file.stat().st_mode) != 0o600:
            _fail("config_error", f"{name} can be read by others")
        found[name.removeprefix("--")] = json.loads(file.read_bytes())
    return found


def _guard(config: dict[str, Any]) -> None:
    token = config.get("token")
    told = [*sys.argv, *os.environ.values()]
    if token and any(token in each for each in told):
        _fail("config_error", "a secret stands where it can be seen")
    if any(name.startswith("GATEWAY_") for name in os.environ):
        _fail("config_error", "the environment of the gateway is handed on")
    if config.get("down") and Path(config["down"]).exists():
        _fail("transient_error", f"nobody answers to {token}")


def _stream(name: str, about: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "properties": about.get("properties", {})}
    given: dict[str, Any] = {
        key: about[key] for key in ("namespace", "default_cursor_field") if key in about
    }
    return {
        "name": name,
        "json_schema": schema,
        "supported_sync_modes": about.get("sync_modes", ["full_refresh"]),
        "source_defined_cursor": about.get("source_defined_cursor", False),
        **given,
    }


def _check(config: dict[str, Any]) -> None:
    if config.get("quirks", {}).get("refuses"):
        status = {"status": "FAILED", "message": f"wrong key {config['token']}"}
    else:
        status = {"status": "SUCCEEDED"}
    _say("CONNECTION_STATUS", connectionStatus=status)


def _asked(config: dict[str, Any], catalog: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The one stream that is asked for; whatever does not fit the discovery is refused."""
    (configured,) = catalog["streams"]
    name = configured["stream"]["name"]
    about = config["streams"].get(name)
    if about is None or configured["stream"] != _stream(name, about):
        _fail("config_error", f"there is no such stream: {name}")
    modes = {"append", "overwrite", "append_dedup"}
    if configured["sync_mode"] not in about.get("sync_modes", ["full_refresh"]):
        _fail("config_error", "the stream cannot be read so")
    if configured["destination_sync_mode"] not in modes:
        _fail("config_error", "destination_sync_mode is missing")
    if configured["sync_mode"] == "incremental" and not configured["cursor_field"]:
        _fail("config_error", "cursor_field is missing")
    return name, configured


def _state(kind: str, name: str, value: dict[str, Any]) -> dict[str, Any]:
    stream = {"stream_descriptor": {"name": name}, "stream_state": value}
    if kind == "STREAM":
        return {"type": kind, "stream": stream}
    if kind == "GLOBAL":
        return {"type": kind, "global": {"shared_state": {"lsn": 1}, "stream_states": [stream]}}
    return {"data": {name: value}}


def _given(state: Any, kind: str, name: str) -> dict[str, Any]:
    """The value of the state that was handed back, which must have the form that was sent."""
    if state is None:
        return {}
    if kind == "LEGACY":
        return dict(state[name])
    (message,) = state
    if message["type"] != kind:
        _fail("config_error", "this is no state of ours")
    stream = message["stream"] if kind == "STREAM" else message["global"]["stream_states"][0]
    return dict(stream["stream_state"])


def _read(config: dict[str, Any], catalog: dict[str, Any], state: Any = None) -> None:
    name, configured = _asked(config, catalog)
    kind, quirks = config.get("state", "STREAM"), config.get("quirks", {})
    given = _given(state, kind, name)
    records = config["streams"][name]["records"]
    is_incremental = configured["sync_mode"] == "incremental"
    if is_incremental and "seen" in given:
        field = configured["cursor_field"][0]
        records = [each for each in records if each[field] > given["seen"]]
    estimate = {"name": name, "type": "STREAM", "row_estimate": len(records)}
    _say("TRACE", trace={"type": "ESTIMATE", "emitted_at": 0.0, "estimate": estimate})
    _say("LOG", log={"level": "INFO", "message": "nothing to see here"})
    _say("LOG", log={"level": "ERROR", "message": f"could not renew {config.get('token')}"})
    _quirks(quirks)
    for number, data in enumerate(records, 1):
        _say("RECORD", record={"stream": name, "data": data, "emitted_at": 0})
        _say("RECORD", record={"stream": "another", "data": {"id": 0}, "emitted_at": 0})
        if is_incremental and number % config.get("every", 3) == 0:
            seen = {"seen": data[configured["cursor_field"][0]]}
            _say("STATE", state=_state(kind, name, seen))
        if quirks.get("progress"):
            Path(quirks["progress"]).write_text(str(number), "utf-8")
        if number == quirks.get("crash_after"):
            os._exit(quirks.get("code", 3))
        if number == quirks.get("fail_after"):
            _fail(quirks["failure_type"], f"no more for {config.get('token')}")
    if is_incremental and records:
        last = {"seen": records[-1][configured["cursor_field"][0]]}
        _say("STATE", state=_state(kind, name, last))


def _quirks(quirks: dict[str, Any]) -> None:
    for line in quirks.get("garbage", []):
        print(line, flush=True)
    if quirks.get("long_bytes"):
        data = {"record_id": "x" * quirks["long_bytes"]}
        _say("RECORD", record={"stream": "another", "data": data, "emitted_at": 0})
    if quirks.get("new_config"):
        control = {"type": "CONNECTOR_CONFIG", "connectorConfig": {"config": quirks["new_config"]}}
        _say("CONTROL", control=control)
    if quirks.get("child"):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        Path(quirks["child"]).write_text(f"{os.getpid()} {child.pid}", "utf-8")
    if quirks.get("silent_s"):
        time.sleep(quirks["silent_s"])
    for _ in range(quirks.get("flood", 0)):
        data = {"id": "x" * 1000}
        _say("RECORD", record={"stream": "another", "data": data, "emitted_at": 0})


def main() -> None:
    """Do one command."""
    verb, *words = sys.argv[1:]
    if verb == "spec":
        _say("SPEC", spec={"connectionSpecification": {"type": "object"}})
        return
    files = _files(words)
    config = files.pop("config")
    _guard(config)
    if verb == "check":
        _check(config)
    elif verb == "discover":
        streams = [_stream(name, about) for name, about in config["streams"].items()]
        _say("CATALOG", catalog={"streams": streams})
    else:
        _read(config, **files)


main()
