"""The JSON shape of each noun: in the snapshot, in frames and in API answers alike. Times are unix seconds or null."""

from datetime import datetime
from typing import Any

from dashboard.models import Agent, AgentSession, Approval, Command, Message, Question, Reminder, Transient

Row = dict[str, Any]


def unix(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def agent_row(agent: Agent) -> Row:
    """The roster row: `active_model`, flags and status text as hyperhive names them, and how we know it."""
    return {
        "name": agent.name,
        "parent": agent.parent.name if agent.parent else None,
        "runtime": agent.runtime,
        "host": agent.host,
        "state": agent.state,
        "running": agent.running,
        "paused": agent.paused,
        "failed": agent.failed,
        "needs_login": agent.needs_login,
        "needs_update": agent.needs_update,
        "silent": agent.silent,
        "status_text": agent.status_text or None,
        "status_set_at": unix(agent.status_set_at),
        "active_model": agent.model or None,
        "source": agent.seen_by,
        "seen_at": unix(agent.seen_at),
    }


def session_row(session: AgentSession) -> Row:
    return {
        "source": session.source,
        "external_id": session.external_id,
        "agent": session.agent.name,
        "title": session.title or None,
        "cwd": session.cwd or None,
        "model": session.model or None,
        "permission_mode": session.permission_mode or None,
        "state": session.state,
        "silent": session.silent,
        "status_text": session.status_text or None,
        "started_at": unix(session.started_at),
        "seen_at": unix(session.seen_at),
        "ended_at": unix(session.ended_at),
    }


def approval_row(approval: Approval) -> Row:
    return {
        "id": approval.pk,
        "agent": approval.agent.name,
        "session": approval.session.external_id if approval.session else None,
        "approval_kind": approval.approval_kind,
        "description": approval.description or None,
        "command": approval.command or None,
        "cwd": approval.cwd or None,
        "diff": approval.diff or None,
        "commit_ref": approval.commit_ref or None,
        "tool_name": approval.tool_name or None,
        "tool_input": approval.tool_input,
        "risk": approval.risk,
        "risk_reasons": approval.risk_reasons,
        "request_id": approval.request_id or None,
        "digest": approval.digest,
        "requested_at": unix(approval.asked_at),
        "deadline_at": unix(approval.deadline_at),
        "on_deadline": approval.on_deadline,
    } | _ending(approval)


def question_row(question: Question) -> Row:
    return {
        "id": question.pk,
        "asker": question.agent.name,
        "session": question.session.external_id if question.session else None,
        "question": question.question,
        "parts": question.parts,
        "options": option_labels(question),
        "multi": question.multi,
        "target": question.target or None,
        "default_answer": question.default_answer or None,
        "request_id": question.request_id or None,
        "digest": question.digest,
        "asked_at": unix(question.asked_at),
        "deadline_at": unix(question.deadline_at),
        "in_terminal": question.in_terminal,
        "answer": question.answer or None,
        "answers": question.answers,
    } | _ending(question)


def option_labels(question: Question) -> list[str]:
    """The labels of all options, in order; hyperhive's flat list."""
    return [option["label"] for part in question.parts for option in part["options"]]


def command_row(command: Command) -> Row:
    return {
        "id": command.pk,
        "verb": command.verb,
        "agent": command.agent.name if command.agent else None,
        "subject": command.subject or None,
        "operator": command.operator,
        "reason": command.reason,
        "before": command.before,
        "after": command.after,
        "status": command.status,
        "error": command.error or None,
        "issued_at": unix(command.issued_at),
        "resolved_at": unix(command.resolved_at),
        "resolved_by": command.resolved_by or None,
    }


def message_row(message: Message) -> Row:
    return {
        "id": message.pk,
        "from": message.sender,
        "to": message.recipient,
        "body": message.body,
        "at": unix(message.sent_at),
        "reply_to": message.reply_to_id,
        "thread": message.thread_id or message.pk,
        "actor": message.actor or None,
    }


def reminder_row(reminder: Reminder) -> Row:
    return {
        "id": reminder.pk,
        "owner": reminder.agent.name,
        "message": reminder.message,
        "due_at": unix(reminder.due_at),
        "status": reminder.status,
        "created_at": unix(reminder.created_at),
        "resolved_at": unix(reminder.resolved_at),
        "resolved_by": reminder.resolved_by or None,
    }


def transient_row(transient: Transient) -> Row:
    return {
        "name": transient.agent.name,
        "transient_kind": transient.transient_kind,
        "since_unix": unix(transient.since),
        "outcome": transient.outcome or None,
        "error": transient.error or None,
    }


def _ending(ask: Approval | Question) -> Row:
    return {
        "status": ask.status,
        "note": ask.note or None,
        "resolved_by": ask.resolved_by or None,
        "resolved_via": ask.resolved_via or None,
        "resolved_at": unix(ask.resolved_at),
        "redacted": ask.redacted,
    }
