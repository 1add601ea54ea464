"""The only writers: verbs, each one sentence in one transaction, whose last word is to the event log.

A service opens its transaction with `atomic(durable=True)`; what several services share are the plain functions that
return a row and the events to append. Lock order: domain rows first, the log's counter last.
"""
