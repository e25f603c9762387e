"""The names that APIs give to what we know by another name. All of them are guesses."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

_CREATED = (
    "createdat", "created", "createdon", "createdate", "createddate", "createdtime",
    "datecreated", "creationdate", "createtime", "insertedat", "registeredat", "addedat", "date",
)  # fmt: skip
_UPDATED = (
    "updatedat", "updated", "modifiedat", "modified", "lastmodified", "lastmodifiedat",
    "lastupdated", "updatedon", "modifiedon", "dateupdated", "datemodified", "updatetime",
    "modifiedtime", "lastmodifieddate", "changedat",
)  # fmt: skip
_CURRENCY = ("currency", "currencycode", "currencyiso", "totalcurrency", "amountcurrency")

CHANGED = _UPDATED
"""When a record last changed."""

FIELDS: Mapping[str, Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "customer": {
            "name": ("name", "fullname", "displayname", "companyname", "organizationname", "title"),
            "given_name": ("firstname", "givenname", "forename"),
            "family_name": ("lastname", "familyname", "surname"),
            "emails": ("email", "emailaddress", "emails", "emailaddresses", "mail", "primaryemail"),
            "phones": ("phone", "phonenumber", "phones", "phonenumbers", "mobile", "mobilephone",
                       "telephone", "cell", "tel"),
            "language": ("language", "locale", "lang", "preferredlanguage"),
            "tags": ("tags", "labels"),
            "owner": ("ownername", "owner", "assignedto"),
            "created_at": _CREATED,
            "updated_at": _UPDATED,
        },
        "purchase": {
            "number": ("number", "ordernumber", "invoicenumber", "reference", "receiptnumber",
                       "code", "name"),
            "status": ("status", "state", "orderstatus", "financialstatus", "paymentstatus"),
            "placed_at": ("placedat", "orderedat", "orderdate", "purchasedat", "purchasedate",
                          "invoicedate", "issuedat", "paidat", "processedat", *_CREATED),
            "total": ("total", "grandtotal", "totalamount", "totalprice", "amounttotal",
                      "ordertotal", "amount", "totalvalue", "amountpaid", "amountdue",
                      "totalgross", "price"),
            "currency": _CURRENCY,
            "channel": ("channel", "saleschannel", "sourcechannel"),
        },
        "ticket": {
            "number": ("number", "ticketnumber", "casenumber", "reference", "key"),
            "subject": ("subject", "title", "summary", "topic", "name", "description"),
            "kind": ("kind", "type", "category", "tickettype"),
            "status": ("status", "state"),
            "priority": ("priority", "urgency", "severity"),
            "channel": ("channel", "via", "viachannel"),
            "queue": ("queue", "queuename", "group", "groupname", "team", "teamname"),
            "agent": ("assigneename", "agentname", "ownername", "assignee", "agent", "owner"),
            "opened_at": ("openedat", "opened", "openeddate", "reportedat", *_CREATED),
            "first_responded_at": ("firstrespondedat", "firstresponseat", "firstreplyat"),
            "resolved_at": ("resolvedat", "solvedat", "closedat", "resolved", "closed"),
        },
        "product": {
            "name": ("name", "title", "productname", "displayname"),
            "sku": ("sku", "code", "articlenumber", "productcode"),
            "category": ("categoryname", "category", "producttype"),
            "price": ("price", "unitprice", "listprice", "priceamount"),
            "currency": (*_CURRENCY, "pricecurrency"),
        },
        "campaign": {
            "name": ("name", "title", "subject", "campaignname"),
            "channel": ("channel", "medium"),
            "starts_at": ("startsat", "startat", "startdate", "startedat", "sendtime", "sentat"),
            "ends_at": ("endsat", "endat", "enddate", "endedat"),
            "cost": ("cost", "actualcost", "budget", "budgetedcost"),
            "currency": _CURRENCY,
        },
        "document": {
            "name": ("name", "filename", "title", "displayname"),
            "media_type": ("mediatype", "mimetype", "contenttype"),
            "size_bytes": ("sizebytes", "size", "filesize", "bytes", "contentlength"),
            "modified_at": (*_UPDATED, *_CREATED),
        },
        "interaction": {
            "channel": ("channel", "medium", "type", "via"),
            "direction": ("direction",),
            "subject": ("subject", "title", "summary"),
            "content": ("content", "body", "text", "message", "note", "description"),
            "agent": ("agentname", "agent", "author", "authorname", "user"),
            "occurred_at": ("occurredat", "happenedat", "timestamp", "sentat", "startedat",
                            "starttime", *_CREATED),
        },
    }
)  # fmt: skip
"""For each entity and field the bare names that it may have, the likeliest first."""

FALLBACKS: Mapping[tuple[str, str], Any] = MappingProxyType(
    {
        ("ticket", "kind"): "INQUIRY",
        ("ticket", "status"): "OPEN",
        ("ticket", "subject"): "-",
        ("purchase", "status"): "PENDING",
        # ISO 4217: no currency.
        ("purchase", "currency"): "XXX",
        ("interaction", "channel"): "WEB",
    }
)
"""What a required field is where a record does not say it, or in words that nobody knows."""

_CHANNELS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "PHONE": ("phone", "voice", "call", "telephone"),
        "EMAIL": ("email", "mail"),
        "CHAT": ("chat", "livechat", "messaging", "whatsapp", "wechat"),
        "SMS": ("sms", "text"),
        "SOCIAL": ("social", "twitter", "facebook", "weibo"),
        "STORE": ("store", "pos", "in_store"),
        "WEB": ("web", "website", "portal", "api", "form", "online"),
        "MEETING": ("meeting", "visit", "event"),
    }
)

WORDS: Mapping[tuple[str, str], Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        ("purchase", "status"): {
            "PENDING": ("pending", "open", "new", "draft", "created", "unpaid", "processing",
                        "authorized", "on-hold", "partially_paid"),
            "PAID": ("paid", "succeeded", "captured", "settled", "success"),
            "SHIPPED": ("shipped", "fulfilled", "sent", "in_transit", "dispatched"),
            "COMPLETED": ("completed", "complete", "delivered", "closed", "done", "finished"),
            "CANCELLED": ("cancelled", "canceled", "void", "voided", "failed", "declined",
                          "expired", "uncollectible", "rejected"),
            "REFUNDED": ("refunded", "returned", "partially_refunded", "chargeback"),
        },
        ("ticket", "status"): {
            "NEW": ("new", "created", "unassigned"),
            "OPEN": ("open", "active", "in_progress", "assigned", "processing", "reopened"),
            "PENDING": ("pending", "waiting", "hold", "on_hold", "snoozed", "stalled"),
            "RESOLVED": ("resolved", "solved", "done", "completed", "fixed"),
            "CLOSED": ("closed", "cancelled", "canceled", "archived", "rejected", "deleted"),
        },
        ("ticket", "kind"): {
            "INQUIRY": ("inquiry", "question", "request"),
            "COMPLAINT": ("complaint", "problem", "incident", "bug"),
            "SERVICE_REQUEST": ("service_request", "task", "service"),
            "AFTER_SALES": ("after_sales", "return", "refund", "warranty"),
        },
        ("ticket", "priority"): {
            "LOW": ("low", "lowest", "minor", "trivial"),
            "NORMAL": ("normal", "medium", "default"),
            "HIGH": ("high", "major"),
            "URGENT": ("urgent", "critical", "highest", "emergency", "blocker"),
        },
        ("interaction", "direction"): {
            "INBOUND": ("inbound", "incoming", "in", "received"),
            "OUTBOUND": ("outbound", "outgoing", "out", "sent"),
        },
        ("purchase", "channel"): _CHANNELS,
        ("ticket", "channel"): _CHANNELS,
        ("campaign", "channel"): _CHANNELS,
        ("interaction", "channel"): _CHANNELS,
    }
)  # fmt: skip
"""For each enum the words that stand for its values."""

REFERENCES: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "customer": ("customer", "client", "contact", "requester", "buyer", "person", "user",
                     "account", "member", "subscriber", "organization", "company", "lead"),
        "purchase": ("order", "purchase", "invoice", "payment"),
        "product": ("product", "article"),
        "ticket": ("ticket", "case", "issue", "conversation"),
        "campaign": ("campaign",),
    }
)  # fmt: skip
"""The words for the other end of a relation."""

ADDRESS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "street": ("street", "line1", "address1", "streetaddress", "addressline1"),
        "city": ("city", "town", "locality"),
        "region": ("region", "state", "province"),
        "postal_code": ("postalcode", "zip", "zipcode", "postcode"),
        "country": ("country", "countrycode"),
    }
)
"""The parts of a postal address."""

ADDRESSES = ("address", "billingaddress", "shippingaddress", "defaultaddress", "mailingaddress")
"""Where postal addresses stand."""
