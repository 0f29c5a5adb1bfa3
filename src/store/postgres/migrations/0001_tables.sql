-- Tables of tenure, version 1. Never edited once released; changes come as the next number.
--
-- The tables and columns of the SQLite store, by the same names. The tenant leads every key. Instants are microseconds
-- since 1970 in UTC, days are written 2026-11-21. `body` is the record itself as JSON: what is read back; it is text,
-- since jsonb would not keep it to the byte (`body::jsonb` where you query it). Every other column is written from it in
-- the same statement, to be queried and joined.
--
-- On every table of records:
--   version      how often the record was written
--   linked       true: the columns are what the record names. false: it names nothing, or what is in tenure_reference
--   due_at       when it changes by itself
--   …_key        what listings are ordered by, before the id: created_key, name_key (last name, first name) and others. Of
--                employees and users they stand in tables of their own, narrow ones: tenure_employee_listed and so on
--   found        what it is found by: of each field a mark, \b, the field without case and accents, and \a behind it
--   status       as written; from status_until on, status_next stands in its place

CREATE TABLE tenure_tenant (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    linked boolean NOT NULL,
    due_at bigint,
    created_at bigint NOT NULL,
    created_key bytea NOT NULL,
    name_key bytea NOT NULL,
    name text COLLATE "C" NOT NULL,
    owner uuid NOT NULL,
    administrator uuid NOT NULL,
    suspended_at bigint,
    found text COLLATE "C" NOT NULL,
    seats_contracted bigint NOT NULL,
    seat_limit bigint,
    body text NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX tenure_tenant_owner ON tenure_tenant (tenant, owner);
CREATE INDEX tenure_tenant_administrator ON tenure_tenant (tenant, administrator);
CREATE INDEX tenure_tenant_due ON tenure_tenant (due_at, tenant, id) WHERE due_at IS NOT NULL;

CREATE TABLE tenure_unit (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    linked boolean NOT NULL,
    due_at bigint,
    created_at bigint NOT NULL,
    created_key bytea NOT NULL,
    name_key bytea NOT NULL,
    name text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    parent uuid,
    depth bigint NOT NULL,
    found text COLLATE "C" NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, parent) REFERENCES tenure_unit (tenant, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX tenure_unit_created ON tenure_unit (tenant, created_key, id);
CREATE INDEX tenure_unit_name ON tenure_unit (tenant, name_key, id);
CREATE INDEX tenure_unit_parent ON tenure_unit (tenant, parent);
CREATE INDEX tenure_unit_due ON tenure_unit (due_at, tenant, id) WHERE due_at IS NOT NULL;

-- Every unit with each unit above it, and with itself.
CREATE TABLE tenure_unit_path (
    tenant uuid NOT NULL,
    unit uuid NOT NULL,
    ancestor uuid NOT NULL,
    PRIMARY KEY (tenant, unit, ancestor),
    FOREIGN KEY (tenant, unit) REFERENCES tenure_unit (tenant, id) ON DELETE CASCADE
);
CREATE INDEX tenure_unit_path_ancestor ON tenure_unit_path (tenant, ancestor, unit);

CREATE TABLE tenure_role (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    linked boolean NOT NULL,
    due_at bigint,
    created_at bigint NOT NULL,
    created_key bytea NOT NULL,
    name_key bytea NOT NULL,
    name text COLLATE "C" NOT NULL,
    built_in boolean NOT NULL,
    found text COLLATE "C" NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX tenure_role_created ON tenure_role (tenant, created_key, id);
CREATE INDEX tenure_role_name ON tenure_role (tenant, name_key, id);
CREATE INDEX tenure_role_due ON tenure_role (due_at, tenant, id) WHERE due_at IS NOT NULL;

-- That a supervisor exists is seen to by the functions: a foreign key would look for them once for each of a hundred thousand
-- who move to another.
CREATE TABLE tenure_employee (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    linked boolean NOT NULL,
    due_at bigint,
    supervisor uuid,
    unit uuid,
    created_at bigint NOT NULL,
    first_name text COLLATE "C" NOT NULL,
    last_name text COLLATE "C" NOT NULL,
    signature text COLLATE "C",
    email text COLLATE "C",
    employed_from text COLLATE "C",
    employed_until text COLLATE "C",
    body text NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, unit) REFERENCES tenure_unit (tenant, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX tenure_employee_supervisor ON tenure_employee (tenant, supervisor, id);
CREATE INDEX tenure_employee_unit ON tenure_employee (tenant, unit, id);
CREATE INDEX tenure_employee_due ON tenure_employee (due_at, tenant, id) WHERE due_at IS NOT NULL;

-- What listings of employees are ordered by, filtered by and searched in, apart from the rest: a walk through a million of
-- them stays in memory. `grams` has a number for each three letters that follow one another in a field, made of them and
-- the tenant: the index finds by them what may match a pattern. It needs no extension, and no locale of the database has a
-- say in it. The second index has one employee in 256, by chance: it tells beforehand about how many will match.
CREATE TABLE tenure_employee_listed (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    created_key bytea NOT NULL,
    name_key bytea NOT NULL,
    signature_key bytea NOT NULL,
    first_name_key bytea NOT NULL,
    address_key bytea NOT NULL,
    unit uuid,
    found text COLLATE "C" NOT NULL,
    grams integer[] NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, id) REFERENCES tenure_employee (tenant, id) ON DELETE CASCADE
);
CREATE INDEX tenure_employee_listed_created ON tenure_employee_listed (tenant, created_key, id);
CREATE INDEX tenure_employee_listed_name ON tenure_employee_listed (tenant, name_key, id);
CREATE INDEX tenure_employee_listed_signature ON tenure_employee_listed (tenant, signature_key, id);
CREATE INDEX tenure_employee_listed_first_name ON tenure_employee_listed (tenant, first_name_key, id);
CREATE INDEX tenure_employee_listed_address ON tenure_employee_listed (tenant, address_key, id);
CREATE INDEX tenure_employee_listed_grams ON tenure_employee_listed USING gin (grams)
    WITH (fastupdate = on, gin_pending_list_limit = 512);
CREATE INDEX tenure_employee_listed_sample ON tenure_employee_listed USING gin (grams)
    WITH (fastupdate = on, gin_pending_list_limit = 64) WHERE get_byte(uuid_send(id), 15) = 0;

CREATE TABLE tenure_user (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    linked boolean NOT NULL,
    due_at bigint,
    status text COLLATE "C" NOT NULL,
    status_until bigint,
    status_next text COLLATE "C",
    created_at bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    employee uuid,
    client uuid,
    user_name text COLLATE "C" NOT NULL,
    address text COLLATE "C" NOT NULL,
    first_name text COLLATE "C" NOT NULL,
    last_name text COLLATE "C" NOT NULL,
    display_name text COLLATE "C" NOT NULL,
    locale text COLLATE "C" NOT NULL,
    time_zone text COLLATE "C" NOT NULL,
    api_only boolean NOT NULL,
    hold_until bigint,
    signature text COLLATE "C",
    provider text COLLATE "C",
    last_login_at bigint,
    body text NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX tenure_user_employee ON tenure_user (tenant, employee) WHERE employee IS NOT NULL;
CREATE INDEX tenure_user_due ON tenure_user (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_user_tenant_due ON tenure_user (tenant, due_at, id) WHERE due_at IS NOT NULL;

-- The same of users. `status` is in bytes here, as the keys are.
CREATE TABLE tenure_user_listed (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    created_key bytea NOT NULL,
    name_key bytea NOT NULL,
    signature_key bytea NOT NULL,
    first_name_key bytea NOT NULL,
    display_name_key bytea NOT NULL,
    user_name_key bytea NOT NULL,
    address_key bytea NOT NULL,
    status bytea NOT NULL,
    status_until bigint,
    status_next bytea,
    kind text COLLATE "C" NOT NULL,
    employee uuid,
    has_identity boolean NOT NULL,
    found text COLLATE "C" NOT NULL,
    grams integer[] NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, id) REFERENCES tenure_user (tenant, id) ON DELETE CASCADE
);
CREATE INDEX tenure_user_listed_created ON tenure_user_listed (tenant, created_key, id);
CREATE INDEX tenure_user_listed_name ON tenure_user_listed (tenant, name_key, id);
CREATE INDEX tenure_user_listed_signature ON tenure_user_listed (tenant, signature_key, id);
CREATE INDEX tenure_user_listed_first_name ON tenure_user_listed (tenant, first_name_key, id);
CREATE INDEX tenure_user_listed_display_name ON tenure_user_listed (tenant, display_name_key, id);
CREATE INDEX tenure_user_listed_user_name ON tenure_user_listed (tenant, user_name_key, id);
CREATE INDEX tenure_user_listed_address ON tenure_user_listed (tenant, address_key, id);
CREATE INDEX tenure_user_listed_status ON tenure_user_listed (tenant, status, id) INCLUDE (status_until, status_next);
CREATE INDEX tenure_user_listed_status_next ON tenure_user_listed (tenant, status_next) WHERE status_next IS NOT NULL;
CREATE INDEX tenure_user_listed_kind ON tenure_user_listed (tenant, kind, id);
CREATE INDEX tenure_user_listed_grams ON tenure_user_listed USING gin (grams)
    WITH (fastupdate = on, gin_pending_list_limit = 512);
CREATE INDEX tenure_user_listed_sample ON tenure_user_listed USING gin (grams)
    WITH (fastupdate = on, gin_pending_list_limit = 64) WHERE get_byte(uuid_send(id), 15) = 0;

-- When users last logged in, as it is ordered by: apart, because every login writes it.
CREATE TABLE tenure_user_login (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    last_login_key bytea NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, id) REFERENCES tenure_user (tenant, id) ON DELETE CASCADE
);
CREATE INDEX tenure_user_login_last ON tenure_user_login (tenant, last_login_key, id);

-- The roles that a user's grants name. `held` is the role again while it cannot be removed for that, and null when the user
-- is deleted.
CREATE TABLE tenure_user_role (
    tenant uuid NOT NULL,
    "user" uuid NOT NULL,
    role uuid NOT NULL,
    held uuid,
    PRIMARY KEY (tenant, "user", role),
    FOREIGN KEY (tenant, "user") REFERENCES tenure_user (tenant, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant, held) REFERENCES tenure_role (tenant, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX tenure_user_role_role ON tenure_user_role (tenant, role, "user");
CREATE INDEX tenure_user_role_held ON tenure_user_role (tenant, held);

-- Every unit that a user has to do with: memberships, their client, the scopes of their grants. `held` as above.
CREATE TABLE tenure_user_unit (
    tenant uuid NOT NULL,
    "user" uuid NOT NULL,
    unit uuid NOT NULL,
    held uuid,
    PRIMARY KEY (tenant, "user", unit),
    FOREIGN KEY (tenant, "user") REFERENCES tenure_user (tenant, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant, held) REFERENCES tenure_unit (tenant, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX tenure_user_unit_unit ON tenure_user_unit (tenant, unit, "user");
CREATE INDEX tenure_user_unit_held ON tenure_user_unit (tenant, held);

CREATE TABLE tenure_invitation (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    linked boolean NOT NULL,
    due_at bigint,
    status text COLLATE "C" NOT NULL,
    status_until bigint,
    status_next text COLLATE "C",
    created_at bigint NOT NULL,
    created_key bytea NOT NULL,
    name_key bytea NOT NULL,
    "user" uuid NOT NULL,
    address text COLLATE "C" NOT NULL,
    sponsor uuid,
    ticket uuid NOT NULL,
    expires_at bigint NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, "user") REFERENCES tenure_user (tenant, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX tenure_invitation_created ON tenure_invitation (tenant, created_key, id);
CREATE INDEX tenure_invitation_status ON tenure_invitation (tenant, decode(status, 'escape'), id);
CREATE INDEX tenure_invitation_name ON tenure_invitation (tenant, name_key, id);
CREATE INDEX tenure_invitation_user ON tenure_invitation (tenant, "user", created_key, id);
CREATE INDEX tenure_invitation_due ON tenure_invitation (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_invitation_tenant_due ON tenure_invitation (tenant, due_at, id) WHERE due_at IS NOT NULL;

CREATE TABLE tenure_ticket (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    linked boolean NOT NULL,
    due_at bigint,
    status text COLLATE "C" NOT NULL,
    status_until bigint,
    status_next text COLLATE "C",
    created_key bytea NOT NULL,
    "user" uuid NOT NULL,
    purpose text COLLATE "C" NOT NULL,
    address text COLLATE "C" NOT NULL,
    expires_at bigint NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, "user") REFERENCES tenure_user (tenant, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX tenure_ticket_user ON tenure_ticket (tenant, "user", created_key, id);
CREATE INDEX tenure_ticket_due ON tenure_ticket (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_ticket_tenant_due ON tenure_ticket (tenant, due_at, id) WHERE due_at IS NOT NULL;

-- A credential has its user's id. The hash is in the body only.
CREATE TABLE tenure_credential (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    linked boolean NOT NULL,
    due_at bigint,
    created_key bytea NOT NULL,
    state text COLLATE "C" NOT NULL,
    set_at bigint,
    body text NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, id) REFERENCES tenure_user (tenant, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX tenure_credential_due ON tenure_credential (due_at, tenant, id) WHERE due_at IS NOT NULL;

-- `token` is the key of the session in the space of session tokens.
CREATE TABLE tenure_session (
    tenant uuid NOT NULL,
    token bytea NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    linked boolean NOT NULL,
    due_at bigint,
    status text COLLATE "C" NOT NULL,
    status_until bigint,
    status_next text COLLATE "C",
    created_at bigint NOT NULL,
    created_key bytea NOT NULL,
    "user" uuid NOT NULL,
    expires_at bigint NOT NULL,
    seen_at bigint NOT NULL,
    ended_at bigint,
    ended_because text COLLATE "C",
    client_address text COLLATE "C",
    client_key bytea,
    user_agent text COLLATE "C",
    body text NOT NULL,
    PRIMARY KEY (tenant, token),
    FOREIGN KEY (tenant, "user") REFERENCES tenure_user (tenant, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE UNIQUE INDEX tenure_session_id ON tenure_session (tenant, id);
CREATE INDEX tenure_session_created ON tenure_session (tenant, created_key, id);
CREATE INDEX tenure_session_status ON tenure_session (tenant, decode(status, 'escape'), id);
CREATE INDEX tenure_session_user ON tenure_session (tenant, "user", created_key, id);
CREATE INDEX tenure_session_due ON tenure_session (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_session_tenant_due ON tenure_session (tenant, due_at, id) WHERE due_at IS NOT NULL;

CREATE TABLE tenure_attempt (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    linked boolean NOT NULL,
    due_at bigint,
    created_at bigint NOT NULL,
    created_key bytea NOT NULL,
    "user" uuid,
    result text COLLATE "C" NOT NULL,
    reason text COLLATE "C",
    session uuid,
    client_address text COLLATE "C",
    client_key bytea,
    user_agent text COLLATE "C",
    body text NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, "user") REFERENCES tenure_user (tenant, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX tenure_attempt_created ON tenure_attempt (tenant, created_key, id);
CREATE INDEX tenure_attempt_user ON tenure_attempt (tenant, "user", created_key, id);
CREATE INDEX tenure_attempt_due ON tenure_attempt (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_attempt_tenant_due ON tenure_attempt (tenant, due_at, id) WHERE due_at IS NOT NULL;

CREATE TABLE tenure_mail (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    linked boolean NOT NULL,
    due_at bigint,
    status text COLLATE "C" NOT NULL,
    status_until bigint,
    status_next text COLLATE "C",
    created_at bigint NOT NULL,
    created_key bytea NOT NULL,
    "user" uuid NOT NULL,
    address text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    ticket uuid,
    ready_at bigint,
    attempts bigint NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, "user") REFERENCES tenure_user (tenant, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX tenure_mail_created ON tenure_mail (tenant, created_key, id);
CREATE INDEX tenure_mail_user ON tenure_mail (tenant, "user", created_key, id);
CREATE INDEX tenure_mail_ready ON tenure_mail (ready_at, id, created_at) WHERE ready_at IS NOT NULL;
CREATE INDEX tenure_mail_due ON tenure_mail (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_mail_tenant_due ON tenure_mail (tenant, due_at, id) WHERE due_at IS NOT NULL;

-- What is remembered of failed logins at one place. An account's has the user's id in `user`.
CREATE TABLE tenure_throttle (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    linked boolean NOT NULL,
    due_at bigint,
    created_key bytea NOT NULL,
    "user" uuid,
    failures bigint NOT NULL,
    locked_until bigint,
    body text NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, "user") REFERENCES tenure_user (tenant, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX tenure_throttle_created ON tenure_throttle (tenant, created_key, id);
CREATE INDEX tenure_throttle_user ON tenure_throttle (tenant, "user", created_key, id);
CREATE INDEX tenure_throttle_due ON tenure_throttle (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_throttle_tenant_due ON tenure_throttle (tenant, due_at, id) WHERE due_at IS NOT NULL;

-- API keys. The hash of the token stands in tenure_key.
CREATE TABLE tenure_api_key (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    linked boolean NOT NULL,
    due_at bigint,
    status text COLLATE "C" NOT NULL,
    status_until bigint,
    status_next text COLLATE "C",
    created_at bigint NOT NULL,
    created_key bytea NOT NULL,
    name_key bytea NOT NULL,
    "user" uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    expires_at bigint,
    seen_at bigint,
    revoked_at bigint,
    found text COLLATE "C" NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, "user") REFERENCES tenure_user (tenant, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX tenure_api_key_created ON tenure_api_key (tenant, created_key, id);
CREATE INDEX tenure_api_key_status ON tenure_api_key (tenant, decode(status, 'escape'), id);
CREATE INDEX tenure_api_key_name ON tenure_api_key (tenant, name_key, id);
CREATE INDEX tenure_api_key_user ON tenure_api_key (tenant, "user", created_key, id);
CREATE INDEX tenure_api_key_due ON tenure_api_key (due_at, tenant, id) WHERE due_at IS NOT NULL;
CREATE INDEX tenure_api_key_tenant_due ON tenure_api_key (tenant, due_at, id) WHERE due_at IS NOT NULL;

-- Every key that is unique in a tenant, but for the tokens of sessions, which are with their sessions.
CREATE TABLE tenure_key (
    tenant uuid NOT NULL,
    space text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    kind text COLLATE "C" NOT NULL,
    id uuid NOT NULL,
    PRIMARY KEY (tenant, space, key)
);
CREATE INDEX tenure_key_holder ON tenure_key (tenant, kind, id);

-- What a record names, where that is not what its columns say. Of the records that this crate writes, none.
CREATE TABLE tenure_reference (
    tenant uuid NOT NULL,
    to_kind text COLLATE "C" NOT NULL,
    to_id uuid NOT NULL,
    owned boolean NOT NULL,
    from_kind text COLLATE "C" NOT NULL,
    from_id uuid NOT NULL,
    PRIMARY KEY (tenant, to_kind, to_id, owned, from_kind, from_id)
);
CREATE INDEX tenure_reference_from ON tenure_reference (tenant, from_kind, from_id);

-- The log. `seq` is the position in the tenant's feed: tenure_head gives it, so its order is the order of the commits.
CREATE TABLE tenure_event (
    tenant uuid NOT NULL,
    seq bigint NOT NULL,
    commit_id uuid NOT NULL,
    at bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    actor text COLLATE "C" NOT NULL,
    actor_user uuid,
    subject_kind text COLLATE "C" NOT NULL,
    subject uuid NOT NULL,
    affected bigint,
    body text NOT NULL,
    PRIMARY KEY (tenant, seq)
);
CREATE INDEX tenure_event_subject ON tenure_event (tenant, subject, seq);

-- One row a tenant. Every commit but a mere touch of a session locks it from its first look to its end: commits of one
-- tenant follow one another, those of different tenants do not wait for each other. `seq` is the last event's.
CREATE TABLE tenure_head (
    tenant uuid PRIMARY KEY,
    seq bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE tenure_counter (
    tenant uuid NOT NULL,
    counter text COLLATE "C" NOT NULL,
    value bigint NOT NULL,
    PRIMARY KEY (tenant, counter)
);

-- The commits of the last day, by which a repeated one is known.
CREATE TABLE tenure_commit (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    at bigint NOT NULL,
    fingerprint bytea NOT NULL,
    answer text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX tenure_commit_at ON tenure_commit (tenant, at);

ALTER TABLE tenure_tenant
    ADD FOREIGN KEY (tenant, owner) REFERENCES tenure_user (tenant, id) DEFERRABLE INITIALLY DEFERRED,
    ADD FOREIGN KEY (tenant, administrator) REFERENCES tenure_role (tenant, id) DEFERRABLE INITIALLY DEFERRED;
