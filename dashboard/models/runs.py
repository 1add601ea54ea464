"""What a perspt session consists of, as its store tells it: nodes, edges, energy, requests, branches, records."""

from django.db import models

from dashboard.models.roster import AgentSession


class Store(models.Model):
    """A `perspt.db`: how far it was read, when, and what is wrong with it."""

    path = models.CharField(max_length=1000, unique=True)
    layout = models.PositiveSmallIntegerField(null=True, blank=True)
    storage_version = models.PositiveIntegerField(null=True, blank=True)
    fingerprint = models.CharField(max_length=200, blank=True)
    cursors = models.JSONField(default=dict, blank=True)
    zone_offset = models.IntegerField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    trouble = models.TextField(blank=True)
    trouble_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.path


class Run(models.Model):
    """A perspt session and its kept totals, so that no page scans."""

    session = models.OneToOneField(AgentSession, models.CASCADE, related_name="run")
    store = models.ForeignKey(Store, models.CASCADE, related_name="runs")
    task = models.TextField(blank=True)
    working_dir = models.TextField(blank=True)
    merkle_root = models.CharField(max_length=200, blank=True)
    toolchain = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True)
    last_activity_at = models.DateTimeField(null=True, blank=True)
    nodes_total = models.PositiveIntegerField(default=0)
    nodes_completed = models.PositiveIntegerField(default=0)
    nodes_running = models.PositiveIntegerField(default=0)
    nodes_failed = models.PositiveIntegerField(default=0)
    nodes_escalated = models.PositiveIntegerField(default=0)
    nodes_queued = models.PositiveIntegerField(default=0)
    llm_calls = models.PositiveIntegerField(default=0)
    tokens_in = models.BigIntegerField(default=0)
    tokens_out = models.BigIntegerField(default=0)
    estimated_tokens_in = models.BigIntegerField(default=0)
    estimated_tokens_out = models.BigIntegerField(default=0)
    unreported_calls = models.PositiveIntegerField(default=0)
    latency_ms_sum = models.BigIntegerField(default=0)
    energy_count = models.PositiveIntegerField(default=0)
    energy_sum = models.FloatField(default=0)
    energy_min = models.FloatField(null=True, blank=True)
    energy_max = models.FloatField(null=True, blank=True)
    energy_last = models.FloatField(null=True, blank=True)
    progress_source = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return f"run of {self.session_id}"


class RunRow(models.Model):
    """A row of one of the store's tables; `row_id` is its number there."""

    row_id = models.BigIntegerField()
    node_id = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class Node(models.Model):
    """A node as it is now: the newest snapshot, or what the plan, edges and steps tell; `state_source` says which."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="nodes")
    node_id = models.CharField(max_length=500)
    state = models.CharField(max_length=40, blank=True)
    raw_state = models.CharField(max_length=200, blank=True)
    state_source = models.CharField(max_length=40, blank=True)
    v_total = models.FloatField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    node_class = models.CharField(max_length=200, blank=True)
    owner_plugin = models.CharField(max_length=200, blank=True)
    goal = models.TextField(blank=True)
    parent_id = models.CharField(max_length=500, blank=True)
    children = models.JSONField(default=list, blank=True)
    last_error = models.TextField(blank=True)
    committed_at = models.DateTimeField(null=True, blank=True)
    first_seen_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "node_id"], name="node_once_per_run")]
        indexes = [
            models.Index(fields=["run", "position", "id"], name="node_as_planned"),
            models.Index(fields=["run", "state"], name="node_by_state"),
        ]

    def __str__(self) -> str:
        return f"node {self.node_id}"


class NodeState(RunRow):
    """A snapshot of a node; never changed. `data` holds the columns that the node shows only in their newest form."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="node_states")
    state = models.CharField(max_length=200, blank=True)
    v_total = models.FloatField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    merkle_hash = models.CharField(max_length=200, blank=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "row_id"], name="node_state_once_per_run")]
        indexes = [models.Index(fields=["run", "node_id", "at"], name="node_state_by_node")]

    def __str__(self) -> str:
        return f"{self.node_id} {self.state}"


class Edge(models.Model):
    """The parent must finish before the child. An end may be a node that no other table knows."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="edges")
    row_id = models.BigIntegerField()
    parent_node_id = models.CharField(max_length=500)
    child_node_id = models.CharField(max_length=500)
    edge_type = models.CharField(max_length=100)
    at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "row_id"], name="edge_once_per_run")]
        indexes = [models.Index(fields=["run", "at"], name="edge_by_time")]

    def __str__(self) -> str:
        return f"{self.parent_node_id} before {self.child_node_id}"


class EnergySample(RunRow):
    """One verification of a node. None stands for a number that is none."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="energy")
    v_syn = models.FloatField(null=True, blank=True)
    v_str = models.FloatField(null=True, blank=True)
    v_log = models.FloatField(null=True, blank=True)
    v_boot = models.FloatField(null=True, blank=True)
    v_sheaf = models.FloatField(null=True, blank=True)
    v_total = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "row_id"], name="energy_once_per_run")]
        indexes = [
            models.Index(fields=["run", "at", "id"], name="energy_by_time"),
            models.Index(fields=["run", "node_id", "at"], name="energy_by_node"),
        ]

    def __str__(self) -> str:
        return f"energy {self.v_total} of {self.node_id}"


class LlmRequest(RunRow):
    """One model request. Lists leave prompt and response out: `defer("prompt", "response")`."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="llm_requests")
    model = models.CharField(max_length=300, blank=True)
    tokens_in = models.BigIntegerField(default=0)
    tokens_out = models.BigIntegerField(default=0)
    latency_ms = models.BigIntegerField(default=0)
    prompt = models.TextField(blank=True)
    response = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "row_id"], name="llm_request_once_per_run")]
        indexes = [
            models.Index(fields=["run", "at", "id"], name="llm_request_by_time"),
            models.Index(fields=["run", "node_id"], name="llm_request_by_node"),
            models.Index(fields=["run", "model"], name="llm_request_by_model"),
        ]

    def __str__(self) -> str:
        return f"request {self.row_id} to {self.model}"


class Branch(models.Model):
    """Speculative work on a node, and what became of it."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="branches")
    row_id = models.BigIntegerField()
    branch_id = models.CharField(max_length=500)
    node_id = models.CharField(max_length=500)
    parent_node_id = models.CharField(max_length=500)
    state = models.CharField(max_length=200)
    parent_seal_hash = models.CharField(max_length=200, blank=True)
    sandbox_dir = models.TextField(blank=True)
    at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "row_id"], name="branch_once_per_run")]
        indexes = [
            models.Index(fields=["run", "at"], name="branch_by_time"),
            models.Index(fields=["run", "node_id"], name="branch_by_node"),
            models.Index(fields=["branch_id"], name="branch_by_its_id"),
        ]

    def __str__(self) -> str:
        return f"{self.branch_id} {self.state}"


class Budget(models.Model):
    """What a session may use and has used; None is no limit."""

    run = models.OneToOneField(Run, models.CASCADE, related_name="budget")
    max_steps = models.BigIntegerField(null=True, blank=True)
    steps_used = models.BigIntegerField(default=0)
    max_revisions = models.BigIntegerField(null=True, blank=True)
    revisions_used = models.BigIntegerField(default=0)
    max_cost_usd = models.FloatField(null=True, blank=True)
    cost_used_usd = models.FloatField(default=0)
    updated_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"budget of {self.run_id}"


class StepRecord(RunRow):
    """A step of the orchestration; `at` is its end."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="steps")
    step = models.CharField(max_length=200)
    outcome = models.CharField(max_length=200)
    energy = models.JSONField(null=True, blank=True)
    parse_state = models.CharField(max_length=200, blank=True)
    retry_classification = models.CharField(max_length=200, blank=True)
    attempts = models.BigIntegerField(default=0)
    duration_ms = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "row_id"], name="step_once_per_run")]
        indexes = [
            models.Index(fields=["run", "at", "id"], name="step_by_time"),
            models.Index(fields=["run", "node_id"], name="step_by_node"),
        ]

    def __str__(self) -> str:
        return f"{self.step} of {self.node_id}: {self.outcome}"


class RunRecord(RunRow):
    """A row of any other table: `kind` is the table, `data` every column, JSON texts as structure.

    A text that should be JSON and is not stays text, and its column is named in `data["broken"]`.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="records")
    kind = models.CharField(max_length=40)
    ok = models.BooleanField(null=True, blank=True)
    headline = models.TextField(blank=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "kind", "row_id"], name="record_once_per_run")]
        indexes = [
            models.Index(fields=["run", "at", "id"], name="record_by_time"),
            models.Index(fields=["run", "kind", "at"], name="record_by_kind"),
            models.Index(fields=["run", "node_id"], name="record_by_node"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.row_id}"
