"""The credentials of the demo's two HTTP systems: made up, and no secret."""

CRM_TOKEN = "demo-crm-token"  # noqa: S105 - guards invented data on this machine only
DESK_USER = "gateway"
DESK_PASSWORD = "demo-desk-password"  # noqa: S105 - guards invented data on this machine only
