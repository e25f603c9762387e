"""What clients see: types, inputs, scalars, mutations, descriptions."""
