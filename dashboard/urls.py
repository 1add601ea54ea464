"""The pages' addresses. Templates and tests use only the names."""

from django.urls import path, register_converter

from dashboard.views import (
    agents,
    bulk,
    connect,
    decisions,
    doors,
    health,
    lists,
    messages,
    metrics,
    now,
    palette,
    questions,
    queue,
    run_data,
    sessions,
    status,
    tokens,
)
from dashboard.views.converters import Ending, Tab

register_converter(Tab, "tab")
register_converter(Ending, "ending")

app_name = "dashboard"

urlpatterns = [
    path("", now.overview, name="now"),
    path("now/queue/", now.queue_part, name="now-queue"),
    path("now/roster/", now.roster_part, name="now-roster"),
    path("now/activity/", now.activity_part, name="now-activity"),
    path("now/nav/", now.nav_part, name="nav"),
    path("palette/", palette.palette, name="palette"),
    path("queue/bulk/", bulk.bulk, name="bulk"),
    path("queue/<int:pk>/", queue.item, name="queue-item"),
    path("queue/<int:pk>/resolve/", queue.resolve, name="resolve"),
    path("questions/", lists.questions, name="questions"),
    path("questions/<int:pk>/", questions.item, name="question"),
    path("questions/<int:pk>/answer/", questions.answer, name="answer"),
    path("decisions/", lists.decisions, name="decisions"),
    path("decisions/export.csv", decisions.export_csv, name="decisions-csv"),
    path("decisions/export.json", decisions.export_json, name="decisions-json"),
    path("sessions/", lists.sessions, name="sessions"),
    path("sessions/<path:external_id>/dag.json", run_data.graph, name="run-graph"),
    path("sessions/<path:external_id>/node/", run_data.node, name="run-node"),
    path("sessions/<path:external_id>/request/<int:pk>/", run_data.llm_request, name="run-request"),
    path("sessions/<path:external_id>/record/<int:pk>/", run_data.record, name="run-record"),
    path("sessions/<path:external_id>/export.json", run_data.export_json, name="run-json"),
    path("sessions/<path:external_id>/<slug:table>.<ending:ending>", run_data.export_table, name="run-table"),
    path("sessions/<path:external_id>/<tab:tab>/", sessions.tab, name="run"),
    path("sessions/<path:external_id>/", sessions.session, name="session"),
    path("agents/", lists.agents, name="agents"),
    path("agents/<str:name>/", agents.agent, name="agent"),
    path("agents/<str:name>/remove/", agents.remove, name="agent-remove"),
    path("messages/", messages.messages, name="messages"),
    path("messages/send/", messages.send, name="messages-send"),
    path("messages/read/", messages.read_all, name="messages-read"),
    path("reminders/<int:pk>/cancel/", messages.cancel_reminder, name="reminder-cancel"),
    path("status/", status.status, name="status"),
    path("connect/", connect.connect, name="connect"),
    path("connect/token/", connect.make, name="connect-token"),
    path("connect/token/<int:pk>/", connect.progress, name="connect-progress"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/new/", tokens.make, name="token-new"),
    path("tokens/<int:pk>/", tokens.token, name="token"),
    path("tokens/<int:pk>/change/", tokens.change, name="token-change"),
    path("tokens/<int:pk>/revoke/", tokens.revoke, name="token-revoke"),
    path("login/", doors.login, name="login"),
    path("logout/", doors.logout, name="logout"),
    path("launch/", doors.launch, name="launch"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]
