"""What runs beside the requests of a serving process: the hub of the event log, its clock, and what waits on both."""
