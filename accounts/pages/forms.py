"""What people fill in about houses, clients, projects and guests. The rules are the services'; these check shape."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import colors
from accounts.models import Client, Organization, Project, ProjectMember, User
from accounts.workflows import verb_towards

# The platform's admins are made from people who are here already, never by a letter.
GUEST_ROLES = [(value, label) for value, label in User.Role.choices if value != User.Role.ADMIN]


def one_line(label: str, *, most: int, required: bool = True, hint: str = "", **attrs: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=most,
        required=required,
        help_text=hint,
        widget=forms.TextInput(attrs={"autocomplete": "off", **attrs}),
    )


def address(label: str = "E-mail", *, required: bool = True, hint: str = "") -> forms.EmailField:
    return forms.EmailField(
        label=label,
        max_length=254,
        required=required,
        help_text=hint,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


class OrganizationForm(forms.Form):
    name = one_line("Name", most=200)


class AddMemberForm(forms.Form):
    email = address(hint="Somebody without an account gets an invitation by mail.")
    role = forms.ChoiceField(choices=User.Role.choices, initial=User.Role.LINGUIST)


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=User.Role.choices)


class ClientForm(forms.Form):
    """`organizations` are those in which the viewer makes clients."""

    name = one_line("Name", most=200)
    organization = forms.ModelChoiceField(
        label="Organisation", queryset=Organization.objects.none(), required=False, empty_label="None"
    )
    contact_email = address("Contact", required=False, hint="Whom to write to about this client.")
    notes = forms.CharField(required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, organizations: Any, may_have_none: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["organization"]
        assert isinstance(choice, forms.ModelChoiceField)  # noqa: S101  (three lines up)
        choice.queryset = organizations
        choice.required = not may_have_none
        if not may_have_none:
            choice.empty_label = None


class ClientDetailsForm(forms.Form):
    name = one_line("Name", most=200)
    contact_email = address("Contact", required=False, hint="Whom to write to about this client.")
    notes = forms.CharField(required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3}))

    @classmethod
    def of(cls, client: Client) -> ClientDetailsForm:
        return cls(initial={"name": client.name, "contact_email": client.contact_email, "notes": client.notes})


class ManagerForm(forms.Form):
    """`people` are the project managers of the client's house who do not look after it yet."""

    user = forms.ModelChoiceField(
        label="Project manager", queryset=User.objects.none(), empty_label="Choose a project manager"
    )

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["user"]
        assert isinstance(choice, forms.ModelChoiceField)  # noqa: S101  (declared above)
        choice.queryset = people


class TeamForm(forms.Form):
    name = one_line("Name of the team", most=200)


class TeamMemberForm(forms.Form):
    """`people` are those the viewer may put into a team."""

    user = forms.ModelChoiceField(label="Person", queryset=User.objects.none(), empty_label="Choose a person")

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["user"]
        assert isinstance(choice, forms.ModelChoiceField)  # noqa: S101  (declared above)
        choice.queryset = people


def color_choices(now: str = "") -> list[tuple[str, SafeString | str]]:
    """The marks, and the colour that a program named."""
    swatch = '<span class="mark mark--mid mark--{}" aria-hidden="true"></span>{}'
    marks = [
        (key, format_html(swatch, key.removeprefix("mark-"), name))
        for key, name in zip(colors.MARKS, colors.NAMES, strict=True)
    ]
    own = [(now, f"As it is, {now}")] if now and now not in colors.MARKS else []
    return [*marks, *own]


class ProjectForm(forms.Form):
    name = one_line("Name", most=255)
    description = forms.CharField(required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3}))
    color = forms.ChoiceField(label="Colour", required=False, choices=color_choices, widget=forms.RadioSelect)


class ProjectDetailsForm(ProjectForm):
    """`statuses` are the present one and those a move leads to from there; archiving has its own button."""

    status = forms.ChoiceField(label="State")

    def __init__(self, *args: Any, statuses: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["status"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101  (three lines up)
        choice.choices = statuses
        if len(statuses) < 2:
            del self.fields["status"]

    @classmethod
    def of(cls, project: Project, data: Any = None) -> ProjectDetailsForm:
        now = project.status
        shelf = Project.Status.ARCHIVED
        statuses = (
            []
            if now == shelf
            else [
                (value, str(label))
                for value, label in Project.Status.choices
                if value == now or (value != shelf and verb_towards(value, now=now))
            ]
        )
        shown = {"name": project.name, "description": project.description, "color": project.color, "status": now}
        form = cls(data, initial=shown, statuses=statuses)
        color = form.fields["color"]
        assert isinstance(color, forms.ChoiceField)  # noqa: S101  (a few lines up)
        color.choices = color_choices(project.color)
        return form

    def wanted(self) -> dict[str, str]:
        """Without a choice of colour it keeps the one it has."""
        said = dict(self.cleaned_data)
        return said if said["color"] else {name: value for name, value in said.items() if name != "color"}


class CollaboratorForm(forms.Form):
    email = address(hint="They get a letter with a link. Nothing changes until they accept.")
    role = forms.ChoiceField(choices=ProjectMember.Role.choices, initial=ProjectMember.Role.COLLABORATOR)


class CollaboratorRoleForm(forms.Form):
    role = forms.ChoiceField(choices=ProjectMember.Role.choices)


class GuestForm(forms.Form):
    """A place in the studio, and in one of its houses when one is chosen."""

    email = address()
    name = one_line("Name", most=150, required=False, hint="As the letter greets them. They can change it.")
    role = forms.ChoiceField(choices=GUEST_ROLES, required=False, initial=User.Role.CLIENT)
    organization = forms.ModelChoiceField(
        label="Organisation",
        queryset=Organization.objects.filter(is_active=True),
        required=False,
        empty_label="None yet",
    )

    def promise(self) -> dict[str, Any]:
        return {**self.cleaned_data, "role": self.cleaned_data["role"] or User.Role.CLIENT}


class JoinForm(forms.Form):
    """What a guest without an account adds to what was promised: a name and a password."""

    name = forms.CharField(max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        max_length=4096,
        strip=False,
        help_text="At least 12 characters. A sentence is easy to remember and hard to guess.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
