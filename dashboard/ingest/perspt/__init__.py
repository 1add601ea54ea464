"""perspt's session store, `perspt.db`: a DuckDB file that a running agent holds, read from private copies of it.

`snapshot` copies, `store` reads rows from the copy, `tables` says what they are, `values` and `vocabulary` what they
mean, `progress` what the nodes of a session really do. No database of ours, no clock.
"""
