"""Whether contenders answer the same, which is looked at before anything is measured."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|[+-]\d\d:\d\d)")


def data_of(answer: Mapping[str, Any]) -> Any:
    """The data of an answer, with times as times: they may be written in several ways."""
    if answer.get("errors"):
        raise ValueError(f"an answer with errors: {answer['errors']}")
    return _plain(answer["data"])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, str) and _TIME.fullmatch(value):
        return datetime.fromisoformat(value)
    return value
