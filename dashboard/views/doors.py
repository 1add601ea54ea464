"""The doors for people: sign in, sign out, and the page of a first start."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model, password_validation
from django.contrib.auth import logout as sign_out
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from ninja.utils import check_csrf

from dashboard.access.actors import DOOR, LAUNCH, alone, who
from dashboard.access.errors import TooMany, problem
from dashboard.access.launch import key, locked
from dashboard.access.signin import (
    RESERVED,
    create_first_admin,
    has_accounts,
    local_path,
    plain_http_refusal,
    sign_in,
)
from dashboard.ingest.text import storable
from dashboard.services.actor import Actor
from dashboard.services.errors import Forbidden, Refused
from dashboard.views.clock import now

SENT_BY_BROWSERS = ("Origin", "Referer", "Sec-Fetch-Site")


class SignInForm(forms.Form):
    """A name is left out where the shared password alone opens."""

    username = forms.CharField(required=False, max_length=150)
    password = forms.CharField(strip=False, max_length=4096)
    next = forms.CharField(required=False, max_length=2000)


class FirstAdminForm(forms.Form):
    username = forms.CharField(max_length=150, validators=[User.username_validator])
    password = forms.CharField(strip=False, max_length=4096)
    password_again = forms.CharField(strip=False, max_length=4096)

    def clean_username(self) -> str:
        name = str(get_user_model().normalize_username(self.cleaned_data["username"]))
        if name.split("@", 1)[0].lower() in RESERVED:
            raise ValidationError("This name means something else here; choose another.")
        return name

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        password = given.get("password", "")
        if password and password != given.get("password_again"):
            self.add_error("password_again", "The two passwords differ.")
        elif password:
            try:
                password_validation.validate_password(password, User(username=given.get("username", "")))
            except ValidationError as weak:
                self.add_error("password", weak)
        return given


@never_cache
@csrf_exempt  # checked by `_sign_in`, where a browser sends it: perspt's own scripts send a password and nothing else
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    if alone():
        return HttpResponseRedirect("/") if who(request) else locked(request)
    if request.method == "POST":
        return _sign_in(request)
    if who(request) and "next" not in request.GET:
        return HttpResponseRedirect("/")
    return _login_page(request, local_path(request.GET.get("next", "")), error=plain_http_refusal(request))


def _sign_in(request: HttpRequest) -> HttpResponse:
    if any(name in request.headers for name in SENT_BY_BROWSERS) and (failure := check_csrf(request)):
        return failure
    form = SignInForm(request.POST)
    wanted = local_path(form.data.get("next", ""))
    if error := plain_http_refusal(request):
        return _login_page(request, wanted, form=form, error=error, status=403)
    if not form.is_valid():
        return _login_page(request, wanted, form=form, error="Give a password.", status=422)
    given = form.cleaned_data
    try:
        error = sign_in(request, username=storable(given["username"]), password=given["password"], now=now())
    except TooMany as slow:
        answer = _login_page(request, wanted, form=form, error=slow.message, status=slow.status)
        answer["Retry-After"] = str(slow.retry_after)
        return answer
    if error:
        return _login_page(request, wanted, form=form, error=error, status=401)
    return HttpResponseRedirect(wanted)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    sign_out(request)
    return HttpResponseRedirect("/")


@never_cache
@sensitive_post_parameters("password", "password_again")
@require_http_methods(["GET", "HEAD", "POST"])
def launch(request: HttpRequest) -> HttpResponse:
    """The page of the first start: make the first admin, or go on without one."""
    actor = who(request)
    if not alone():
        return HttpResponseRedirect("/" if actor else reverse("dashboard:login"))
    if actor is None:
        return locked(request)
    if request.session.get(DOOR) != LAUNCH:
        return HttpResponseRedirect("/")
    form = FirstAdminForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _create_first_admin(request, form, actor)
    status = 422 if request.method == "POST" else 200
    return render(request, "dashboard/access/launch.html", {"form": form}, status=status)


def _create_first_admin(request: HttpRequest, form: FirstAdminForm, actor: Actor) -> HttpResponse:
    name, password = form.cleaned_data["username"], form.cleaned_data["password"]
    try:
        if sentence := plain_http_refusal(request):
            raise Forbidden(sentence)
        create_first_admin(request, username=name, password=password, by=actor, now=now())
    except Refused as refused:
        context = {"form": form, "error": refused.message}
        return render(request, "dashboard/access/launch.html", context, status=refused.status)
    key.forget()
    return HttpResponseRedirect("/")


def admin_login(request: HttpRequest) -> HttpResponse:
    """Django's admin has a sign-in page of its own, without our limits: ours takes its place."""
    if getattr(request.user, "is_staff", False):
        return HttpResponseRedirect(reverse("admin:index"))
    if who(request):
        return problem(request, 403, "The admin pages are for accounts with the role admin.")
    return HttpResponseRedirect(f"{reverse('dashboard:login')}?next={reverse('admin:index')}")


def _login_page(
    request: HttpRequest, wanted: str, *, form: SignInForm | None = None, error: str = "", status: int = 200
) -> HttpResponse:
    accounts = has_accounts()
    context = {
        "form": form or SignInForm(),
        "next": wanted if wanted != "/" else "",
        "password_only": not accounts,
        "name_optional": accounts and bool(settings.SHARED_PASSWORD),
        "error": error,
    }
    return render(request, "dashboard/access/login.html", context, status=status)
