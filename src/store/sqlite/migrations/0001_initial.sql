-- Tables of tenure, version 1. Never edited once released; changes come as the next number.
--
-- The tenant leads every key. Ids are the 16 bytes of a UUID, instants are microseconds since 1970 in UTC, days are
-- written 2026-11-21. `body` is the record itself as JSON: what is read back. Every other column is written from it in the
-- same statement, to be queried and joined.
--
-- Foreign keys stand behind what the store checks itself, with better words. They look ahead to the end of a commit.
--
-- On every table of records:
--   number       only of what is searched: the number of the row, which `VACUUM` lets stand, since tenure_search goes by it
--   version      how often the record was written
--   linked       1: the columns are what the record names. 0: it names nothing, or what stands in tenure_reference
--   due_at       when it changes by itself
--   …_key        what listings are ordered by, before the id: created_key, name_key (last name, first name) and others
--   status       as written; from status_until on, status_next stands in its place

CREATE TABLE tenure_tenant (
    number           INTEGER PRIMARY KEY,
    tenant           BLOB    NOT NULL,
    id               BLOB    NOT NULL,
    version          INTEGER NOT NULL,
    linked           INTEGER NOT NULL,
    due_at           INTEGER,
    created_at       INTEGER NOT NULL,
    created_key      BLOB    NOT NULL,
    name_key         BLOB    NOT NULL,
    name             TEXT    NOT NULL,
    owner            BLOB    NOT NULL,
    administrator    BLOB    NOT NULL,
    suspended_at     INTEGER,
    seats_contracted INTEGER NOT NULL,
    seat_limit       INTEGER,
    body             TEXT    NOT NULL,
    UNIQUE (tenant, id),
    FOREIGN KEY (tenant, owner) REFERENCES tenure_user (tenant, id) DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (tenant, administrator) REFERENCES tenure_role (tenant, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX tenure_tenant_owner ON tenure_tenant (tenant, owner);
CREATE INDEX tenure_tenant_administrator ON tenure_tenant (tenant, administrator);
CREATE INDEX tenure_tenant_due ON tenure_tenant (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_tenant_tenant_due ON tenure_tenant (tenant, due_at, id) WHERE due_at IS NOT NULL;

CREATE TABLE tenure_unit (
    number      INTEGER PRIMARY KEY,
    tenant      BLOB    NOT NULL,
    id          BLOB    NOT NULL,
    version     INTEGER NOT NULL,
    linked      INTEGER NOT NULL,
    due_at      INTEGER,
    created_at  INTEGER NOT NULL,
    created_key BLOB    NOT NULL,
    name_key    BLOB    NOT NULL,
    name        TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    parent      BLOB,
    depth       INTEGER NOT NULL,
    body        TEXT    NOT NULL,
    UNIQUE (tenant, id),
    FOREIGN KEY (tenant, parent) REFERENCES tenure_unit (tenant, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX tenure_unit_created ON tenure_unit (tenant, created_key, id);
CREATE INDEX tenure_unit_name ON tenure_unit (tenant, name_key, id);
CREATE INDEX tenure_unit_parent ON tenure_unit (tenant, parent);
CREATE INDEX tenure_unit_due ON tenure_unit (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_unit_tenant_due ON tenure_unit (tenant, due_at, id) WHERE due_at IS NOT NULL;

-- Every unit with each unit above it, and with itself.
CREATE TABLE tenure_unit_path (
    tenant   BLOB NOT NULL,
    unit     BLOB NOT NULL,
    ancestor BLOB NOT NULL,
    PRIMARY KEY (tenant, unit, ancestor),
    FOREIGN KEY (tenant, unit) REFERENCES tenure_unit (tenant, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX tenure_unit_path_ancestor ON tenure_unit_path (tenant, ancestor, unit);

CREATE TABLE tenure_role (
    number      INTEGER PRIMARY KEY,
    tenant      BLOB    NOT NULL,
    id          BLOB    NOT NULL,
    version     INTEGER NOT NULL,
    linked      INTEGER NOT NULL,
    due_at      INTEGER,
    created_at  INTEGER NOT NULL,
    created_key BLOB    NOT NULL,
    name_key    BLOB    NOT NULL,
    name        TEXT    NOT NULL,
    built_in    INTEGER NOT NULL,
    body        TEXT    NOT NULL,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX tenure_role_created ON tenure_role (tenant, created_key, id);
CREATE INDEX tenure_role_name ON tenure_role (tenant, name_key, id);
CREATE INDEX tenure_role_due ON tenure_role (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_role_tenant_due ON tenure_role (tenant, due_at, id) WHERE due_at IS NOT NULL;

-- `supervisor` is an employee, and the store sees to that; no foreign key says so, since it would double the time in which
-- all reports of one go to another.
CREATE TABLE tenure_employee (
    number         INTEGER PRIMARY KEY,
    tenant         BLOB    NOT NULL,
    id             BLOB    NOT NULL,
    version        INTEGER NOT NULL,
    linked         INTEGER NOT NULL,
    due_at         INTEGER,
    supervisor     BLOB,
    unit           BLOB,
    created_at     INTEGER NOT NULL,
    created_key    BLOB    NOT NULL,
    name_key       BLOB    NOT NULL,
    signature_key  BLOB    NOT NULL,
    first_name_key BLOB    NOT NULL,
    address_key    BLOB    NOT NULL,
    first_name     TEXT    NOT NULL,
    last_name      TEXT    NOT NULL,
    signature      TEXT,
    email          TEXT,
    employed_from  TEXT,
    employed_until TEXT,
    body           TEXT    NOT NULL,
    UNIQUE (tenant, id),
    FOREIGN KEY (tenant, unit) REFERENCES tenure_unit (tenant, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX tenure_employee_created ON tenure_employee (tenant, created_key, id);
CREATE INDEX tenure_employee_name ON tenure_employee (tenant, name_key, id);
CREATE INDEX tenure_employee_signature ON tenure_employee (tenant, signature_key, id);
CREATE INDEX tenure_employee_first_name ON tenure_employee (tenant, first_name_key, id);
CREATE INDEX tenure_employee_address ON tenure_employee (tenant, address_key, id);
CREATE INDEX tenure_employee_supervisor ON tenure_employee (tenant, supervisor);
CREATE INDEX tenure_employee_unit ON tenure_employee (tenant, unit);
CREATE INDEX tenure_employee_due ON tenure_employee (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_employee_tenant_due ON tenure_employee (tenant, due_at, id) WHERE due_at IS NOT NULL;

CREATE TABLE tenure_user (
    number       INTEGER PRIMARY KEY,
    tenant       BLOB    NOT NULL,
    id           BLOB    NOT NULL,
    version      INTEGER NOT NULL,
    linked       INTEGER NOT NULL,
    due_at       INTEGER,
    status       TEXT    NOT NULL,
    status_until INTEGER,
    status_next  TEXT,
    created_at   INTEGER NOT NULL,
    created_key  BLOB    NOT NULL,
    name_key     BLOB    NOT NULL,
    signature_key    BLOB NOT NULL,
    first_name_key   BLOB NOT NULL,
    display_name_key BLOB NOT NULL,
    user_name_key    BLOB NOT NULL,
    address_key      BLOB NOT NULL,
    last_login_key   BLOB NOT NULL,
    kind         TEXT    NOT NULL,
    employee     BLOB,
    client       BLOB,
    user_name    TEXT    NOT NULL,
    address      TEXT    NOT NULL,
    first_name   TEXT    NOT NULL,
    last_name    TEXT    NOT NULL,
    display_name TEXT    NOT NULL,
    locale       TEXT    NOT NULL,
    time_zone    TEXT    NOT NULL,
    api_only     INTEGER NOT NULL,
    hold_until   INTEGER,
    signature    TEXT,
    provider     TEXT,
    last_login_at INTEGER,
    body         TEXT    NOT NULL,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX tenure_user_created ON tenure_user (tenant, created_key, id);
CREATE INDEX tenure_user_name ON tenure_user (tenant, name_key, id);
CREATE INDEX tenure_user_signature ON tenure_user (tenant, signature_key, id);
CREATE INDEX tenure_user_first_name ON tenure_user (tenant, first_name_key, id);
CREATE INDEX tenure_user_display_name ON tenure_user (tenant, display_name_key, id);
CREATE INDEX tenure_user_user_name ON tenure_user (tenant, user_name_key, id);
CREATE INDEX tenure_user_address ON tenure_user (tenant, address_key, id);
CREATE INDEX tenure_user_last_login ON tenure_user (tenant, last_login_key, id);
CREATE INDEX tenure_user_status ON tenure_user (tenant, status, id);
CREATE INDEX tenure_user_status_until ON tenure_user (tenant, status_until, id) WHERE status_until IS NOT NULL;
CREATE INDEX tenure_user_employee ON tenure_user (tenant, employee) WHERE employee IS NOT NULL;
CREATE INDEX tenure_user_due ON tenure_user (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_user_tenant_due ON tenure_user (tenant, due_at, id) WHERE due_at IS NOT NULL;

-- The roles that a user's grants name. `held` is the role again while it cannot be removed for that, and null when the user
-- is deleted.
CREATE TABLE tenure_user_role (
    tenant BLOB NOT NULL,
    user   BLOB NOT NULL,
    role   BLOB NOT NULL,
    held   BLOB,
    PRIMARY KEY (tenant, user, role),
    FOREIGN KEY (tenant, user) REFERENCES tenure_user (tenant, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant, held) REFERENCES tenure_role (tenant, id) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;
CREATE INDEX tenure_user_role_role ON tenure_user_role (tenant, role, user);
CREATE INDEX tenure_user_role_held ON tenure_user_role (tenant, held);

-- Every unit that a user has to do with: memberships, their client, the scopes of their grants. `held` as above.
CREATE TABLE tenure_user_unit (
    tenant BLOB NOT NULL,
    user   BLOB NOT NULL,
    unit   BLOB NOT NULL,
    held   BLOB,
    PRIMARY KEY (tenant, user, unit),
    FOREIGN KEY (tenant, user) REFERENCES tenure_user (tenant, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant, held) REFERENCES tenure_unit (tenant, id) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;
CREATE INDEX tenure_user_unit_unit ON tenure_user_unit (tenant, unit, user);
CREATE INDEX tenure_user_unit_held ON tenure_user_unit (tenant, held);

CREATE TABLE tenure_invitation (
    tenant       BLOB    NOT NULL,
    id           BLOB    NOT NULL,
    version      INTEGER NOT NULL,
    linked       INTEGER NOT NULL,
    due_at       INTEGER,
    status       TEXT    NOT NULL,
    status_until INTEGER,
    status_next  TEXT,
    created_at   INTEGER NOT NULL,
    created_key  BLOB    NOT NULL,
    name_key     BLOB    NOT NULL,
    user         BLOB    NOT NULL,
    address      TEXT    NOT NULL,
    sponsor      BLOB,
    ticket       BLOB    NOT NULL,
    expires_at   INTEGER NOT NULL,
    body         TEXT    NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, user) REFERENCES tenure_user (tenant, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX tenure_invitation_created ON tenure_invitation (tenant, created_key, id);
CREATE INDEX tenure_invitation_name ON tenure_invitation (tenant, name_key, id);
CREATE INDEX tenure_invitation_user ON tenure_invitation (tenant, user, created_key, id);
CREATE INDEX tenure_invitation_due ON tenure_invitation (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_invitation_tenant_due ON tenure_invitation (tenant, due_at, id) WHERE due_at IS NOT NULL;

CREATE TABLE tenure_ticket (
    tenant       BLOB    NOT NULL,
    id           BLOB    NOT NULL,
    version      INTEGER NOT NULL,
    linked       INTEGER NOT NULL,
    due_at       INTEGER,
    status       TEXT    NOT NULL,
    status_until INTEGER,
    status_next  TEXT,
    created_key  BLOB    NOT NULL,
    user         BLOB    NOT NULL,
    purpose      TEXT    NOT NULL,
    address      TEXT    NOT NULL,
    expires_at   INTEGER NOT NULL,
    body         TEXT    NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, user) REFERENCES tenure_user (tenant, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX tenure_ticket_user ON tenure_ticket (tenant, user, created_key, id);
CREATE INDEX tenure_ticket_due ON tenure_ticket (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_ticket_tenant_due ON tenure_ticket (tenant, due_at, id) WHERE due_at IS NOT NULL;

-- A credential has its user's id. The hash is in the body only.
CREATE TABLE tenure_credential (
    tenant      BLOB    NOT NULL,
    id          BLOB    NOT NULL,
    version     INTEGER NOT NULL,
    linked      INTEGER NOT NULL,
    due_at      INTEGER,
    created_key BLOB    NOT NULL,
    state       TEXT    NOT NULL,
    set_at      INTEGER,
    body        TEXT    NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, id) REFERENCES tenure_user (tenant, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX tenure_credential_due ON tenure_credential (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_credential_tenant_due ON tenure_credential (tenant, due_at, id) WHERE due_at IS NOT NULL;

-- `token` is the key of the session in the space of session tokens. An ordinary table: rows this long, in the order of
-- their tokens, would make every login write another page.
CREATE TABLE tenure_session (
    tenant         BLOB    NOT NULL,
    id             BLOB    NOT NULL,
    token          BLOB    NOT NULL,
    version        INTEGER NOT NULL,
    linked         INTEGER NOT NULL,
    due_at         INTEGER,
    status         TEXT    NOT NULL,
    status_until   INTEGER,
    status_next    TEXT,
    created_at     INTEGER NOT NULL,
    created_key    BLOB    NOT NULL,
    user           BLOB    NOT NULL,
    expires_at     INTEGER NOT NULL,
    seen_at        INTEGER NOT NULL,
    ended_at       INTEGER,
    ended_because  TEXT,
    client_address TEXT,
    client_key     BLOB,
    user_agent     TEXT,
    body           TEXT    NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, token),
    FOREIGN KEY (tenant, user) REFERENCES tenure_user (tenant, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX tenure_session_created ON tenure_session (tenant, created_key, id);
CREATE INDEX tenure_session_user ON tenure_session (tenant, user, created_key, id);
CREATE INDEX tenure_session_due ON tenure_session (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_session_tenant_due ON tenure_session (tenant, due_at, id) WHERE due_at IS NOT NULL;

CREATE TABLE tenure_attempt (
    tenant         BLOB    NOT NULL,
    id             BLOB    NOT NULL,
    version        INTEGER NOT NULL,
    linked         INTEGER NOT NULL,
    due_at         INTEGER,
    created_at     INTEGER NOT NULL,
    created_key    BLOB    NOT NULL,
    user           BLOB,
    result         TEXT    NOT NULL,
    reason         TEXT,
    session        BLOB,
    client_address TEXT,
    client_key     BLOB,
    user_agent     TEXT,
    body           TEXT    NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, user) REFERENCES tenure_user (tenant, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX tenure_attempt_created ON tenure_attempt (tenant, created_key, id);
CREATE INDEX tenure_attempt_user ON tenure_attempt (tenant, user, created_key, id);
CREATE INDEX tenure_attempt_due ON tenure_attempt (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_attempt_tenant_due ON tenure_attempt (tenant, due_at, id) WHERE due_at IS NOT NULL;

CREATE TABLE tenure_mail (
    tenant       BLOB    NOT NULL,
    id           BLOB    NOT NULL,
    version      INTEGER NOT NULL,
    linked       INTEGER NOT NULL,
    due_at       INTEGER,
    status       TEXT    NOT NULL,
    status_until INTEGER,
    status_next  TEXT,
    created_at   INTEGER NOT NULL,
    created_key  BLOB    NOT NULL,
    user         BLOB    NOT NULL,
    address      TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    ticket       BLOB,
    ready_at     INTEGER,
    attempts     INTEGER NOT NULL,
    body         TEXT    NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, user) REFERENCES tenure_user (tenant, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX tenure_mail_created ON tenure_mail (tenant, created_key, id);
CREATE INDEX tenure_mail_user ON tenure_mail (tenant, user, created_key, id);
CREATE INDEX tenure_mail_ready ON tenure_mail (ready_at, id, tenant, created_at) WHERE ready_at IS NOT NULL;
CREATE INDEX tenure_mail_due ON tenure_mail (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_mail_tenant_due ON tenure_mail (tenant, due_at, id) WHERE due_at IS NOT NULL;

-- What is remembered of failed logins at one place. An account's has the user's id in `user`.
CREATE TABLE tenure_throttle (
    tenant       BLOB    NOT NULL,
    id           BLOB    NOT NULL,
    version      INTEGER NOT NULL,
    linked       INTEGER NOT NULL,
    due_at       INTEGER,
    created_key  BLOB    NOT NULL,
    user         BLOB,
    failures     INTEGER NOT NULL,
    locked_until INTEGER,
    body         TEXT    NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, user) REFERENCES tenure_user (tenant, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX tenure_throttle_created ON tenure_throttle (tenant, created_key, id);
CREATE INDEX tenure_throttle_user ON tenure_throttle (tenant, user, created_key, id);
CREATE INDEX tenure_throttle_due ON tenure_throttle (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_throttle_tenant_due ON tenure_throttle (tenant, due_at, id) WHERE due_at IS NOT NULL;

-- API keys. The hash of the token stands in tenure_key.
CREATE TABLE tenure_api_key (
    number       INTEGER PRIMARY KEY,
    tenant       BLOB    NOT NULL,
    id           BLOB    NOT NULL,
    version      INTEGER NOT NULL,
    linked       INTEGER NOT NULL,
    due_at       INTEGER,
    status       TEXT    NOT NULL,
    status_until INTEGER,
    status_next  TEXT,
    created_at   INTEGER NOT NULL,
    created_key  BLOB    NOT NULL,
    name_key     BLOB    NOT NULL,
    user         BLOB    NOT NULL,
    name         TEXT    NOT NULL,
    expires_at   INTEGER,
    seen_at      INTEGER,
    revoked_at   INTEGER,
    body         TEXT    NOT NULL,
    UNIQUE (tenant, id),
    FOREIGN KEY (tenant, user) REFERENCES tenure_user (tenant, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX tenure_api_key_created ON tenure_api_key (tenant, created_key, id);
CREATE INDEX tenure_api_key_name ON tenure_api_key (tenant, name_key, id);
CREATE INDEX tenure_api_key_user ON tenure_api_key (tenant, user, created_key, id);
CREATE INDEX tenure_api_key_due ON tenure_api_key (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_api_key_tenant_due ON tenure_api_key (tenant, due_at, id) WHERE due_at IS NOT NULL;

-- Every key that is unique in a tenant, but for the tokens of sessions, which are with their sessions.
CREATE TABLE tenure_key (
    tenant BLOB NOT NULL,
    space  TEXT NOT NULL,
    key    BLOB NOT NULL,
    kind   TEXT NOT NULL,
    id     BLOB NOT NULL,
    PRIMARY KEY (tenant, space, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX tenure_key_holder ON tenure_key (tenant, kind, id);

-- What records are found by, apart from their wide rows. `text` is Record::search_text, `scope` three characters that stand
-- for tenant and kind: one trigram more, with which the index of all tenants is looked up for one. `doc` is the number of the
-- record's own row, eight times, and 0 for tenants, 1 for units, 2 for roles, 3 for employees, 4 for users, 5 for API keys. Of
-- employees and users, of whom there may be many, there is also what they are listed by, as in their own rows: what is found
-- is put in order without a look at those.
CREATE TABLE tenure_search (
    doc    INTEGER PRIMARY KEY,
    tenant BLOB NOT NULL,
    kind   TEXT NOT NULL,
    id     BLOB NOT NULL,
    scope  TEXT NOT NULL,
    text   TEXT NOT NULL,
    status           TEXT,
    created_key      BLOB,
    name_key         BLOB,
    signature_key    BLOB,
    first_name_key   BLOB,
    display_name_key BLOB,
    user_name_key    BLOB,
    address_key      BLOB,
    UNIQUE (tenant, kind, id)
) STRICT;

-- Every three characters that stand behind one another in a text. The store adds to it itself, all of a commit at once;
-- triggers see to what changes and goes.
CREATE VIRTUAL TABLE tenure_search_index USING fts5 (
    scope, text, content = 'tenure_search', content_rowid = 'doc', detail = none, columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);
CREATE TRIGGER tenure_search_gone AFTER DELETE ON tenure_search BEGIN
    INSERT INTO tenure_search_index (tenure_search_index, rowid, scope, text)
    VALUES ('delete', old.doc, old.scope, old.text);
END;
CREATE TRIGGER tenure_search_changed AFTER UPDATE ON tenure_search
WHEN old.text IS NOT new.text OR old.scope IS NOT new.scope OR old.doc IS NOT new.doc BEGIN
    INSERT INTO tenure_search_index (tenure_search_index, rowid, scope, text)
    VALUES ('delete', old.doc, old.scope, old.text);
    INSERT INTO tenure_search_index (rowid, scope, text) VALUES (new.doc, new.scope, new.text);
END;

-- What users and employees are listed by is copied when they are written anew; with a new one it comes from its row.
CREATE TRIGGER tenure_user_listed AFTER UPDATE ON tenure_user
WHEN (
    old.status, old.created_key, old.name_key, old.signature_key, old.first_name_key, old.display_name_key,
    old.user_name_key, old.address_key
) IS NOT (
    new.status, new.created_key, new.name_key, new.signature_key, new.first_name_key, new.display_name_key,
    new.user_name_key, new.address_key
) BEGIN
    UPDATE tenure_search SET
        status = new.status, created_key = new.created_key, name_key = new.name_key,
        signature_key = new.signature_key, first_name_key = new.first_name_key,
        display_name_key = new.display_name_key, user_name_key = new.user_name_key, address_key = new.address_key
    WHERE tenant = new.tenant AND kind = 'user' AND id = new.id;
END;
CREATE TRIGGER tenure_employee_listed AFTER UPDATE ON tenure_employee
WHEN (
    old.created_key, old.name_key, old.signature_key, old.first_name_key, old.address_key
) IS NOT (
    new.created_key, new.name_key, new.signature_key, new.first_name_key, new.address_key
) BEGIN
    UPDATE tenure_search SET
        created_key = new.created_key, name_key = new.name_key, signature_key = new.signature_key,
        first_name_key = new.first_name_key, address_key = new.address_key
    WHERE tenant = new.tenant AND kind = 'employee' AND id = new.id;
END;

-- What a record names, where that is not what its columns say. Of the records that this crate writes, none.
CREATE TABLE tenure_reference (
    tenant    BLOB    NOT NULL,
    to_kind   TEXT    NOT NULL,
    to_id     BLOB    NOT NULL,
    owned     INTEGER NOT NULL,
    from_kind TEXT    NOT NULL,
    from_id   BLOB    NOT NULL,
    PRIMARY KEY (tenant, to_kind, to_id, owned, from_kind, from_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tenure_reference_from ON tenure_reference (tenant, from_kind, from_id);

-- The log. `seq` is the position in the feed: one writer at a time, so its order is the order of the commits.
CREATE TABLE tenure_event (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant       BLOB    NOT NULL,
    commit_id    BLOB    NOT NULL,
    at           INTEGER NOT NULL,
    name         TEXT    NOT NULL,
    actor        TEXT    NOT NULL,
    actor_user   BLOB,
    subject_kind TEXT    NOT NULL,
    subject      BLOB    NOT NULL,
    affected     INTEGER,
    body         TEXT    NOT NULL
) STRICT;
CREATE INDEX tenure_event_tenant ON tenure_event (tenant, seq);
CREATE INDEX tenure_event_subject ON tenure_event (tenant, subject, seq);

CREATE TABLE tenure_counter (
    tenant  BLOB    NOT NULL,
    counter TEXT    NOT NULL,
    value   INTEGER NOT NULL,
    PRIMARY KEY (tenant, counter)
) STRICT, WITHOUT ROWID;

-- The commits of the last day, by which a repeated one is known.
CREATE TABLE tenure_commit (
    tenant      BLOB    NOT NULL,
    id          BLOB    NOT NULL,
    at          INTEGER NOT NULL,
    fingerprint BLOB    NOT NULL,
    answer      TEXT    NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tenure_commit_at ON tenure_commit (tenant, at);
