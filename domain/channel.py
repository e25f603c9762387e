"""Channels: the ways in which a company and a customer meet."""

import enum


class Channel(enum.StrEnum):
    """One way of contact."""

    PHONE = "PHONE"
    EMAIL = "EMAIL"
    CHAT = "CHAT"
    SMS = "SMS"
    SOCIAL = "SOCIAL"
    STORE = "STORE"
    COUNTER = "COUNTER"
    ONSITE = "ONSITE"
    FAX = "FAX"
    CALL_CENTER = "CALL_CENTER"
    WEB = "WEB"
    MEETING = "MEETING"
