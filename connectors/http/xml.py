"""XML that comes from outside, read without entities, definitions of types, or anything fetched."""

from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from connectors.contract import Malformed


def parsed(body: bytes, *, source: str, what: str) -> Element:
    """The root of a document; raises `Malformed` where it is none, or would be a bomb."""
    try:
        found: Element = fromstring(body, forbid_dtd=True)
    except DefusedXmlException as exc:
        text = f"{what} holds a definition of a type or an entity, which is not read"
        raise Malformed(source, text) from exc
    except (ParseError, ValueError, LookupError) as exc:
        raise Malformed(source, f"{what} is no whole XML: {exc}") from exc
    return found


def text_of(element: Element, path: str) -> str | None:
    """The text at a path below an element, without white space around; `None` where it is not."""
    found = element.findtext(path)
    return (found or "").strip() or None
