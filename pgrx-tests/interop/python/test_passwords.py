"""Passwords in docs/validation.md: no error shows one, and they are those of the normal form NFC."""

import json
import pickle
import traceback

import pytest
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError

from conftest import module, page, spec_models

SECRET = "hunter2"
LONG = SECRET * 11
GOOD = {"email": "n@example.com", "name": "N", "password": "long enough"}


@pytest.fixture(scope="module")
def app():
    return module("app", spec_models(), *page("validation.md"))


def shown(error):
    """All that an application could send or log of an error."""
    fields = error.errors()
    chain = []
    while error is not None:
        chain += [str(error), repr(error), *traceback.format_exception(error)]
        chain += [error.json(), json.dumps(error.errors(), default=repr)] if isinstance(error, ValidationError) else []
        error = error.__cause__ or error.__context__
    return "\n".join([repr(fields), *chain])


def wrong_forms(app):
    """Ways to go wrong with a password: a name, what is called, and the field at fault."""

    class Terms(app.Form):
        user: app.NewUser
        agreed: bool

    class Team(BaseModel):
        members: list[app.NewUser]
        leaders: dict[str, app.NewUser] = {}

    class NewPassword(BaseModel):
        """Without `Form`: the field's own type keeps the secret."""

        password: app.Password

    class FromObject:
        email, name, password = "n@example.com", "", SECRET

    short = {**GOOD, "password": SECRET}
    nameless = {"email": "n@example.com", "password": LONG[:20]}
    yield "too short", lambda: app.NewUser(**short), "password"
    yield "too long", lambda: app.NewUser(**{**GOOD, "password": LONG}), "password"
    yield "a NUL", lambda: app.NewUser(**{**GOOD, "password": LONG[:20] + "\0"}), "password"
    yield "a surrogate", lambda: app.NewUser(**{**GOOD, "password": LONG[:20] + "\ud800"}), "password"
    for wrong in ([SECRET], {SECRET: SECRET}, {"a": SECRET}, SECRET.encode() + b"\xff", 7):
        yield f"of type {type(wrong)}", lambda wrong=wrong: app.NewUser(**{**GOOD, "password": wrong}), "password"
    yield "strict", lambda: app.NewUser.model_validate({**GOOD, "password": [SECRET]}, strict=True), "password"
    yield "another field missing", lambda: app.NewUser(**nameless), "name"
    yield "another field wrong", lambda: app.NewUser(**{**short, "name": SECRET * 20}), "name"
    yield "no form", lambda: app.NewUser.model_validate(SECRET), None
    yield "a list", lambda: app.NewUser.model_validate([SECRET]), None
    yield "an object", lambda: app.NewUser.model_validate(FromObject(), from_attributes=True), "name"
    yield "JSON", lambda: app.NewUser.model_validate_json(json.dumps(short)), "password"
    yield "no JSON", lambda: app.NewUser.model_validate_json(json.dumps(short)[:-1]), None
    yield "an adapter", lambda: TypeAdapter(list[app.NewUser]).validate_python([short]), "password"
    yield "nested", lambda: Team(members=[short]), "password"
    yield "nested by key", lambda: Team(members=[], leaders={"a": nameless}), "name"
    yield "nested, and more is missing", lambda: Terms.model_validate({"user": short}), "agreed"
    yield "a form of another class", lambda: NewPassword(password=SECRET), "password"
    yield "a form of another class, type", lambda: NewPassword(password=[SECRET]), "password"


def test_no_error_shows_the_password(app):
    seen = set()
    for name, call, field in wrong_forms(app):
        with pytest.raises(ValidationError) as raised:
            call()
        seen.add(name)
        assert SECRET not in shown(raised.value), name
        # They still say what is wrong, and where.
        assert field in {problem["loc"][-1] if problem["loc"] else None for problem in raised.value.errors()}, name
        assert all(problem["msg"] and problem["type"] for problem in raised.value.errors()), name
    assert len(seen) == 22


def test_errors_say_what_is_wrong(app):
    with pytest.raises(ValidationError) as raised:
        app.NewUser(email="n", name="N", password=SECRET)
    found = [(problem["loc"], problem["type"], problem["msg"]) for problem in raised.value.errors()]
    assert found == [
        (("email",), "value_error", "Value error, not a valid e-mail address"),
        (("password",), "value_error", "Value error, shorter than 8 characters"),
    ]


def test_an_accepted_password_is_not_shown_by_chance(app):
    user = app.NewUser(**{**GOOD, "password": LONG[:20]})
    assert isinstance(user.password, SecretStr) and user.password.get_secret_value() == LONG[:20]
    for text in (repr(user), str(user), user.model_dump_json(), repr(user.model_dump())):
        assert SECRET not in text
    assert pickle.loads(pickle.dumps(user.password)) == user.password
    assert app.NewUser.model_json_schema()["properties"]["password"]["type"] == "string"


# What is given, and the form that is counted and stored; None if that is refused.
FORMS = [
    ("Ame\u0301lie-1", "Am\u00e9lie-1"),
    ("\u1100\u1161" * 24, "\uac00" * 24),  # 144 bytes as they are typed, 72 in NFC
    ("u\u0308\u0304" * 36, "\u01d6" * 36),
    ("\u212b" * 8, "\u00c5" * 8),
    ("\ufb01nd it now", "\ufb01nd it now"),  # not NFKC: a ligature stays one
    ("e\u0301" * 7, None),  # 14 code points as they are typed, 7 in NFC
    ("\u0958" * 12, "\u0915\u093c" * 12),  # NFC takes more
    ("\u0958" * 13, None),  # 39 bytes as they are typed, 78 in NFC
]


@pytest.mark.parametrize(("given", "stored"), FORMS)
def test_the_normal_form_counts(app, given, stored):
    if stored is None:
        with pytest.raises(ValidationError):
            app.NewUser(**{**GOOD, "password": given})
    else:
        assert app.NewUser(**{**GOOD, "password": given}).password.get_secret_value() == stored


def test_the_database_judges_forms_alike(app, database):
    database.set_bcrypt_cost(4)
    for number, (given, stored) in enumerate(FORMS):
        email = f"n{number}@example.com"
        create = "SELECT * FROM todo_create_user(%s, 'N', %s)"
        with database.connect() as client:
            try:
                client.execute(create, [email, given])
                accepted = True
            except Exception as error:
                assert getattr(error, "sqlstate", None) in ("22001", "22023"), error
                accepted = False
            assert accepted == (stored is not None), ascii(given)
            for form in filter(None, [given, stored] if accepted else []):
                login = client.execute("SELECT email FROM todo_authenticate(%s, %s)", [email, form])
                assert login.fetchall() == [(email,)], ascii(form)
