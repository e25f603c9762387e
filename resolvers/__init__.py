"""How a field gets its value: plan resolvers, planner, executor, commands."""
