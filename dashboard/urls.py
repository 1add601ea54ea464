"""The pages' addresses. Templates and tests use only the names."""

from django.urls import path

from dashboard.views import (
    bulk,
    connect,
    decisions,
    doors,
    health,
    lists,
    metrics,
    now,
    palette,
    questions,
    queue,
    status,
    tokens,
)

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
    path("questions/<int:pk>/", questions.item, name="question"),
    path("questions/<int:pk>/answer/", questions.answer, name="answer"),
    path("decisions/", lists.decisions, name="decisions"),
    path("decisions/export.csv", decisions.export_csv, name="decisions-csv"),
    path("decisions/export.json", decisions.export_json, name="decisions-json"),
    path("sessions/", lists.sessions, name="sessions"),
    path("agents/", lists.agents, name="agents"),
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
