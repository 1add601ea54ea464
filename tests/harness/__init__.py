"""What tests start and stop: the console, PostgreSQL, Redis. Nothing here imports Django or the product."""
