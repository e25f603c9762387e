"""Channels of contact."""

from domain.channel import Channel
from schema.enumeration import enumeration

enumeration(
    Channel,
    "A way in which a company and a customer meet.",
    {
        "PHONE": "A telephone call with a person or department.",
        "EMAIL": "An e-mail.",
        "CHAT": "A chat on a web site or in a messenger.",
        "SMS": "A text message.",
        "SOCIAL": "A social network.",
        "STORE": "A shop.",
        "COUNTER": "A service counter.",
        "ONSITE": "A visit at the customer's place.",
        "FAX": "A fax.",
        "CALL_CENTER": "A call handled by a call centre.",
        "WEB": "A web site or form.",
        "MEETING": "A meeting, in person or by video.",
    },
)

__all__ = ["Channel"]
