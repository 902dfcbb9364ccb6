"""What a month costs. Pure and exact: Decimal throughout, rounded only where people read it."""
