"""Grants, row-level security and module SQL, applied by the owner after every migration.

Rules measured in the engineering reference §5: the setting is read in a scalar sub-select so that
it is evaluated once; an empty scope shows no row; FORCE binds the owner too.
"""

from __future__ import annotations

from importlib import resources

from django.apps import AppConfig, apps
from django.conf import settings
from django.db import connections, models
from psycopg import sql

from .domain import TableRights

CENTRE = "(SELECT current_setting('app.centre', true)) = 'on'"
AGENCIES = (
    "(SELECT string_to_array(nullif(current_setting('app.agencies', true), ''), ',')::uuid[])"
)
USER = "(SELECT nullif(current_setting('app.user', true), '')::uuid)"


def own_apps() -> list[AppConfig]:
    """The installed apps that are Commonweal's, then those of plug-ins."""
    ours = [app for app in apps.get_app_configs() if app.name.startswith("commonweal.")]
    return ours + [app for app in apps.get_app_configs() if app.name in settings.PLUGINS]


def declared_models() -> list[type[models.Model]]:
    """Every concrete model of ours (with its automatic many-to-many tables)."""
    found: list[type[models.Model]] = []
    for app in own_apps():
        found.extend(app.get_models(include_auto_created=True))
    return found


def visible(rights: TableRights) -> str:
    """The policy expression: whose rows the present scope may see."""
    terms = [CENTRE]
    if rights.tenant:
        terms.append(f"{rights.tenant} = ANY({AGENCIES}::uuid[])")
    if rights.visible_when_null:
        terms.append(f"{rights.tenant} IS NULL")
    if rights.own_user:
        terms.append(f"{rights.own_user} = {USER}")
    return " OR ".join(terms)


def writable(rights: TableRights) -> str:
    """The policy expression of what may be written: narrower than what may be seen.

    A person writes rows of their own only where these belong to no agency, so that nobody enters
    another agency, or the centre, by a row that names them.
    """
    terms = [CENTRE]
    if rights.tenant:
        terms.append(f"{rights.tenant} = ANY({AGENCIES}::uuid[])")
    if rights.own_user:
        own = f"{rights.own_user} = {USER}"
        terms.append(f"({own} AND {rights.tenant} IS NULL)" if rights.tenant else own)
    return " OR ".join(terms)


def account_rows(column: str) -> str:
    """The policy expression of an account's rows. Without an account nobody has signed in yet: the
    door must be able to look for whoever knocks."""
    return f"{CENTRE} OR {column} = {USER} OR {USER} IS NULL"


# The sign-in library's tables about one account each; what they hold of others is secret.
LIBRARY_ACCOUNTS = {
    "account_emailaddress": "user_id",
    "mfa_authenticator": "user_id",
    "socialaccount_socialaccount": "user_id",
}


def _grants(rights: TableRights) -> str:
    if not rights.app_writes:
        return "SELECT"
    if rights.append_only:
        return "SELECT, INSERT" + (", DELETE" if rights.delete else "")
    return "SELECT, INSERT, UPDATE" + (", DELETE" if rights.delete else "")


def _append_only(table: str) -> list[str]:
    """Named so that a module's own trigger, whose message says more, comes first."""
    return [
        f"CREATE OR REPLACE TRIGGER zz_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION schema_refuse_change()"
    ]


def table_statements(model: type[models.Model], app_role: str) -> list[str]:
    """The SQL that gives one table its rights; repeatable."""
    table = f'"{model._meta.db_table}"'
    rights: TableRights | None = getattr(model, "rights", None)
    if rights is None:
        raise RuntimeError(f"{model._meta.label} declares neither @tenant nor @shared")
    statements = [
        f"REVOKE ALL ON {table} FROM {app_role}",
        f"GRANT {_grants(rights)} ON {table} TO {app_role}",
    ]
    if rights.append_only and not rights.delete:
        statements += _append_only(table)
    return statements + _policies(table, rights)


def _policies(table: str, rights: TableRights) -> list[str]:
    statements = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"DROP POLICY IF EXISTS scope ON {table}",
        f"DROP POLICY IF EXISTS reading ON {table}",
    ]
    if rights.account:
        own = account_rows(rights.account)
        check = CENTRE if rights.centre_writes else own
        policies = [f"CREATE POLICY scope ON {table} USING ({own}) WITH CHECK ({check})"]
    elif rights.tenant:
        seen, written = visible(rights), writable(rights)
        policies = [
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY scope ON {table} USING ({seen}) WITH CHECK ({written})",
        ]
    else:  # the owner, who migrates shared data, is not bound
        policies = [
            f"CREATE POLICY reading ON {table} FOR SELECT USING (true)",
            f"CREATE POLICY scope ON {table} USING ({CENTRE}) WITH CHECK ({CENTRE})",
        ]
    return statements + policies


def module_sql(app: AppConfig) -> str:
    """A module's schema.sql, or nothing."""
    path = resources.files(app.name) / "schema.sql"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def apply_rights(app_role: str, using: str = "owner") -> None:
    """Apply every table's rights and every module's SQL. Run by the owner; safe to repeat."""
    connection = connections[using]
    role = sql.Identifier(app_role).as_string(None)
    functions = resources.files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")
    statements: list[str] = [f"GRANT USAGE ON SCHEMA public TO {role}", functions]
    for app in own_apps():
        for model in app.get_models(include_auto_created=True):
            statements += table_statements(model, role)
    statements += [text for text in map(module_sql, own_apps()) if text.strip()]
    statements += _library_grants(role)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _library_grants(role: str) -> list[str]:
    """Tables of the libraries (sessions, sign-in): read and write, an account's rows its own."""
    ours = {app.name for app in own_apps()}
    statements = []
    for app in apps.get_app_configs():
        if app.name in ours:
            continue
        for model in app.get_models(include_auto_created=True):
            name = model._meta.db_table
            statements.append(f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{name}" TO {role}')
            if name in LIBRARY_ACCOUNTS:
                rights = TableRights(account=LIBRARY_ACCOUNTS[name])
                statements += _policies(f'"{name}"', rights)
    statements.append(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
    return statements
