"""Facts that machines tell in numbers, written many requests at a time: agents, messages, lifecycle actions.

A request tells facts of one or several kinds, and all of it is stored or nothing. What a kind does is the same as the
service for one of them; here the rows are read and written in bulk, and the log is appended to once for the group.
"""

from dashboard.services.facts.agents import Agents
from dashboard.services.facts.group import Group, Kind, Sent, write_facts
from dashboard.services.facts.messages import Messages
from dashboard.services.facts.transients import Transients

__all__ = ["Agents", "Group", "Kind", "Messages", "Sent", "Transients", "write_facts"]
