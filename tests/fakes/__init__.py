"""Stand-ins for what the product talks to: a model that follows a script, and the real agent run against it."""
