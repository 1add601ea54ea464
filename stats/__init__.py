"""Questions over time: turns, tokens, cost. It looks on; nothing in the dashboard waits for it."""
