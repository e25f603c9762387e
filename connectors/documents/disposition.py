"""The header that makes a browser save a document instead of showing it."""

from urllib.parse import quote


def attachment(name: str) -> str:
    """RFC 6266: the name in UTF-8 for everyone, and a plain one for old clients."""
    plain = "".join(each if each.isascii() and each.isprintable() else "_" for each in name)
    plain = plain.replace("\\", "_").replace('"', "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
