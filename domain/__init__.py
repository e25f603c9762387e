"""What the words mean: entities, filters, orders, identity. Pure: no I/O, no framework."""
