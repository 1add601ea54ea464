"""What the pages' forms send: verdicts and answers, each bound to the digest that was shown."""

import re
from typing import TYPE_CHECKING, Any

from django import forms

from dashboard.enums import Scope
from dashboard.models import Question

if TYPE_CHECKING:
    from django.http import QueryDict

APPROVE, DENY, SESSION = "approve", "deny", "session"
NOTE_LENGTH = 4_000


class VerdictForm(forms.Form):
    """A yes or no. `sure` is the second yes that high risk asks for; `asked` says that the reason was asked for."""

    verdict = forms.ChoiceField(choices=[(word, word) for word in (APPROVE, DENY, SESSION)])
    digest = forms.RegexField(r"^[0-9a-f]{64}$")
    note = forms.CharField(required=False, max_length=NOTE_LENGTH)
    sure = forms.BooleanField(required=False)
    asked = forms.BooleanField(required=False)


class BulkForm(forms.Form):
    """One word on many approvals; which ones is read beside it, by `read_picks`."""

    verdict = forms.ChoiceField(choices=[(word, word) for word in (APPROVE, DENY)])
    note = forms.CharField(required=False, max_length=NOTE_LENGTH)
    sure = forms.BooleanField(required=False)


class AnswerForm(forms.Form):
    """An answer to a question, or its end without one."""

    verdict = forms.ChoiceField(choices=[("answer", "answer"), ("cancel", "cancel")])
    digest = forms.RegexField(r"^[0-9a-f]{64}$")
    sure = forms.BooleanField(required=False)


class ConnectForm(forms.Form):
    """Which computer a token is for."""

    host = forms.CharField(max_length=60)


class PatternsField(forms.CharField):
    """Patterns of agent names, with blanks, commas or lines between them."""

    def clean(self, value: Any) -> Any:
        return str(super().clean(value)).replace(",", " ").split()


class TokenForm(forms.Form):
    """A token of any sort."""

    name = forms.CharField(max_length=120)
    scopes = forms.MultipleChoiceField(choices=Scope.choices())
    agents = PatternsField(required=False, max_length=6_000)
    host = forms.CharField(required=False, max_length=60)


class TokenChangeForm(forms.Form):
    """What a token may do from now on, and why."""

    scopes = forms.MultipleChoiceField(choices=Scope.choices())
    agents = PatternsField(required=False, max_length=6_000)
    reason = forms.CharField(max_length=400)


class RevokeForm(forms.Form):
    reason = forms.CharField(max_length=400)


Given = dict[int, tuple[list[str], str]]


def read_answers(question: Question, data: "QueryDict") -> tuple[dict[str, str], Given]:
    """The answers by the question's text, and what was chosen and typed, to show it again.

    Only labels that were offered count as chosen; the own words follow them.
    """
    answers: dict[str, str] = {}
    given: Given = {}
    for number, part in enumerate(question.parts):
        offered = [option["label"] for option in part["options"]]
        chosen = [label for label in data.getlist(f"part-{number}") if label in offered]
        if not part["multi"]:
            chosen = chosen[:1]
        own = data.get(f"own-{number}", "").strip()[:NOTE_LENGTH]
        given[number] = (chosen, own)
        answers[part["question"]] = ", ".join([*chosen, *([own] if own else [])])
    return answers, given


PICK = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


def read_picks(data: "QueryDict") -> list[tuple[int, str]]:
    """The approvals that were picked, each with the digest it was shown with; what is no pick is left out."""
    found = (PICK.fullmatch(value) for value in data.getlist("pick"))
    return [(int(match[1]), match[2]) for match in found if match]


def first_problem(form: Any) -> str:
    """The first thing that is wrong with a form, as a sentence."""
    for field, problems in form.errors.items():
        return f"{field}: {problems[0]}"
    return "The form is not complete."
