"""Money: an exact amount with its currency."""

from decimal import Decimal

import strawberry

from schema.field import described


@strawberry.type(description="An exact amount of money.")
class Money:
    """An amount and its currency."""

    amount: Decimal = described("How much, in units of the currency.")
    currency: str = described("The currency by ISO 4217, such as `EUR`.")
