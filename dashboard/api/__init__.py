"""JSON for machines, and for the console's own pages: what design calls the doors below `/api/`.

Every operation is asynchronous and does its database work at the desk, one hop each, so that whoever waits holds
neither a thread nor a connection. Answers are the rows of `selectors.rows` as they are; the schemas beside them
describe them (a test compares the two).
"""
